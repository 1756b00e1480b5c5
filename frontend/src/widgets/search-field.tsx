import { Icon } from "./icon";
import styles from "./search-field.module.css";

interface SearchFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** Narrows a list to what contains the typed text; Escape empties it. */
export function SearchField({ label, value, onChange }: SearchFieldProps) {
  return (
    <div className={styles["search"]}>
      <Icon name="search" />
      <input
        type="search"
        aria-label={label}
        placeholder={label}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape" || value === "") return;
          // A dialog around it stays open.
          event.preventDefault();
          event.stopPropagation();
          onChange("");
        }}
        spellCheck={false}
        autoComplete="off"
      />
    </div>
  );
}
