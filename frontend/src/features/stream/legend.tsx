import { kTintLevels } from "../../base/colour";
import { formatMicroseconds } from "../../base/format";
import { useRunValue } from "../../state/hooks";
import type { Measure } from "../../state/preferences";
import type { RunRecord } from "../../state/run-record";
import styles from "./run-view.module.css";
import { usualStepUs } from "./surprise";

const kEnds: Readonly<Record<Measure, readonly [string, string]>> = {
  rawProb: ["certain", "unlikely"],
  finalProb: ["certain", "unlikely"],
  entropy: ["sure", "unsure"],
  rank: ["first", "far down"],
  time: ["usual", "8 times as long"],
};

/** What the tints and the lines below tokens stand for. */
export function Legend({ record, measure }: { readonly record: RunRecord; readonly measure: Measure }) {
  const stops = Array.from({ length: kTintLevels }, (_, level) => `var(--tint-${level})`);
  const [calm, salient] = kEnds[measure];
  return (
    <p className={styles["legend"]}>
      <span>{measure === "time" ? <Usual record={record} /> : calm}</span>
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

function Usual({ record }: { readonly record: RunRecord }) {
  const us = useRunValue(record, ({ tokens, nPrompt }) => usualStepUs(tokens, nPrompt));
  return us === undefined ? "time not known" : `usual, ${formatMicroseconds(us)}`;
}
