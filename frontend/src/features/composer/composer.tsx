import { lazy, useCallback, useMemo, useRef, useState } from "react";
import type { RunId } from "../../base/brand";
import type { AppError, LoadedModel, Prompt } from "../../protocol/types";
import { mainParameter, stageName } from "../../protocol/words";
import { type DraftRequest, useDraftRequests } from "../../state/draft-request";
import { useIsReady, useRunRecord, useRunValueIf, useSelectedModel, useStudio } from "../../state/hooks";
import { openRun } from "../../state/route";
import { errorOf } from "../../state/studio";
import { Button } from "../../widgets/button";
import { Notice } from "../../widgets/notice";
import { chainOf, chainProblem, samplerOf } from "./chain-draft";
import styles from "./composer.module.css";
import type { Draft } from "./draft-storage";
import { KnobRow } from "./knob-row";
import { captureOf, limitsOf, limitsProblem, limitsWords, seedOf } from "./limits-draft";
import { type PromptDraft, promptOf, readIds, withPrompt } from "./prompt-draft";
import { PromptEditor } from "./prompt-editor";
import { RunControls } from "./run-controls";
import { SectionToggle, SettingsSection } from "./settings-section";
import { TokenizationView } from "./tokenization";
import { useDraft, useHistory, usePresets } from "./use-draft";
import { useRunCommands, useRunControl } from "./use-run-control";
import { type SamplerCheck, useSamplerCheck } from "./use-sampler-check";
import { useTokenization } from "./use-tokenization";

const ChainEditor = lazy(async () => ({ default: (await import("./chain-editor")).ChainEditor }));
const ChainHere = lazy(async () => ({ default: (await import("./chain-here")).ChainHere }));
const LimitsEditor = lazy(async () => ({ default: (await import("./limits-editor")).LimitsEditor }));

/** With less room than this the editors of the chain and of messages are no pleasure. */
const kRoomPx = 400;

interface ComposerProps {
  readonly run: RunId | undefined;
  /** More room is needed than there may be: at least so many pixels of height. */
  readonly onWantRoom?: ((heightPx: number) => void) | undefined;
}

/** The prompt, the sampler's settings, and the buttons that run them. */
export function Composer({ run, onWantRoom }: ComposerProps) {
  const model = useSelectedModel();
  const record = useRunRecord(run);
  const started = useRunValueIf(record, (one) => one.started);
  const sectionRef = useRef<HTMLElement>(null);
  const { draft, change, isKept } = useDraft(window.localStorage);
  const history = useHistory(window.localStorage);
  const own = usePresets(window.localStorage);
  const [error, setError] = useState<AppError>();
  const prompt = usePrompt(draft.prompt, model);
  const tokenization = useTokenization(model, prompt);
  const check = useSamplerCheck(model, draft.chain);
  const obstacle = useObstacle(model, draft, prompt);
  const start = useStart({ model, prompt, draft, obstacle, onError: setError, onStarted: history.add });
  const control = useRunControl(run, setError);
  const focusPrompt = useCallback(() => sectionRef.current?.querySelector("textarea")?.focus(), []);
  useRunCommands({ control, obstacle, onStart: start, onFocusPrompt: focusPrompt });
  const [opened, setOpened] = useState<keyof Draft["open"]>();
  const takeRequest = useCallback(
    (request: DraftRequest) => {
      change((old) => asRequested(old, request));
      if (request.opensChain !== true) return;
      setOpened("chain");
      onWantRoom?.(kRoomPx);
    },
    [change, onWantRoom],
  );
  useDraftRequests(takeRequest);
  const open = (part: keyof Draft["open"]) => (isOpen: boolean) => {
    change((old) => ({ open: { ...old.open, [part]: isOpen } }));
    setOpened(isOpen ? part : undefined);
    if (isOpen && part !== "tokens") onWantRoom?.(kRoomPx);
  };

  return (
    <section ref={sectionRef} className={styles["composer"]} aria-label="Prompt">
      <div className={styles["scrolled"]}>
        <PromptEditor
          draft={draft.prompt}
          onChange={(changed) => {
            change({ prompt: changed });
            if (changed.kind === "chat" && draft.prompt.kind !== "chat") onWantRoom?.(kRoomPx);
          }}
          model={model}
          tokens={tokenization.tokens}
          history={history.prompts}
          onClearHistory={history.clear}
          onTaken={focusPrompt}
        />
        <TokenizationView
          tokenization={tokenization}
          record={record}
          maxTokens={limitsOf(draft.limits).nPredict}
          isOpen={draft.open.tokens}
          onOpen={open("tokens")}
        />
        {draft.open.chain && (
          <SettingsSection
            title="Sampler chain"
            summary={chainWords(draft)}
            comesIntoSight={opened === "chain"}
          >
            {control.alive?.phase?.kind === "paused" && (
              <ChainHere
                run={control.alive.run}
                sampler={samplerOf(draft.chain)}
                seed={seedOf(draft.limits)}
                obstacle={control.obstacleTo("resume") ?? chainProblem(draft.chain)}
              />
            )}
            <ChainEditor
              chain={draft.chain}
              onChange={(chain) => change({ chain })}
              check={check}
              model={model?.state === "ready" ? model.model : undefined}
              presets={own.presets}
              onAddPreset={own.add}
              onRemovePreset={own.remove}
            />
          </SettingsSection>
        )}
        {draft.open.limits && (
          <SettingsSection
            title="Limits and recording"
            summary={limitsWords(draft.limits)}
            comesIntoSight={opened === "limits"}
          >
            <LimitsEditor limits={draft.limits} onChange={(limits) => change({ limits })} />
          </SettingsSection>
        )}
        {!isKept && (
          <p className={styles["words"]}>
            The draft is too long for this browser to keep: a reload loses it.
          </p>
        )}
      </div>
      <KnobRow
        chain={draft.chain}
        limits={draft.limits}
        onChain={(chain) => change({ chain })}
        onLimits={(limits) => change({ limits })}
      />
      <RunControls
        control={control}
        obstacle={obstacle}
        onStart={start}
        usedSeed={started?.seed}
        limits={draft.limits}
        onLimits={(limits) => change({ limits })}
      >
        <SectionToggle
          title="Sampler chain"
          fault={faultWords(check)}
          isOpen={draft.open.chain}
          onOpen={open("chain")}
        />
        <SectionToggle title="Limits" isOpen={draft.open.limits} onOpen={open("limits")} />
      </RunControls>
      {error !== undefined && (
        <Notice tone="bad" title={error.message} hint={error.hint}>
          <Button onPress={() => setError(undefined)}>Dismiss</Button>
        </Notice>
      )}
    </section>
  );
}

