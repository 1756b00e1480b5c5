import { type ReactNode, useState } from "react";
import { withVisibleControls } from "../../base/visible-text";
import { Button } from "../../widgets/button";
import { Help } from "../../widgets/help";
import { Toggle } from "../../widgets/toggle";
import styles from "./composer.module.css";

interface TemplatePartProps {
  /** Instead of the model's; undefined: the model's is used. */
  readonly own: string | undefined;
  readonly ofModel: string | undefined;
  readonly rendered: string | undefined;
  readonly onChange: (own: string | undefined) => void;
}

/** A template to begin with where the model has none: ChatML. */
const kPlainTemplate = `{% for message in messages %}<|im_start|>{{ message.role }}
{{ message.content }}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}`;

/** What makes a text of the messages, and the text that it makes. */
export function TemplatePart({ own, ofModel, rendered, onChange }: TemplatePartProps) {
  const [showsText, setShowsText] = useState(false);
  const hasNone = ofModel === undefined && own === undefined;
  return (
    <div className={styles["template"]}>
      <div className={styles["kinds"]}>
        <Toggle
          isOn={own !== undefined}
          onChange={(isOn) => onChange(isOn ? (ofModel ?? kPlainTemplate) : undefined)}
        >
          own chat template
        </Toggle>
        <Help term="chatTemplate" />
        {hasNone && <span className={styles["words"]}>This model has none: switch it on to write one.</span>}
        {rendered !== undefined && (
          <Button look="quiet" aria-expanded={showsText} onPress={() => setShowsText(!showsText)}>
            {showsText ? "Hide" : "Show"} the text it makes
          </Button>
        )}
      </div>
      {own !== undefined && (
        <textarea
          className={`${styles["text"]} ${styles["mono"]}`}
          aria-label="Chat template (Jinja)"
          value={own}
          rows={4}
          spellCheck={false}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
      {showsText && rendered !== undefined && (
        <section className={styles["rendered"]} aria-label="Text of the chat template">
          {withLineEnds(rendered)}
        </section>
      )}
    </div>
  );
}

/** The text with its line ends, and other things that can't be seen, as signs. */
function withLineEnds(text: string): ReactNode {
  return text.split("\n").map((line, index, lines) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: lines have no identity but their place
    <span key={index}>
      {withVisibleControls(line)}
      {index < lines.length - 1 && <span className={styles["sign"]}>↵{"\n"}</span>}
    </span>
  ));
}
