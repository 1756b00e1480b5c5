import type { ReactNode } from "react";
import styles from "./notice.module.css";

interface NoticeProps {
  readonly tone: "bad" | "warn" | "calm";
  readonly title: string;
  readonly hint?: string | undefined;
  readonly children?: ReactNode;
}

/** A sentence that something is wrong or missing, with what to do about it. */
export function Notice({ tone, title, hint, children }: NoticeProps) {
  return (
    <div className={`${styles["notice"]} ${styles[tone]}`} role={tone === "bad" ? "alert" : "note"}>
      <p className={styles["title"]}>{title}</p>
      {hint !== undefined && <p className={styles["hint"]}>{hint}</p>}
      {children !== undefined && <div className={styles["actions"]}>{children}</div>}
    </div>
  );
}
