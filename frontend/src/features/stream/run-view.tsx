import { useEffect, useState } from "react";
import type { StoreApi } from "zustand";
import { useStore } from "zustand";
import type { Position } from "../../base/brand";
import { kTintLevels } from "../../base/colour";
import { formatCount, formatMilliseconds, plural } from "../../base/format";
import type { RunPhase, SamplerStage } from "../../protocol/types";
import { finishWords, mainParameter, pauseWords, stageName } from "../../protocol/words";
import { useRunValue, useRunVersion } from "../../state/hooks";
import type { Measure, Preferences } from "../../state/preferences";
import type { RunRecord } from "../../state/run-record";
import { Button } from "../../widgets/button";
import { Notice } from "../../widgets/notice";
import { Segmented } from "../../widgets/segmented";
import { Toggle } from "../../widgets/toggle";
import styles from "./run-view.module.css";
import { nextSurprise } from "./surprise";
import { TokenStream } from "./token-stream";

interface RunViewProps {
  readonly record: RunRecord;
  readonly preferences: StoreApi<Preferences>;
  readonly selected: Position | undefined;
  readonly onSelect: (position: Position | undefined) => void;
  readonly onOpen: () => void;
}

/** One run: how it is set up, its text, and where it stands. */
export function RunView({ record, preferences, selected, onSelect, onOpen }: RunViewProps) {
  const { measure, showSpaces } = useStore(preferences);
  const hasTokens = useRunValue(record, ({ tokens }) => tokens.length > 0);
  return (
    <section className={styles["view"]} aria-label={`Run ${record.run}`}>
      <div className={styles["bar"]}>
        <Segmented
          label="Measure that tints the tokens"
          value={measure}
          onChange={(value) => preferences.setState({ measure: value })}
          options={kMeasures}
        />
        <Toggle isOn={showSpaces} onChange={(value) => preferences.setState({ showSpaces: value })}>
          spaces
        </Toggle>
        <SurpriseButtons record={record} selected={selected} onSelect={onSelect} />
        <Legend measure={measure} />
      </div>
      <Problems record={record} />
      <div className={styles["text"]}>
        {hasTokens ? (
          <TokenStream
            key={record.run}
            record={record}
            selected={selected}
            onSelect={onSelect}
            onOpen={onOpen}
            measure={measure}
            showSpaces={showSpaces}
          />
        ) : (
          <Waiting record={record} />
        )}
      </div>
      <RunLine record={record} />
    </section>
  );
}

type SurpriseButtonsProps = Pick<RunViewProps, "record" | "selected" | "onSelect">;

function SurpriseButtons({ record, selected, onSelect }: SurpriseButtonsProps) {
  const go = (step: 1 | -1) => {
    const { tokens } = record;
    const from = selected === undefined ? undefined : tokens.indexOf(selected);
    const found = nextSurprise(tokens, from ?? (step === 1 ? -1 : tokens.length), step);
    if (found !== undefined) onSelect(tokens.position(found));
  };
  return (
    <span className={styles["surprise"]}>
      <Button look="quiet" aria-label="Previous surprise" onPress={() => go(-1)}>
        <kbd>[</kbd>
      </Button>
      surprise
      <Button look="quiet" aria-label="Next surprise" onPress={() => go(1)}>
        <kbd>]</kbd>
      </Button>
    </span>
  );
}

const kMeasures: readonly { readonly value: Measure; readonly label: string }[] = [
  { value: "rawProb", label: "Raw p" },
  { value: "finalProb", label: "Final p" },
  { value: "entropy", label: "Entropy" },
  { value: "rank", label: "Rank" },
];

const kEnds: Readonly<Record<Measure, readonly [string, string]>> = {
  rawProb: ["certain", "unlikely"],
  finalProb: ["certain", "unlikely"],
  entropy: ["sure", "unsure"],
  rank: ["first", "far down"],
};

