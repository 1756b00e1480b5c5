import { useId } from "react";
import styles from "./progress.module.css";

interface ProgressProps {
  readonly label: string;
  /** 0 to 1; undefined: under way, no one knows how far. */
  readonly fraction: number | undefined;
}

export function Progress({ label, fraction }: ProgressProps) {
  const id = useId();
  const percent = fraction === undefined ? undefined : Math.round(fraction * 100);
  return (
    <div
      className={styles["progress"]}
      role="progressbar"
      aria-labelledby={id}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      aria-valuetext={percent === undefined ? undefined : `${percent} %`}
    >
      <span className={styles["words"]}>
        <span id={id}>{label}</span>
        {percent !== undefined && <span>{percent} %</span>}
      </span>
      <span className={styles["track"]}>
        <span
          className={percent === undefined ? `${styles["fill"]} ${styles["unknown"]}` : styles["fill"]}
          style={{ width: `${percent ?? 30}%` }}
        />
      </span>
    </div>
  );
}
