import { useCallback, useMemo } from "react";
import type { RunId } from "../../base/brand";
import type { AppError, RunSummary } from "../../protocol/types";
import { useIsReady, useStudio, useStudioState } from "../../state/hooks";
import { useLatestReply } from "../../state/use-latest-reply";
import { stateOf } from "./run-words";

/** Someone who types is not asked about at every key. */
const kDelayMs = 200;

interface Question {
  readonly text: string;
  readonly inGenerated: boolean;
}

export interface RunSearch {
  /** Newest first. */
  readonly found: readonly RunSummary[];
  readonly isAsking: boolean;
  readonly error: AppError | undefined;
}

/**
 * The runs in which a text occurs: at once those whose row shows it, then also
 * those in whose recording the server finds it. Where nothing is recorded the
 * rows are all there is.
 */
export function useRunSearch(text: string, inGenerated: boolean): RunSearch {
  const studio = useStudio();
  const runs = useStudioState((state) => state.runs);
  const known = useStudioState((state) => state.foundRuns);
  const nChanges = useStudioState((state) => state.nRunChanges);
  const isServers = useIsReady() && runs?.some((run) => run.isRecorded === true) === true;
  const wanted = text.trim();
  const question = useMemo<(Question & { readonly nChanges: number }) | undefined>(
    () => (isServers && wanted !== "" ? { text: wanted, inGenerated, nChanges } : undefined),
    [isServers, wanted, inGenerated, nChanges],
  );
  const ask = useCallback((asked: Question) => studio.searchRuns(asked.text, asked.inGenerated), [studio]);
  const replied = useLatestReply(question, kDelayMs, ask);
  const isFresh = replied?.question === question;
  // What was found for another text is no answer to this one; after a change it is nearly one.
  const isAbout = replied?.question.text === wanted && replied.question.inGenerated === inGenerated;
  return {
    found: merged(runs ?? [], wanted, isAbout ? stillThere(replied?.answer ?? [], known) : []),
    isAsking: !isFresh,
    error: isFresh ? replied?.error : undefined,
  };
}

/** As they are by now: one that was found may have been renamed or deleted since. */
function stillThere(
  found: readonly RunSummary[],
  known: ReadonlyMap<RunId, RunSummary>,
): readonly RunSummary[] {
  return found.flatMap(({ run }) => known.get(run) ?? []);
}

function merged(
  runs: readonly RunSummary[],
  text: string,
  fromServer: readonly RunSummary[],
): readonly RunSummary[] {
  const found = new Map(fromServer.map((run) => [run.run, run]));
  for (const run of runs) {
    // What the list says is newer.
    if (found.has(run.run) || matches(run, text)) found.set(run.run, run);
  }
  return [...found.values()].sort((a, b) => b.run - a.run);
}

/** Looks at what the row shows. */
function matches(run: RunSummary, text: string): boolean {
  const shown = [run.run, run.title, run.prompt, run.modelName, stateOf(run), ...(run.tags ?? [])]
    .join(" ")
    .toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => shown.includes(word));
}
