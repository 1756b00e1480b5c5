import type { RunId } from "../../base/brand";
import { formatCount } from "../../base/format";
import type { RunSummary } from "../../protocol/types";
import { useStudioState } from "../../state/hooks";
import { formatRoute } from "../../state/route";
import { Section } from "../../widgets/panel";
import styles from "./run-panel.module.css";

/** The server's runs, newest first: this window's and those of every other client. */
export function RunPanel({ current }: { readonly current: RunId | undefined }) {
  const runs = useStudioState((state) => state.runs);
  return (
    <Section title="Runs">
      {runs === undefined || runs.length === 0 ? (
        <p className={styles["hint"]}>
          {runs === undefined ? "Shown when the server is connected." : "None yet."}
        </p>
      ) : (
        <ul className={styles["runs"]}>
          {[...runs]
            .sort((a, b) => b.run - a.run)
            .map((run) => (
              <RunRow key={run.run} run={run} isCurrent={run.run === current} />
            ))}
        </ul>
      )}
    </Section>
  );
}

function RunRow({ run, isCurrent }: { readonly run: RunSummary; readonly isCurrent: boolean }) {
  return (
    <li>
      <a
        href={`#${formatRoute({ run: run.run, position: undefined })}`}
        className={styles["row"]}
        aria-current={isCurrent ? "true" : undefined}
      >
        <span className={styles["dot"]} data-state={stateOf(run)} aria-hidden="true" />
        <span className={styles["prompt"]}>{run.prompt.trim() || `run ${run.run}`}</span>
        <span className={styles["count"]}>{formatCount(run.nGenerated)}</span>
        <span className={styles["about"]}>
          {run.modelName} · {stateOf(run)}
        </span>
      </a>
    </li>
  );
}

function stateOf(run: RunSummary): "finished" | "paused" | "running" {
  if (run.finished) return "finished";
  return run.paused ? "paused" : "running";
}
