import { Field } from "../../widgets/field";
import type { ChainDraft } from "./chain-draft";
import styles from "./composer.module.css";
import { isCertain, kKnobs, knobPlaceholder, knobProblem, knobValue, turnKnob } from "./knobs";
import { type LimitsDraft, limitProblem } from "./limits-draft";

interface KnobRowProps {
  readonly chain: ChainDraft;
  readonly limits: LimitsDraft;
  readonly onChain: (chain: ChainDraft) => void;
  readonly onLimits: (limits: LimitsDraft) => void;
}

/** The settings that are changed most, always in sight. */
export function KnobRow({ chain, limits, onChain, onLimits }: KnobRowProps) {
  return (
    <div className={styles["settings"]}>
      {kKnobs.map((knob) => (
        <Field
          key={knob.kind}
          label={knob.label}
          value={knobValue(chain, knob)}
          placeholder={knobPlaceholder(chain, knob)}
          problem={knobProblem(chain, knob)}
          isNumber
          help={knob.kind}
          onChange={(value) => onChain(turnKnob(chain, knob, value))}
        />
      ))}
      <Field
        label="Seed"
        value={limits.seed}
        placeholder="random"
        problem={limitProblem(limits, "seed")}
        isNumber
        help="seed"
        onChange={(seed) => onLimits({ ...limits, seed })}
      />
      <Field
        label="Max tokens"
        value={limits.maxTokens}
        placeholder="no limit"
        problem={limitProblem(limits, "maxTokens")}
        isNumber
        help="maxTokens"
        onChange={(maxTokens) => onLimits({ ...limits, maxTokens })}
      />
      {isCertain(chain) && (
        <p className={styles["knobWords"]}>At temperature 0 only the most probable token is left.</p>
      )}
    </div>
  );
}
