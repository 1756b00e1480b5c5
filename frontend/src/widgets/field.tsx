import { useId } from "react";
import type { GlossaryTerm } from "../base/glossary";
import styles from "./field.module.css";
import { Help } from "./help";

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly placeholder?: string;
  /** What is wrong with the value, in words. */
  readonly problem?: string | undefined;
  readonly isNumber?: boolean;
  readonly isDisabled?: boolean;
  /** Explains what the field is about. */
  readonly help?: GlossaryTerm;
}

export function Field(props: FieldProps) {
  const { label, value, onChange, placeholder, problem, isNumber = false, isDisabled, help } = props;
  const id = useId();
  const isInvalid = problem !== undefined;
  return (
    <div className={styles["field"]}>
      <span className={styles["head"]}>
        <label className={styles["label"]} htmlFor={id}>
          {label}
        </label>
        {help !== undefined && <Help term={help} />}
      </span>
      <input
        id={id}
        type="text"
        className={isNumber ? `${styles["input"]} ${styles["number"]}` : styles["input"]}
        inputMode={isNumber ? "decimal" : "text"}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        placeholder={placeholder}
        disabled={isDisabled}
        aria-invalid={isInvalid}
        aria-describedby={isInvalid ? `${id}-problem` : undefined}
        spellCheck={false}
        autoComplete="off"
      />
      {isInvalid && (
        <span id={`${id}-problem`} className={styles["problem"]}>
          {problem}
        </span>
      )}
    </div>
  );
}