function Legend({ measure }: { readonly measure: Measure }) {
  const stops = Array.from({ length: kTintLevels }, (_, level) => `var(--tint-${level})`);
  const [calm, salient] = kEnds[measure];
  return (
    <p className={styles["legend"]}>
      <span>{calm}</span>
      <span
        className={styles["ramp"]}
        aria-hidden="true"
        style={{ backgroundImage: `linear-gradient(to right, ${stops.join(",")})` }}
      />
      <span>{salient}</span>
      <span className={styles["mark"]}>
        <span className={styles["dotted"]}>raw&nbsp;&lt;&nbsp;20&nbsp;%</span>
        <span className={styles["solid"]}>&lt;&nbsp;5&nbsp;%</span>
      </span>
    </p>
  );
}

function Problems({ record }: { readonly record: RunRecord }) {
  const failure = useRunValue(record, (run) => run.failure);
  const started = useRunValue(record, (run) => run.started);
  const phase = useRunValue(record, (run) => run.phase);
  const error = phase?.kind === "finished" ? phase.finished.error : undefined;
  const warnings = started?.warnings ?? [];
  if (failure === undefined && error === undefined && warnings.length === 0) return null;
  return (
    <div className={styles["problems"]}>
      {failure !== undefined && <Notice tone="bad" title={failure.message} hint={failure.hint} />}
      {error !== undefined && <Notice tone="bad" title={error.message} hint={error.hint} />}
      {warnings.map((warning) => (
        <Notice key={warning.code} tone="warn" title={warning.message} />
      ))}
    </div>
  );
}

function Waiting({ record }: { readonly record: RunRecord }) {
  const isStarted = useRunValue(record, (run) => run.started !== undefined);
  const isLive = useRunValue(record, (run) => run.isLive);
  if (!isLive) return <p className={styles["waiting"]}>This run has no tokens.</p>;
  return (
    <p className={styles["waiting"]}>
      {isStarted ? "The model is reading the prompt …" : "The run is waiting for its turn …"}
    </p>
  );
}

/** Settings and progress of the run, in a line. */
function RunLine({ record }: { readonly record: RunRecord }) {
  useRunVersion(record);
  const { started, phase } = record;
  return (
    <p className={styles["line"]}>
      <span className={styles["phase"]}>{phaseWords(record, phase)}</span>
      {record.failure === undefined && (
        <span>
          {formatCount(record.nPrompt)} prompt + {plural(Math.max(0, record.nGenerated), "token")}
        </span>
      )}
      <Speed record={record} />
      {started !== undefined && (
        <span className={styles["chain"]}>
          {started.sampler.map((stage) => stageWords(stage)).join(" → ")} · seed <b>{started.seed}</b>
        </span>
      )}
    </p>
  );
}

function stageWords(stage: SamplerStage): string {
  // The seed is told once, for the whole run.
  const parameter = stage.kind === "distribution" ? undefined : mainParameter(stage);
  return parameter === undefined ? stageName(stage.kind) : `${stageName(stage.kind)} ${parameter}`;
}

function phaseWords(record: RunRecord, phase: RunPhase | undefined): string {
  if (record.failure !== undefined) return "Not available.";
  if (phase === undefined) return "Waiting.";
  switch (phase.kind) {
    case "running":
      return record.nGenerated > 0 ? "Running." : "Reading the prompt.";
    case "paused":
      return pauseWords(phase.reason);
    case "finished":
      return finishWords(phase.finished);
  }
}

const kSpeedEveryMs = 500;

function Speed({ record }: { readonly record: RunRecord }) {
  const [nowMs, setNowMs] = useState(() => performance.now());
  const isRunning = record.phase?.kind === "running";
  useEffect(() => {
    if (!isRunning) return undefined;
    const timer = setInterval(() => setNowMs(performance.now()), kSpeedEveryMs);
    return () => clearInterval(timer);
  }, [isRunning]);
  if (record.phase?.kind === "finished") {
    const { nGenerated, generateMs } = record.phase.finished;
    if (nGenerated === 0 || generateMs <= 0) return null;
    const speed = (nGenerated * 1000) / generateMs;
    return (
      <span title="measured by the engine">
        {speed >= 100 ? formatCount(Math.round(speed)) : speed.toFixed(1)} tok/s in{" "}
        {formatMilliseconds(generateMs)}
      </span>
    );
  }
  const speed = isRunning ? record.speed(nowMs) : undefined;
  return speed === undefined ? null : (
    <span title="measured as they arrive here">{formatCount(Math.round(speed))} tok/s</span>
  );
}
