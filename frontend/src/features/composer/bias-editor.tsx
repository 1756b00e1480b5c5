import type { ModelId } from "../../base/brand";
import { decodeWithEscapes } from "../../base/utf8";
import { withVisibleSpaces } from "../../base/visible-text";
import { TokenPicker } from "../../parts/token-picker";
import type { Token } from "../../protocol/types";
import { Button } from "../../widgets/button";
import { Field } from "../../widgets/field";
import { Icon } from "../../widgets/icon";
import { Toggle } from "../../widgets/toggle";
import { type BiasDraft, biasProblem } from "./chain-draft";
import styles from "./chain-editor.module.css";

interface BiasEditorProps {
  readonly biases: readonly BiasDraft[];
  readonly model: ModelId | undefined;
  readonly onChange: (biases: readonly BiasDraft[]) => void;
}

/** Tokens that are made more or less likely, or banned. */
export function BiasEditor({ biases, model, onChange }: BiasEditorProps) {
  const change = (id: number, changes: Partial<BiasDraft>) =>
    onChange(biases.map((bias) => (bias.id === id ? { ...bias, ...changes } : bias)));
  const add = (token: Token) => {
    if (biases.some(({ id }) => id === token.id)) return;
    const label = withVisibleSpaces(decodeWithEscapes(token.bytes));
    onChange([...biases, { id: token.id, label, bans: true, bias: "" }]);
  };
  return (
    <div className={styles["biases"]}>
      <ul>
        {biases.map((bias) => {
          const name = bias.label === "" ? `token ${bias.id}` : bias.label;
          return (
            <li key={bias.id}>
              <code className={styles["token"]}>{name}</code>
              <small>{bias.id}</small>
              <Toggle isOn={bias.bans} onChange={(bans) => change(bias.id, { bans })}>
                banned
              </Toggle>
              {!bias.bans && (
                <Field
                  label="added to the logit"
                  value={bias.bias}
                  placeholder="0"
                  problem={biasProblem(bias)}
                  isNumber
                  onChange={(value) => change(bias.id, { bias: value })}
                />
              )}
              <Button
                look="quiet"
                aria-label={`Remove the bias of ${name}`}
                onPress={() => onChange(biases.filter(({ id }) => id !== bias.id))}
              >
                <Icon name="close" />
              </Button>
            </li>
          );
        })}
      </ul>
      <TokenPicker label="Token to bias" verb="Add" model={model} onPick={add} />
    </div>
  );
}
