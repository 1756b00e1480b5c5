import { formatProbability } from "../../base/format";
import { quoted } from "../../base/visible-text";
import type { Candidate, SamplerStage, StageTrace, StepDetail } from "../../protocol/types";
import { mainParameter } from "../../protocol/words";
import { Help } from "../../widgets/help";
import { Section } from "../../widgets/panel";
import { TokenChip } from "../../widgets/token-chip";
import styles from "./stage-table.module.css";
import { stageAt, tokenText } from "./verdict";

interface StageTableProps {
  readonly detail: StepDetail;
  readonly sampler: readonly SamplerStage[];
}

/** One row per sampler stage: what went in, what it took away, what was left. */
export function StageTable({ detail, sampler }: StageTableProps) {
  const lines = linesOf(detail);
  return (
    <div className={styles["block"]}>
      <Section title="Sampler chain" aside={<Help term="samplerChain" />}>
        <table className={styles["table"]}>
          <thead>
            <tr>
              <th scope="col">stage</th>
              <th scope="col">mass kept</th>
              <th scope="col">candidates</th>
              <th scope="col">entropy</th>
              {lines.map(({ name, text }) => (
                <th key={name} scope="col" className={styles["lineHead"]} title={`${name}: ${quoted(text)}`}>
                  <span className={styles["hidden"]}>{name}: </span>
                  <TokenChip text={text} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {detail.stages.map((stage) => (
              <StageRow key={stage.stage} stage={stage} sampler={sampler} lines={lines} draw={detail.draw} />
            ))}
          </tbody>
        </table>
      </Section>
    </div>
  );
}

interface StageRowProps {
  readonly stage: StageTrace;
  readonly sampler: readonly SamplerStage[];
  readonly lines: readonly Line[];
  readonly draw: number | undefined;
}

function StageRow({ stage, sampler, lines, draw }: StageRowProps) {
  const settings = sampler[stage.stage];
  // A seed is no setting of this step: its draw is, which the note tells.
  const isDraw = stage.kind === "distribution";
  const parameter = settings === undefined || isDraw ? undefined : mainParameter(settings);
  const kept = Math.max(0, Math.min(1, 1 - stage.massRemoved));
  const isIdle = !stage.changed && stage.selected === undefined;
  const note = noteOf(stage, isIdle, draw);
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
        {lines.map((line) => (
          <LineCell key={line.name} line={line} stage={stage} />
        ))}
      </tr>
      {note !== "" && (
        <tr className={styles["note"]}>
          <td colSpan={4}>{note}</td>
          {lines.map((line) => (
            <td key={line.name} className={styles["line"]} data-state={stateAfter(line, stage)} />
          ))}
        </tr>
      )}
    </>
  );
}

/** A candidate followed through all stages, as a line beside them. */
interface Line {
  readonly name: string;
  readonly id: number;
  readonly text: string;
  /** The stage that removed it. */
  readonly end: number | undefined;
}

/** The chosen token, and the model's first choice where that is another one. */
function linesOf({ candidates, token, nTop }: StepDetail): readonly Line[] {
  const chosen = candidates.find((one) => one.token.id === token.id);
  const first = nTop > 0 ? candidates[0] : undefined;
  const line = (name: string, candidate: Candidate): Line => ({
    name,
    id: candidate.token.id,
    text: tokenText(candidate),
    end: candidate.removedBy,
  });
  return [
    ...(chosen === undefined ? [] : [line("chosen", chosen)]),
    ...(first === undefined || first === chosen ? [] : [line("first choice", first)]),
  ];
}

type LineState = "there" | "removed" | "chosen" | "gone";

function stateAt({ id, end }: Line, { stage, selected }: StageTrace): LineState {
  if (end !== undefined && stage >= end) return stage === end ? "removed" : "gone";
  if (selected !== undefined) return selected === id ? "chosen" : "gone";
  return "there";
}

/** In the space below a stage, where its note is. */
function stateAfter(line: Line, stage: StageTrace): LineState {
  return stateAt(line, stage) === "there" ? "there" : "gone";
}

const kSigns: Readonly<Record<LineState, string>> = { there: "", removed: "✕", chosen: "▸", gone: "" };
const kWords: Readonly<Record<LineState, string>> = {
  there: "still there",
  removed: "removed",
  chosen: "chosen",
  gone: "not any more",
};

function LineCell({ line, stage }: { readonly line: Line; readonly stage: StageTrace }) {
  const state = stateAt(line, stage);
  return (
    <td className={styles["line"]} data-state={state}>
      <span aria-hidden="true">{kSigns[state]}</span>
      <span className={styles["hidden"]}>{kWords[state]}</span>
    </td>
  );
}

function entropyChange({ entropyBefore, entropyAfter }: StageTrace): string {
  const [before, after] = [entropyBefore.toFixed(2), entropyAfter.toFixed(2)];
  return before === after ? `${after} bits` : `${before} → ${after}`;
}

function noteOf(stage: StageTrace, isIdle: boolean, draw: number | undefined): string {
  const parts = [];
  if (isIdle) parts.push("changed nothing");
  if (stage.removedTop) parts.push("removed the most probable candidate that was left");
  if (stage.selected !== undefined && stage.nIn === 1) parts.push("only one was left");
  if (stage.kind === "distribution" && draw !== undefined)
    parts.push(`the number drawn was ${draw.toFixed(4)}`);
  if (stage.value !== undefined) parts.push(`its moving value was ${stage.value.toFixed(3)}`);
  return parts.join("; ");
}
