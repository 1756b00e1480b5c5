import { useId, useRef } from "react";
import { Button } from "../../widgets/button";
import styles from "./composer.module.css";
import { readIds } from "./prompt-draft";

interface IdsEditorProps {
  readonly text: string;
  readonly nVocab: number | undefined;
  readonly onChange: (text: string) => void;
}

/** Bare token ids, taken as they are; the first that is none is told with its place. */
export function IdsEditor({ text, nVocab, onChange }: IdsEditorProps) {
  const { ids, problem } = readIds(text, nVocab);
  const textRef = useRef<HTMLTextAreaElement>(null);
  const id = useId();
  const goToProblem = () => {
    if (problem === undefined) return;
    textRef.current?.focus();
    textRef.current?.setSelectionRange(problem.begin, problem.end);
  };
  return (
    <div className={styles["ids"]}>
      <textarea
        ref={textRef}
        className={`${styles["text"]} ${styles["mono"]}`}
        aria-label="Token ids of the prompt"
        aria-invalid={problem !== undefined}
        aria-describedby={id}
        value={text}
        rows={3}
        spellCheck={false}
        placeholder="1 403 407 261 378"
        onChange={(event) => onChange(event.target.value)}
      />
      <p id={id} className={problem === undefined ? styles["words"] : styles["fault"]}>
        {problem?.words ?? (ids.length === 0 ? "Ids parted by spaces or commas; no BOS is added." : "")}
        {problem !== undefined && (
          <Button look="quiet" onPress={goToProblem}>
            Show it
          </Button>
        )}
      </p>
    </div>
  );
}
