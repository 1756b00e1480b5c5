import { useEffect, useState } from "react";
import type { Position, RunId } from "../../base/brand";
import { plural } from "../../base/format";
import type { RunsCompared, Verdict } from "../../protocol/debug-types";
import type { AppError } from "../../protocol/types";
import { runName } from "../../protocol/words";
import { useIsReady, useRunSummary, useRunValue, useStudio } from "../../state/hooks";
import { formatRoute } from "../../state/route";
import type { RunRecord } from "../../state/run-record";
import { errorOf } from "../../state/studio";
import { Help } from "../../widgets/help";
import { Notice } from "../../widgets/notice";
import styles from "./origin-bar.module.css";

/** Where a branch comes from, with the way back; of a replay, what the comparison says. */
export function OriginBar({ record }: { readonly record: RunRecord }) {
  const parent = useRunValue(record, ({ started }) => started?.parent);
  const summary = useRunSummary(parent);
  const started = record.started;
  if (parent === undefined || started === undefined) return null;
  const name = summary === undefined ? `run ${parent}` : `run ${parent}, “${runName(summary).slice(0, 40)}”`;
  const isReplay = started.isReplay === true;
  return (
    <section className={styles["bar"]} aria-label={isReplay ? "Replay" : "Branch"}>
      <p>
        {isReplay ? "Replay of " : "Branch of "}
        <a href={`#${formatRoute({ run: parent, position: started.forkPosition })}`}>{name}</a>
        {!isReplay && started.forkPosition !== undefined && `, from position ${started.forkPosition} on`}{" "}
        <Help term={isReplay ? "replay" : "fork"} />
      </p>
      {isReplay && <Comparison record={record} parent={parent} />}
    </section>
  );
}

const kVerdicts: Readonly<
  Record<Verdict, { readonly tone: "calm" | "warn" | "bad"; readonly title: string }>
> = {
  identical: { tone: "calm", title: "Identical, to the last bit." },
  withinTolerance: { tone: "warn", title: "The same tokens; the numbers differ by roundings." },
  different: { tone: "bad", title: "Different." },
  notComparable: { tone: "warn", title: "Not comparable." },
};

function Comparison({ record, parent }: { readonly record: RunRecord; readonly parent: RunId }) {
  const isLive = useRunValue(record, (run) => run.isLive);
  const answer = useComparison(record.run, parent, !isLive);
  if (isLive) return <p role="status">Decoding everything again …</p>;
  if (answer === undefined) return <p role="status">Comparing …</p>;
  if ("code" in answer) return <Notice tone="bad" title={answer.message} hint={answer.hint} />;
  const { tone, title } = kVerdicts[answer.verdict];
  return (
    <div role="status">
      <Notice tone={tone} title={title} hint={answer.words}>
        <Details compared={answer} run={record.run} />
      </Notice>
    </div>
  );
}

function Details({ compared, run }: { readonly compared: RunsCompared; readonly run: RunId }) {
  const { nCompared, nIdentical, firstDifference, firstOtherToken, maxLogitDifference, reasons } = compared;
  return (
    <div className={styles["details"]}>
      <p>
        {plural(nCompared, "step")} compared, {nIdentical} of them identical
        {maxLogitDifference !== undefined &&
          `; logits differ by ${maxLogitDifference === 0 ? "nothing" : `at most ${maxLogitDifference.toPrecision(2)}`}`}
        .
      </p>
      {firstDifference !== undefined && (
        <p>
          First difference at <Place run={run} position={firstDifference} />
          {firstOtherToken !== undefined && (
            <>
              ; first other token at <Place run={run} position={firstOtherToken} />
            </>
          )}
          .
        </p>
      )}
      {reasons.length > 0 && (
        <ul aria-label="What may explain it">
          {reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Place({ run, position }: { readonly run: RunId; readonly position: Position }) {
  return <a href={`#${formatRoute({ run, position })}`}>position {position}</a>;
}

/** Asks once the replay has ended; again when the connection is back. */
function useComparison(run: RunId, other: RunId, isOver: boolean): RunsCompared | AppError | undefined {
  const studio = useStudio();
  const isReady = useIsReady();
  const [answer, setAnswer] = useState<RunsCompared | AppError>();
  useEffect(() => {
    if (!isOver || !isReady) return undefined;
    let isCurrent = true;
    const take = (one: RunsCompared | AppError) => {
      if (isCurrent) setAnswer(one);
    };
    studio.compareRuns(run, other).then(take, (reason: unknown) => take(errorOf(reason)));
    return () => {
      isCurrent = false;
    };
  }, [studio, run, other, isOver, isReady]);
  return answer;
}
