import { useState } from "react";
import type { RunId } from "../../base/brand";
import { formatCount } from "../../base/format";
import type { RunSummary } from "../../protocol/types";
import { useIsReady, useStudioState } from "../../state/hooks";
import { formatRoute } from "../../state/route";
import { Section } from "../../widgets/panel";
import { SearchField } from "../../widgets/search-field";
import styles from "./run-panel.module.css";

/** Fewer runs than this are found by eye. */
const kFilterFrom = 6;

/** The server's runs, newest first: this window's and those of every other client. */
export function RunPanel({ current }: { readonly current: RunId | undefined }) {
  const isReady = useIsReady();
  const runs = useStudioState((state) => state.runs);
  const [filter, setFilter] = useState("");
  const found = [...(runs ?? [])].sort((a, b) => b.run - a.run).filter((run) => matches(run, filter));
  return (
    <Section title="Runs" aside={runs !== undefined && runs.length > 0 && <Count runs={runs} />}>
      {runs === undefined && (
        <p className={styles["hint"]}>
          {isReady ? "Asking for the runs …" : "Shown when the server is connected."}
        </p>
      )}
      {runs?.length === 0 && <p className={styles["hint"]}>None yet. The first one begins with Run.</p>}
      {runs !== undefined && runs.length >= kFilterFrom && (
        <SearchField label="Filter runs" value={filter} onChange={setFilter} />
      )}
      <ul className={styles["runs"]}>
        {found.map((run) => (
          <RunRow key={run.run} run={run} isCurrent={run.run === current} />
        ))}
      </ul>
      {found.length === 0 && filter !== "" && <p className={styles["hint"]}>No run matches “{filter}”.</p>}
    </Section>
  );
}

function Count({ runs }: { readonly runs: readonly RunSummary[] }) {
  const nRunning = runs.filter((run) => stateOf(run) === "running").length;
  return (
    <span className={styles["count"]}>{nRunning > 0 ? `${nRunning} running` : formatCount(runs.length)}</span>
  );
}

/** Looks at what the row shows. */
function matches(run: RunSummary, filter: string): boolean {
  const text = `${run.run} ${run.prompt} ${run.modelName} ${stateOf(run)}`.toLowerCase();
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

function RunRow({ run, isCurrent }: { readonly run: RunSummary; readonly isCurrent: boolean }) {
  const prompt = run.prompt.trim() || `run ${run.run}`;
  return (
    <li>
      <a
        href={`#${formatRoute({ run: run.run, position: undefined })}`}
        className={styles["row"]}
        aria-current={isCurrent ? "true" : undefined}
        title={`Run ${run.run}: ${prompt}\n${run.modelName}, ${formatCount(run.nGenerated)} tokens, ${stateOf(run)}`}
      >
        <span className={styles["dot"]} data-state={stateOf(run)} aria-hidden="true" />
        <span className={styles["prompt"]}>{prompt}</span>
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
