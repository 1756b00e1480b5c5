import { useEffect, useState } from "react";
import { formatCount, formatMilliseconds, plural } from "../../base/format";
import type { RunPhase, SamplerStage } from "../../protocol/types";
import { finishWords, mainParameter, pauseWords, stageName } from "../../protocol/words";
import { usePacedRunVersion } from "../../state/paced";
import type { RunRecord } from "../../state/run-record";
import styles from "./run-view.module.css";

/** Numbers that change faster can't be read. */
const kCountEveryMs = 100;

/** Settings and progress of the run, in a line. */
export function RunLine({ record }: { readonly record: RunRecord }) {
  usePacedRunVersion(record, kCountEveryMs);
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
      {started !== undefined && <Chain sampler={started.sampler} seed={started.seed} />}
    </p>
  );
}

interface ChainProps {
  readonly sampler: readonly SamplerStage[];
  readonly seed: number;
}

/** What does not fit is in its title, and stage by stage in the inspector. */
function Chain({ sampler, seed }: ChainProps) {
  const words = sampler.map((stage) => stageWords(stage)).join(" → ");
  return (
    <span className={styles["chain"]} title={`${words} · seed ${seed}`}>
      seed <b>{seed}</b> · {words}
    </span>
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
