import { withVisibleSpaces } from "../base/visible-text";
import styles from "./token-chip.module.css";

interface TokenChipProps {
  readonly text: string;
  readonly mark?: "chosen" | "removed" | undefined;
}

/** A token's text with its spaces to be seen. */
export function TokenChip({ text, mark }: TokenChipProps) {
  const look = mark === undefined ? "" : ` ${styles[mark]}`;
  return <span className={`${styles["chip"]}${look}`}>{withVisibleSpaces(text) || "∅"}</span>;
}
