import { useEffect, useState } from "react";
import type { RunRecord } from "../../state/run-record";
import styles from "./run-view.module.css";

const kEveryMs = 2000;
/** More than this can't be spoken before the next. */
const kMostCharacters = 240;

/** Reads the growing text out, whole sentences at most every two seconds. */
export function StreamAnnouncer({ record }: { readonly record: RunRecord }) {
  const [spoken, setSpoken] = useState("");
  useEffect(() => {
    let from = record.tokens.length;
    const timer = setInterval(() => {
      if (!record.isLive) return;
      from = Math.max(from, record.nPrompt);
      const news = sentencesFrom(record, from);
      if (news === undefined) return;
      from = news.next;
      setSpoken(news.text);
    }, kEveryMs);
    return () => clearInterval(timer);
  }, [record]);
  return (
    <p role="status" className={styles["spoken"]}>
      {spoken}
    </p>
  );
}

/** The sentences that have ended since `from`, the last ones where there are too many; and where to go on. */
function sentencesFrom({ tokens }: RunRecord, from: number): { text: string; next: number } | undefined {
  for (let end = tokens.settledLength; end > from; --end) {
    if (!/[.!?…。！？\n]["”’)]?\s*$/.test(tokens.appearance(end - 1).text)) continue;
    const text = tokens.text(Math.max(from, end - kMostCharacters), end).trim();
    if (text === "") return undefined;
    return { text: text.slice(-kMostCharacters), next: end };
  }
  return undefined;
}
