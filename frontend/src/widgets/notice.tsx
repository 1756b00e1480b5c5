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
  const [words, lastWords] = apart(title);
  return (
    <div className={`${styles["notice"]} ${styles[tone]}`} role={tone === "bad" ? "alert" : "note"}>
      <p className={styles["title"]}>{words}</p>
      {lastWords !== undefined && (
        <details className={styles["lastWords"]}>
          <summary>Its last words</summary>
          {lastWords}
        </details>
      )}
      {hint !== undefined && <p className={styles["hint"]}>{hint}</p>}
      {children !== undefined && <div className={styles["actions"]}>{children}</div>}
    </div>
  );
}

const kLastWords = "Its last words: ";

/** What a process wrote before it died can be long, and is rarely the reason: it stands apart. */
function apart(title: string): readonly [string, string | undefined] {
  const at = title.indexOf(kLastWords);
  return at < 0 ? [title, undefined] : [title.slice(0, at).trimEnd(), title.slice(at + kLastWords.length)];
}
