import styles from "./composer.module.css";

interface SelectProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly label: string }[];
  readonly onChange: (value: T) => void;
  /** The label beside it; otherwise it is only read aloud. */
  readonly showsLabel?: boolean;
}

/** The browser's own choice of one among several. */
export function Select<T extends string>({ label, value, options, onChange, showsLabel }: SelectProps<T>) {
  const select = (
    <select
      className={styles["select"]}
      aria-label={showsLabel === true ? undefined : label}
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
  );
  if (showsLabel !== true) return select;
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the select is inside
    <label className={styles["labelled"]}>
      {label} {select}
    </label>
  );
}
