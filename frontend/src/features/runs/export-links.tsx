import type { RunSummary } from "../../protocol/types";
import styles from "./run-overlay.module.css";

const kForms = [
  { ending: "html", label: "Page", about: "One HTML file that shows it in any browser, without Inferno" },
  {
    ending: "inferno",
    label: "Recording",
    about: "For `inferno sessions import`, `inferno replay` or sqlite3",
  },
  { ending: "jsonl", label: "JSON Lines", about: "Every message, one a line" },
  { ending: "csv", label: "CSV", about: "Every token with its numbers, one a line" },
] as const;

/** A recorded run with its branches as files, made by the server while they are downloaded. */
export function ExportLinks({ run }: { readonly run: RunSummary }) {
  if (run.isRecorded !== true || !run.finished) return null;
  return (
    <div className={styles["exports"]}>
      <span className={styles["facts"]}>Export</span>
      <ul aria-label="Export as a file">
        {kForms.map(({ ending, label, about }) => (
          <li key={ending}>
            <a href={`/export/${run.run}.${ending}`} download title={about}>
              {label}
            </a>
          </li>
        ))}
      </ul>
    </div>
  );
}
