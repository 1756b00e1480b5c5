import { useEffect, useRef, useState } from "react";
import type { RunId } from "../../base/brand";
import { formatCount } from "../../base/format";
import type { RunSummary } from "../../protocol/types";
import { useIsReady, useStudioState } from "../../state/hooks";
import { Button } from "../../widgets/button";
import { Notice } from "../../widgets/notice";
import { Section } from "../../widgets/panel";
import { SearchField } from "../../widgets/search-field";
import { Toggle } from "../../widgets/toggle";
import styles from "./run-panel.module.css";
import { RunRow } from "./run-row";
import { stateOf } from "./run-words";
import { type RunSearch, useRunSearch } from "./use-run-search";

/** Fewer runs than this are found by eye. */
const kFilterFrom = 6;

/** The server's runs, newest first: this window's, those of every other client and of earlier starts. */
export function RunPanel({ current }: { readonly current: RunId | undefined }) {
  const runs = useStudioState((state) => state.runs);
  const [filter, setFilter] = useState("");
  const [inGenerated, setInGenerated] = useState(false);
  const search = useRunSearch(filter, inGenerated);
  const listRef = useFocusAfterChange();
  const isFiltered = filter.trim() !== "";
  const isRecording = runs?.some((run) => run.isRecorded === true) === true;
  return (
    <Section title="Runs" aside={runs !== undefined && runs.length > 0 && <Count runs={runs} />}>
      <NoRuns runs={runs} />
      {runs !== undefined && (runs.length >= kFilterFrom || isFiltered) && (
        <SearchField label="Filter runs" value={filter} onChange={setFilter} />
      )}
      {isFiltered && isRecording && (
        <div className={styles["where"]}>
          <Toggle isOn={inGenerated} onChange={setInGenerated}>
            Also in the generated text
          </Toggle>
        </div>
      )}
      <ul ref={listRef} className={styles["runs"]} aria-label="Runs, newest first" tabIndex={-1}>
        {search.found.map((run) => (
          <RunRow key={run.run} run={run} isCurrent={run.run === current} />
        ))}
      </ul>
      {isFiltered && (
        <SearchState
          search={search}
          filter={filter.trim()}
          isRecording={isRecording}
          inGenerated={inGenerated}
          onClear={() => setFilter("")}
        />
      )}
    </Section>
  );
}

function NoRuns({ runs }: { readonly runs: readonly RunSummary[] | undefined }) {
  const isReady = useIsReady();
  if (runs === undefined) {
    return (
      <p className={styles["hint"]}>
        {isReady ? "Asking for the runs …" : "Shown when the server is connected."}
      </p>
    );
  }
  return runs.length === 0 ? (
    <p className={styles["hint"]}>None yet. The first one begins with Run.</p>
  ) : null;
}

interface SearchStateProps {
  readonly search: RunSearch;
  readonly filter: string;
  readonly isRecording: boolean;
  readonly inGenerated: boolean;
  readonly onClear: () => void;
}

/** How the search went, where the rows do not say it. */
function SearchState({ search, filter, isRecording, inGenerated, onClear }: SearchStateProps) {
  if (search.error !== undefined) {
    return <Notice tone="bad" title={search.error.message} hint={search.error.hint} />;
  }
  if (isRecording && search.isAsking) return <p className={styles["hint"]}>Searching the recordings …</p>;
  if (search.found.length > 0) return null;
  if (!isRecording) return <p className={styles["hint"]}>No run matches “{filter}”.</p>;
  const places = `title, note, tags, prompt or model name${inGenerated ? ", nor in what was generated" : ""}`;
  return (
    <div className={styles["nothing"]} role="status">
      <p>
        No recorded run has “{filter}” in its {places}.
      </p>
      <Button onPress={onClear}>Show all runs</Button>
    </div>
  );
}

function Count({ runs }: { readonly runs: readonly RunSummary[] }) {
  const nRunning = runs.filter((run) => stateOf(run) === "running").length;
  return (
    <span className={styles["count"]}>{nRunning > 0 ? `${nRunning} running` : formatCount(runs.length)}</span>
  );
}

/** A row that was deleted takes the focus with it: the list gets it back. */
function useFocusAfterChange() {
  const ref = useRef<HTMLUListElement>(null);
  const nChanges = useStudioState((state) => state.nRunChanges);
  useEffect(() => {
    if (nChanges > 0 && document.activeElement === document.body) ref.current?.focus();
  }, [nChanges]);
  return ref;
}
