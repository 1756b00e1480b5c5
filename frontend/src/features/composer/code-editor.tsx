import { useId, useRef } from "react";
import type { AppError } from "../../protocol/types";
import { Button } from "../../widgets/button";
import styles from "./code-editor.module.css";
import { placeOfByte, type TextPlace } from "./text-place";

interface CodeEditorProps {
  readonly label: string;
  readonly text: string;
  readonly onChange: (text: string) => void;
  readonly error: AppError | undefined;
}

/** A text with numbered lines. The line of a fault is marked, and the fault is told under it. */
export function CodeEditor({ label, text, onChange, error }: CodeEditorProps) {
  const textRef = useRef<HTMLTextAreaElement>(null);
  const gutterRef = useRef<HTMLDivElement>(null);
  const id = useId();
  const place = error?.offset === undefined ? undefined : placeOfByte(text, error.offset);
  const lines = text.split("\n");
  const goTo = ({ index }: TextPlace) => {
    textRef.current?.focus();
    textRef.current?.setSelectionRange(index, Math.min(text.length, index + 1));
  };
  return (
    <div className={styles["code"]} data-wrong={error !== undefined}>
      <div className={styles["frame"]}>
        <div ref={gutterRef} className={styles["gutter"]} aria-hidden="true">
          {lines.map((_, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a line is its number
            <span key={index} data-wrong={place?.line === index + 1}>
              {index + 1}
            </span>
          ))}
        </div>
        <textarea
          ref={textRef}
          aria-label={label}
          aria-invalid={error !== undefined}
          aria-describedby={id}
          value={text}
          rows={Math.max(3, Math.min(14, lines.length))}
          wrap="off"
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => onChange(event.target.value)}
          onScroll={(event) => {
            if (gutterRef.current !== null) gutterRef.current.scrollTop = event.currentTarget.scrollTop;
          }}
        />
      </div>
      {error !== undefined && place !== undefined && (
        <Excerpt line={lines[place.line - 1] ?? ""} column={place.column} />
      )}
      <p id={id} role="status" className={styles["fault"]}>
        {error !== undefined && (
          <>
            {place !== undefined && `Line ${place.line}, column ${place.column}: `}
            {error.message} {error.hint}
            {place !== undefined && (
              <Button look="quiet" onPress={() => goTo(place)}>
                Go there
              </Button>
            )}
          </>
        )}
      </p>
    </div>
  );
}

const kExcerptLength = 60;

/** The line of the fault with the spot underlined. */
function Excerpt({ line, column }: { readonly line: string; readonly column: number }) {
  const characters = [...line];
  const from = Math.max(0, column - 1 - kExcerptLength / 2);
  const spot = characters[column - 1] ?? "␣";
  return (
    <pre className={styles["excerpt"]} aria-hidden="true">
      {from > 0 && "…"}
      {characters.slice(from, column - 1).join("")}
      <mark>{spot}</mark>
      {characters.slice(column, from + kExcerptLength).join("")}
    </pre>
  );
}
