import { Label, ProgressBar } from "react-aria-components";
import styles from "./progress.module.css";

interface ProgressProps {
  readonly label: string;
  /** 0 to 1; undefined: under way, no one knows how far. */
  readonly fraction: number | undefined;
}

export function Progress({ label, fraction }: ProgressProps) {
  const isKnown = fraction !== undefined;
  return (
    <ProgressBar
      className={styles["progress"] ?? ""}
      value={isKnown ? fraction * 100 : 0}
      isIndeterminate={!isKnown}
    >
      {({ percentage, valueText }) => (
        <>
          <span className={styles["words"]}>
            <Label>{label}</Label>
            {isKnown && <span>{valueText}</span>}
          </span>
          <span className={styles["track"]}>
            <span
              className={isKnown ? styles["fill"] : `${styles["fill"]} ${styles["unknown"]}`}
              style={{ width: `${isKnown ? percentage : 30}%` }}
            />
          </span>
        </>
      )}
    </ProgressBar>
  );
}
