import { useId } from "react";
import type { GlossaryTerm } from "../base/glossary";
import styles from "./field.module.css";
import { Help } from "./help";

interface ChoiceFieldProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly label: string }[];
  readonly onChange: (value: T) => void;
  readonly help?: GlossaryTerm;
}

/** One among several, in the browser's own list. */
export function ChoiceField<T extends string>({
  label,
  value,
  options,
  onChange,
  help,
}: ChoiceFieldProps<T>) {
  const id = useId();
  return (
    <div className={styles["field"]}>
      <span className={styles["head"]}>
        <label className={styles["label"]} htmlFor={id}>
          {label}
        </label>
        {help !== undefined && <Help term={help} />}
      </span>
      <select
        id={id}
        className={styles["input"]}
        value={value}
        onChange={(event) => {
          const chosen = options.find((option) => option.value === event.target.value);
          if (chosen !== undefined) onChange(chosen.value);
        }}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </div>
  );
}
