import type { ReactNode } from "react";
import styles from "./toggle.module.css";

interface ToggleProps {
  readonly isOn: boolean;
  readonly onChange: (isOn: boolean) => void;
  readonly children: ReactNode;
}

export function Toggle({ isOn, onChange, children }: ToggleProps) {
  return (
    <label className={styles["toggle"]}>
      <input
        type="checkbox"
        role="switch"
        checked={isOn}
        aria-checked={isOn}
        onChange={(event) => onChange(event.target.checked)}
      />
      <span className={styles["track"]} />
      {children}
    </label>
  );
}
