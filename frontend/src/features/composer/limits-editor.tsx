import { useId } from "react";
import { withVisibleSpaces } from "../../base/visible-text";
import { linesOf } from "../../parts/escapes";
import { Field } from "../../widgets/field";
import { Help } from "../../widgets/help";
import { Toggle } from "../../widgets/toggle";
import styles from "./composer.module.css";
import { type LimitsDraft, type LimitsField, limitProblem, stopProblem } from "./limits-draft";

interface LimitsEditorProps {
  readonly limits: LimitsDraft;
  readonly onChange: (limits: LimitsDraft) => void;
}

const kNumbers: readonly {
  readonly field: LimitsField;
  readonly label: string;
  readonly placeholder: string;
}[] = [
  { field: "seconds", label: "Time limit, seconds", placeholder: "no limit" },
  { field: "candidates", label: "Candidates recorded per token", placeholder: "64" },
  { field: "promptCandidates", label: "… per token of the prompt", placeholder: "8" },
];

/** What ends a run besides the number of tokens, and what is recorded of it. */
export function LimitsEditor({ limits, onChange }: LimitsEditorProps) {
  const change = (changes: Partial<LimitsDraft>) => onChange({ ...limits, ...changes });
  const stopId = useId();
  const stop = linesOf(limits.stop);
  const problem = stopProblem(limits);
  return (
    <div className={styles["limits"]}>
      <div className={styles["limitNumbers"]}>
        {kNumbers.map(({ field, label, placeholder }) => (
          <Field
            key={field}
            label={label}
            value={limits[field]}
            placeholder={placeholder}
            problem={limitProblem(limits, field)}
            isNumber
            onChange={(value) => change({ [field]: value })}
          />
        ))}
      </div>
      <div className={styles["stops"]}>
        <label htmlFor={stopId} className={styles["label"]}>
          Stop strings, one a line (\n: a line end, \t: a tab, \s: a space)
        </label>
        <textarea
          id={stopId}
          className={`${styles["text"]} ${styles["mono"]}`}
          rows={2}
          spellCheck={false}
          value={limits.stop}
          onChange={(event) => change({ stop: event.target.value })}
        />
        {problem !== undefined && <p className={styles["fault"]}>{problem}</p>}
        {stop.length > 0 && (
          <p className={styles["words"]}>
            ends at{" "}
            {stop.map((one, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the same string may be there twice
              <code key={index} className={styles["stop"]}>
                {withVisibleSpaces(one)}
              </code>
            ))}
          </p>
        )}
      </div>
      <div className={styles["toggles"]}>
        <span>
          <Toggle isOn={limits.ignoreEos} onChange={(ignoreEos) => change({ ignoreEos })}>
            go on after the end of text
          </Toggle>
          <Help term="ignoreEos" />
        </span>
        <Toggle isOn={limits.recordsPrompt} onChange={(recordsPrompt) => change({ recordsPrompt })}>
          record the prompt’s probabilities
        </Toggle>
        <Toggle isOn={limits.recordsTrace} onChange={(recordsTrace) => change({ recordsTrace })}>
          record what each stage does
        </Toggle>
      </div>
    </div>
  );
}
