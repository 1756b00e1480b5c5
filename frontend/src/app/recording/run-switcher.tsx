import type { RunId } from "../../base/brand";
import { formatCount } from "../../base/format";
import type { RunSummary } from "../../protocol/types";
import { runName } from "../../protocol/words";
import { formatRoute } from "../../state/route";
import { Section } from "../../widgets/panel";
import styles from "./recording-page.module.css";

interface RunSwitcherProps {
  readonly runs: readonly RunSummary[];
  readonly current: RunId | undefined;
}

/** The runs of the session, each branch with where it leaves its parent. */
export function RunSwitcher({ runs, current }: RunSwitcherProps) {
  return (
    <Section title={runs.length === 1 ? "Run" : "Runs"}>
      <ul className={styles["runs"]}>
        {runs.map((run) => (
          <li key={run.run}>
            <a
              className={styles["run"]}
              href={`#${formatRoute({ run: run.run, position: undefined })}`}
              aria-current={run.run === current ? "true" : undefined}
            >
              <span className={styles["name"]}>
                Run {run.run}: {runName({ ...run, title: undefined })}
              </span>
              <span className={styles["count"]}>{formatCount(run.nGenerated)}</span>
              {run.parent !== undefined && (
                <span className={styles["detail"]}>
                  branch of run {run.parent}
                  {run.forkPosition !== undefined && ` at position ${run.forkPosition}`}
                </span>
              )}
            </a>
          </li>
        ))}
      </ul>
    </Section>
  );
}
