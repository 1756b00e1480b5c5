import { useState } from "react";
import { withVisibleControls } from "../../base/visible-text";
import { Button } from "../../widgets/button";
import { Help } from "../../widgets/help";
import { SearchField } from "../../widgets/search-field";
import styles from "./model-details.module.css";

/** The chat template as it stands in the file, line by line. */
export function TemplateView({ template }: { readonly template: string | undefined }) {
  const [filter, setFilter] = useState("");
  const [isCopied, setIsCopied] = useState(false);
  if (template === undefined || template === "") {
    return (
      <p className={styles["pad"]}>
        This model has no chat template. It was probably not trained on conversations; give it a text to
        continue.
      </p>
    );
  }
  const lines = template.split("\n").map((text, index) => ({ text, number: index + 1 }));
  const found = lines.filter(({ text }) => text.toLowerCase().includes(filter.toLowerCase()));
  const copy = async () => {
    await navigator.clipboard.writeText(template);
    setIsCopied(true);
  };
  return (
    <>
      <div className={styles["tools"]}>
        <SearchField label="Search the template" value={filter} onChange={setFilter} />
        <span>{`${found.length} of ${lines.length} lines`}</span>
        <Button onPress={() => void copy()}>{isCopied ? "Copied" : "Copy"}</Button>
        <Help term="chatTemplate" />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <section className={styles["template"]} aria-label="Chat template" tabIndex={0}>
        <ol>
          {found.map(({ text, number }) => (
            <li key={number} value={number}>
              <code>{withVisibleControls(text) || " "}</code>
            </li>
          ))}
        </ol>
      </section>
    </>
  );
}
