import type { ModelId } from "../../../base/brand";
import { decodeWithEscapes } from "../../../base/utf8";
import { quoted } from "../../../base/visible-text";
import { TokenPicker } from "../../../parts/token-picker";
import type { SamplerStage } from "../../../protocol/types";
import { stageName } from "../../../protocol/words";
import type { TokenLabels } from "../../../state/debug-settings";
import { Button } from "../../../widgets/button";
import { ChoiceField } from "../../../widgets/choice-field";
import { Field } from "../../../widgets/field";
import { type ConditionDraft, newCondition, problemsOf } from "./breakpoint-draft";
import styles from "./breakpoint-form.module.css";
import { kConditions, kKinds } from "./condition-catalog";

interface ConditionFieldsProps {
  readonly condition: ConditionDraft;
  readonly labels: TokenLabels;
  /** Of the run in sight, for the names of stages. */
  readonly sampler: readonly SamplerStage[] | undefined;
  readonly model: ModelId | undefined;
  /** Also what is merely missing is said. */
  readonly showsProblems: boolean;
  readonly onChange: (condition: ConditionDraft) => void;
  readonly onLabel: (id: number, label: string) => void;
}

/** The kind of a condition, and the fields that this kind reads. */
export function ConditionFields(props: ConditionFieldsProps) {
  const { condition, sampler, showsProblems, onChange } = props;
  const { key, kind, text, threshold, n, stage } = condition;
  const entry = kConditions[kind];
  const problems = problemsOf(condition);
  return (
    <div className={styles["fields"]}>
      <ChoiceField
        label="Condition"
        value={kind}
        options={kKinds.map((value) => ({ value, label: kConditions[value].title }))}
        help={entry.help}
        onChange={(chosen) => onChange(newCondition(chosen, key))}
      />
      {entry.threshold !== undefined && (
        <Field
          label={entry.threshold.label}
          value={threshold}
          isNumber
          problem={problems.threshold}
          onChange={(value) => onChange({ ...condition, threshold: value })}
        />
      )}
      {entry.text !== undefined && (
        <Field
          label={entry.text}
          value={text}
          problem={showsProblems ? problems.text : undefined}
          onChange={(value) => onChange({ ...condition, text: value })}
        />
      )}
      {entry.hasTokens === true && <Tokens {...props} problem={showsProblems ? problems.ids : undefined} />}
      {entry.n !== undefined && (
        <Field
          label={entry.n.label}
          value={n}
          isNumber
          problem={problems.n}
          onChange={(value) => onChange({ ...condition, n: value })}
        />
      )}
      {entry.hasStage === true && (
        <ChoiceField
          label="Stage"
          value={stage}
          options={stageOptions(sampler, stage)}
          onChange={(value) => onChange({ ...condition, stage: value })}
        />
      )}
    </div>
  );
}

/** By their places in the chain of the run in sight; one that is not there stays what it is. */
function stageOptions(sampler: readonly SamplerStage[] | undefined, chosen: string) {
  const stages = (sampler ?? []).map(({ kind }, index) => ({
    value: String(index + 1),
    label: `${index + 1}: ${stageName(kind)}`,
  }));
  const isKnown = chosen === "" || stages.some(({ value }) => value === chosen);
  return [
    { value: "", label: "any stage" },
    ...stages,
    ...(isKnown ? [] : [{ value: chosen, label: `stage ${chosen}` }]),
  ];
}

interface TokensProps extends ConditionFieldsProps {
  readonly problem: string | undefined;
}

function Tokens({ condition, labels, model, problem, onChange, onLabel }: TokensProps) {
  const { ids } = condition;
  return (
    <div className={styles["tokens"]}>
      {ids.length > 0 && (
        <ul className={styles["chosen"]} aria-label="Tokens of the condition">
          {ids.map((id) => {
            const label = labels[id];
            const name = label === undefined ? `token ${id}` : quoted(label);
            return (
              <li key={id}>
                <code>{name}</code> <small>{id}</small>
                <Button
                  look="quiet"
                  aria-label={`Without ${name}`}
                  onPress={() => onChange({ ...condition, ids: ids.filter((one) => one !== id) })}
                >
                  ×
                </Button>
              </li>
            );
          })}
        </ul>
      )}
      <TokenPicker
        label="Find a token"
        verb="Add"
        model={model}
        onPick={(token) => {
          onLabel(token.id, decodeWithEscapes(token.bytes));
          if (!ids.includes(token.id)) onChange({ ...condition, ids: [...ids, token.id] });
        }}
      />
      {problem !== undefined && (
        <p role="alert" className={styles["problem"]}>
          {problem}
        </p>
      )}
    </div>
  );
}
