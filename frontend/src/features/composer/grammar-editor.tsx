import type { AppError } from "../../protocol/types";
import { Field } from "../../widgets/field";
import { Segmented } from "../../widgets/segmented";
import type { StageDraft } from "./chain-draft";
import styles from "./chain-editor.module.css";
import { CodeEditor } from "./code-editor";
import { kGrammarExamples } from "./grammar-examples";
import { Select } from "./select";

interface GrammarEditorProps {
  readonly stage: StageDraft;
  readonly error: AppError | undefined;
  readonly onChange: (changes: Partial<StageDraft>) => void;
}

/** A grammar in llama.cpp's notation, or a JSON schema that is turned into one. */
export function GrammarEditor({ stage, error, onChange }: GrammarEditorProps) {
  const isSchema = stage.language === "jsonSchema";
  const examples = [
    { value: "", label: "Start from …" },
    ...kGrammarExamples.map(({ title }) => ({ value: title, label: title })),
  ];
  const start = (title: string) => {
    const example = kGrammarExamples.find((one) => one.title === title);
    if (example === undefined) return;
    const { language, text } = example;
    onChange(language === "gbnf" ? { language, grammar: text, root: "" } : { language, jsonSchema: text });
  };
  return (
    <div className={styles["grammar"]}>
      <div className={styles["grammarHead"]}>
        <Segmented
          label="Language of the grammar"
          value={stage.language}
          onChange={(language) => onChange({ language })}
          options={[
            { value: "gbnf", label: "GBNF" },
            { value: "jsonSchema", label: "JSON schema" },
          ]}
        />
        <Select label="Grammar to start from" value="" options={examples} onChange={start} />
        {!isSchema && (
          <Field
            label="root rule"
            value={stage.root}
            placeholder="root"
            onChange={(root) => onChange({ root })}
          />
        )}
      </div>
      <CodeEditor
        label={isSchema ? "JSON schema" : "Grammar"}
        text={isSchema ? stage.jsonSchema : stage.grammar}
        error={error}
        onChange={(text) => onChange(isSchema ? { jsonSchema: text } : { grammar: text })}
      />
    </div>
  );
}
