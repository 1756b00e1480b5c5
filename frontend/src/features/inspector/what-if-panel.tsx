import { memo, useCallback, useState } from "react";
import { formatProbability } from "../../base/format";
import { quoted } from "../../base/visible-text";
import type { SamplerStage, StepDetail } from "../../protocol/types";
import type { WouldBe } from "../../sampling/what-if";
import { useHasServer, useStudio } from "../../state/hooks";
import type { RunRecord } from "../../state/run-record";
import type { Forking } from "../../state/use-fork";
import { Button } from "../../widgets/button";
import { Help } from "../../widgets/help";
import { Section } from "../../widgets/panel";
import { Segmented } from "../../widgets/segmented";
import { DialField } from "./dial-field";
import { type Chooser, chooserOf, dialRows, isChangedFrom, withChooser } from "./trial-chain";
import type { StepTrial } from "./use-step-trial";
import { tokenText } from "./verdict";
import styles from "./what-if.module.css";
import { WhatIfRun } from "./what-if-run";

interface WhatIfPanelProps {
  readonly record: RunRecord;
  readonly detail: StepDetail;
  /** The run's own chain. */
  readonly own: readonly SamplerStage[];
  /** The chain that is tried; undefined: the run's own. */
  readonly chain: readonly SamplerStage[] | undefined;
  readonly trial: StepTrial | undefined;
  readonly fork: Forking;
}

/** Other sampler settings, and what would have come of them. */
export function WhatIfPanel({ record, detail, own, chain, trial, fork }: WhatIfPanelProps) {
  const { draftRequests, whatIf } = useStudio();
  const [isSent, setIsSent] = useState(false);
  const hasServer = useHasServer();
  const tried = chain ?? own;
  const change = useCallback(
    (next: readonly SamplerStage[]) => {
      setIsSent(false);
      whatIf.ask(record.run, isChangedFrom(next, own) ? next : undefined);
    },
    [whatIf, record, own],
  );
  return (
    <div className={styles["block"]}>
      <Section
        title="What if"
        aside={
          <span className={styles["aside"]}>
            <Help term="whatIf" />
            <Button look="quiet" isDisabled={chain === undefined} onPress={() => change(own)}>
              As in the run
            </Button>
          </span>
        }
      >
        <Dials own={own} tried={tried} onChange={change} />
        {chain === undefined ? (
          <p className={styles["hint"]}>
            Move a number to see what this step, and every other one, would have become. No model runs for it.
          </p>
        ) : (
          <>
            <p className={styles["outcome"]} role="status">
              {trial === undefined
                ? "Nothing was sampled at this token: choose a generated one."
                : stepWords(trial, detail)}
            </p>
            <WhatIfRun record={record} position={detail.position} />
            {hasServer && detail.position > 0 && (
              <Button
                isDisabled={fork.obstacle !== undefined}
                onPress={() => fork.start({ position: detail.position, sampler: chain })}
              >
                Branch from here with these settings
              </Button>
            )}{" "}
            {hasServer && (
              <Button
                onPress={() => {
                  draftRequests.ask({ sampler: chain });
                  setIsSent(true);
                }}
              >
                Use these settings for the next run
              </Button>
            )}
            {isSent && (
              <p role="status" className={styles["hint"]}>
                The prompt’s settings are these now.
              </p>
            )}
          </>
        )}
      </Section>
    </div>
  );
}

interface DialsProps {
  readonly own: readonly SamplerStage[];
  readonly tried: readonly SamplerStage[];
  readonly onChange: (chain: readonly SamplerStage[]) => void;
}

/** The same for every step: drawn again only when a number is moved. */
const Dials = memo(function Dials({ own, tried, onChange }: DialsProps) {
  const ownValues = new Map(dialRows(own).map(({ key, value }) => [key, value] as const));
  const choosers: readonly { readonly value: Chooser; readonly label: string }[] = [
    { value: "distribution", label: "draw" },
    { value: "greedy", label: "most probable" },
    ...(chooserOf(own) === "own" ? [{ value: "own", label: "as in the run" } as const] : []),
  ];
  return (
    <>
      {dialRows(tried).map(({ key, dial, value, set }) => (
        <DialField
          key={key}
          dial={dial}
          value={value}
          own={ownValues.get(key)}
          onChange={(next) => onChange(set(next))}
        />
      ))}
      <div className={styles["chooser"]}>
        <span>Choose</span>
        <Segmented
          label="How the token is chosen"
          value={chooserOf(tried)}
          onChange={(chooser) => onChange(withChooser(tried, chooser, own))}
          options={choosers}
        />
      </div>
    </>
  );
});

/** What would have become of this step, said no more surely than it is known. */
function stepWords(trial: StepTrial, detail: StepDetail): string {
  return `${tokenWords(trial.wouldBe, detail)} ${shareWords(trial, detail)}`.trim();
}

function tokenWords({ token }: WouldBe, detail: StepDetail): string {
  const chosen = quoted(tokenText(detail));
  if (token.kind === "undetermined") return `Which token would have come can’t be told: ${token.reason}`;
  if (token.kind === "unrecorded") return `Not ${chosen}, but a token that was not recorded would have come.`;
  if (token.id === detail.token.id) return `${chosen} would have come all the same.`;
  const other = detail.candidates.find((one) => one.token.id === token.id);
  return `${other === undefined ? `Token ${token.id}` : quoted(tokenText(other))} would have come instead of ${chosen}.`;
}

function shareWords({ wouldBe: { exactness, reason }, shares }: StepTrial, detail: StepDetail): string {
  if (exactness === "unknown") return "";
  const share = shares.get(detail.token.id);
  if (share === undefined) return "";
  const { low: least, high: most } = share;
  const name = quoted(tokenText(detail));
  if (Number.isNaN(least)) return `${name} would have been removed.`;
  const before = formatProbability(detail.finalProb);
  if (exactness === "exact") return `${name}: ${before} → ${formatProbability(most)}.`;
  return `${name}: ${before} → between ${formatProbability(least)} and ${formatProbability(most)}; ${lowerFirst(reason ?? "not exact.")}`;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
