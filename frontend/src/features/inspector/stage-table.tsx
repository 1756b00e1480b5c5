import { formatProbability } from "../../base/format";
import type { SamplerStage, StageTrace } from "../../protocol/types";
import { mainParameter } from "../../protocol/words";
import { Section } from "../../widgets/panel";
import styles from "./stage-table.module.css";
import { stageAt } from "./verdict";

interface StageTableProps {
  readonly stages: readonly StageTrace[];
  readonly sampler: readonly SamplerStage[];
}

/** One row per sampler stage: what went in, what it took away, what was left. */
export function StageTable({ stages, sampler }: StageTableProps) {
  return (
    <div className={styles["block"]}>
      <Section title="Sampler chain">
        <table className={styles["table"]}>
          <thead>
            <tr>
              <th scope="col">stage</th>
              <th scope="col">mass kept</th>
              <th scope="col">candidates</th>
              <th scope="col">entropy</th>
            </tr>
          </thead>
          <tbody>
            {stages.map((stage) => (
              <StageRow key={stage.stage} stage={stage} sampler={sampler} />
            ))}
          </tbody>
        </table>
      </Section>
    </div>
  );
}

function StageRow({ stage, sampler }: { stage: StageTrace; sampler: readonly SamplerStage[] }) {
  const settings = sampler[stage.stage];
  const parameter = settings === undefined ? undefined : mainParameter(settings);
  const kept = Math.max(0, Math.min(1, 1 - stage.massRemoved));
  const isIdle = !stage.changed && stage.selected === undefined;
  const note = noteOf(stage, isIdle);
  return (
    <>
      <tr className={isIdle ? styles["idle"] : undefined}>
        <th scope="row">
          {stageAt(sampler, stage.stage)}
          {parameter !== undefined && <small>{parameter}</small>}
        </th>
        <td className={styles["mass"]}>
          <span className={styles["track"]}>
            <span className={styles["kept"]} style={{ width: `${kept * 100}%` }} />
          </span>
          <span className={styles["number"]}>{formatProbability(kept)}</span>
        </td>
        <td>{stage.nIn === stage.nOut ? stage.nOut : `${stage.nIn} → ${stage.nOut}`}</td>
        <td>{entropyChange(stage)}</td>
      </tr>
      {note !== "" && (
        <tr className={styles["note"]}>
          <td colSpan={4}>{note}</td>
        </tr>
      )}
    </>
  );
}

function entropyChange({ entropyBefore, entropyAfter }: StageTrace): string {
  const [before, after] = [entropyBefore.toFixed(2), entropyAfter.toFixed(2)];
  return before === after ? `${after} bits` : `${before} → ${after}`;
}

function noteOf(stage: StageTrace, isIdle: boolean): string {
  const parts = [];
  if (isIdle) parts.push("changed nothing");
  if (stage.removedTop) parts.push("removed the most probable candidate that was left");
  if (stage.selected !== undefined && stage.nIn === 1) parts.push("only one was left");
  if (stage.value !== undefined) parts.push(`its moving value was ${stage.value.toFixed(3)}`);
  return parts.join("; ");
}
