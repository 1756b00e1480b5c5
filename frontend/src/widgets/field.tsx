import { FieldError, Input, Label, TextField } from "react-aria-components";
import styles from "./field.module.css";

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly placeholder?: string;
  /** What is wrong with the value, in words. */
  readonly problem?: string | undefined;
  readonly isNumber?: boolean;
  readonly isDisabled?: boolean;
}

export function Field({
  label,
  value,
  onChange,
  placeholder,
  problem,
  isNumber = false,
  isDisabled,
}: FieldProps) {
  return (
    <TextField
      className={styles["field"] ?? ""}
      value={value}
      onChange={onChange}
      isInvalid={problem !== undefined}
      isDisabled={isDisabled === true}
    >
      <Label className={styles["label"] ?? ""}>{label}</Label>
      <Input
        className={isNumber ? `${styles["input"]} ${styles["number"]}` : (styles["input"] ?? "")}
        inputMode={isNumber ? "decimal" : "text"}
        {...(placeholder === undefined ? {} : { placeholder })}
        spellCheck="false"
        autoComplete="off"
      />
      <FieldError className={styles["problem"] ?? ""}>{problem}</FieldError>
    </TextField>
  );
}
