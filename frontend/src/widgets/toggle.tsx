import type { ReactNode } from "react";
import { Switch } from "react-aria-components";
import styles from "./toggle.module.css";

interface ToggleProps {
  readonly isOn: boolean;
  readonly onChange: (isOn: boolean) => void;
  readonly children: ReactNode;
}

export function Toggle({ isOn, onChange, children }: ToggleProps) {
  return (
    <Switch isSelected={isOn} onChange={onChange} className={styles["toggle"] ?? ""}>
      <span className={styles["track"]} />
      {children}
    </Switch>
  );
}