function usePrompt(draft: PromptDraft, model: LoadedModel | undefined): Prompt | undefined {
  const nVocab = model?.info?.nVocab;
  return useMemo(() => promptOf(draft, nVocab), [draft, nVocab]);
}

interface StartOptions {
  readonly model: LoadedModel | undefined;
  readonly prompt: Prompt | undefined;
  readonly draft: Draft;
  readonly obstacle: string | undefined;
  readonly onError: (error: AppError | undefined) => void;
  readonly onStarted: (prompt: Prompt) => void;
}

/** Starts a run of the draft and shows it. */
function useStart(options: StartOptions): (startPaused: boolean) => void {
  const studio = useStudio();
  const start = async (startPaused: boolean) => {
    const { model, prompt, draft, obstacle, onError, onStarted } = options;
    if (model === undefined || prompt === undefined || obstacle !== undefined) return;
    onError(undefined);
    try {
      const run = await studio.startRun({
        model: model.model,
        prompt,
        sampler: samplerOf(draft.chain),
        seed: seedOf(draft.limits),
        limits: limitsOf(draft.limits),
        capture: captureOf(draft.limits),
        startPaused,
      });
      onStarted(prompt);
      openRun(run);
    } catch (reason) {
      onError(errorOf(reason));
    }
  };
  const latest = useRef(start);
  latest.current = start;
  return useCallback((startPaused) => void latest.current(startPaused), []);
}

/** Why no run can start now; undefined: one can. */
function useObstacle(
  model: LoadedModel | undefined,
  draft: Draft,
  prompt: Prompt | undefined,
): string | undefined {
  const isReady = useIsReady();
  return obstacleOf(isReady, model) ?? promptObstacle(draft.prompt, model, prompt) ?? settingsObstacle(draft);
}

function obstacleOf(isReady: boolean, model: LoadedModel | undefined): string | undefined {
  if (!isReady) return "Waiting for the server.";
  if (model === undefined) return "Load a model first.";
  if (model.state === "loading") return "The model is being loaded.";
  if (model.state === "dead") return "The model’s engine died. Load it again.";
  if (model.info?.capabilities?.generate === false)
    return "This file holds a vocabulary only: it can’t generate.";
  return undefined;
}

function promptObstacle(
  draft: PromptDraft,
  model: LoadedModel | undefined,
  prompt: Prompt | undefined,
): string | undefined {
  const canChat = model?.info?.capabilities?.chatTemplate === true || draft.chatTemplate !== undefined;
  if (draft.kind === "chat" && !canChat)
    return "This model has no chat template: write one, or use plain text.";
  if (prompt !== undefined) return undefined;
  return readIds(draft.ids, model?.info?.nVocab).problem === undefined
    ? "The prompt has no tokens yet."
    : "Correct the token ids first.";
}

function settingsObstacle({ chain, limits }: Draft): string | undefined {
  const problem = chainProblem(chain) ?? limitsProblem(limits);
  return problem === undefined ? undefined : `Correct the settings first. ${problem}`;
}

/** What another view wishes, as far as the editor can hold it. */
function asRequested(draft: Draft, { sampler, seed, prompt, opensChain }: DraftRequest): Partial<Draft> {
  const chain = sampler === undefined ? undefined : chainOf(sampler);
  return {
    ...(chain === undefined ? {} : { chain }),
    ...(seed === undefined ? {} : { limits: { ...draft.limits, seed: String(seed) } }),
    ...(opensChain === true ? { open: { ...draft.open, chain: true } } : {}),
    ...(prompt === undefined ? {} : { prompt: withPrompt(draft.prompt, prompt) }),
  };
}

/** The chain in a line. */
function chainWords({ chain }: Draft): string {
  return samplerOf(chain)
    .map((stage) => `${stageName(stage.kind)} ${mainParameter(stage) ?? ""}`.trim())
    .join(" → ");
}

function faultWords(check: SamplerCheck | undefined): string | undefined {
  const count = (check?.byStage.size ?? 0) + (check?.general.length ?? 0);
  if (count === 0) return undefined;
  return count === 1 ? "1 fault" : `${count} faults`;
}
