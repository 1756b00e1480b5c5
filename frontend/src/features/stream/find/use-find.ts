import { useCallback, useEffect, useMemo, useState } from "react";
import { useRunValue } from "../../../state/hooks";
import type { RunRecord } from "../../../state/run-record";
import type { FindAnswer, FindQuery } from "./find-matches";
import { FoundText } from "./found-text";
import { openFindWorker } from "./open-find-worker";
import { TextIndex } from "./text-index";
import { type SearchWorker, TextSearch } from "./text-search";

export type FindState =
  /** Nothing is asked for. */
  | { readonly kind: "idle" }
  | { readonly kind: "searching" }
  | { readonly kind: "found"; readonly found: FoundText }
  | { readonly kind: "badPattern"; readonly message: string }
  | { readonly kind: "tooSlow" };

const kIdle: FindState = { kind: "idle" };
const kSearching: FindState = { kind: "searching" };
/** A text that grows is searched again this often. */
const kAgainEveryMs = 500;
const kAfterTypingMs = 90;

/** Looks for `query` in the text of a run, and goes on looking while it grows. */
export function useFind(
  record: RunRecord,
  query: FindQuery | undefined,
  openWorker: () => SearchWorker = openFindWorker,
): FindState {
  const [state, setState] = useState<FindState>(kIdle);
  const tools = useTools(record, query !== undefined, openWorker);
  const isLive = useRunValue(record, (run) => run.isLive);

  const look = useCallback(async () => {
    if (tools === undefined || query === undefined) return;
    const { tokens } = record;
    tools.index.update(tokens, record.isLive ? tokens.settledLength : tokens.length);
    const answer = await tools.search.search(tools.index.text, query);
    if (answer !== undefined) setState(stateOf(answer, tools.index));
  }, [tools, query, record]);

  useEffect(() => {
    if (query === undefined || query.text === "") {
      setState(kIdle);
      return undefined;
    }
    setState((before) => (before.kind === "found" ? before : kSearching));
    const timer = setTimeout(() => void look(), kAfterTypingMs);
    return () => clearTimeout(timer);
  }, [query, look]);

  // A pattern that took too long would take longer still.
  const isWanted = query !== undefined && query.text !== "" && state.kind !== "tooSlow";
  useEffect(() => {
    if (!isWanted) return undefined;
    let searchedLength = record.tokens.length;
    const timer = setInterval(() => {
      if (record.tokens.length === searchedLength) return;
      searchedLength = record.tokens.length;
      void look();
    }, kAgainEveryMs);
    // The last tokens of a run that ends just now are searched, too.
    if (!isLive) void look();
    return () => clearInterval(timer);
  }, [isWanted, isLive, look, record]);

  // What was found in another run's text is nothing here.
  if (tools === undefined || (state.kind === "found" && state.found.index !== tools.index)) return kIdle;
  return state;
}

function stateOf(answer: FindAnswer, index: TextIndex): FindState {
  return answer.kind === "found" ? { kind: "found", found: new FoundText(index, answer.matches) } : answer;
}

/** The index and the worker, while someone searches. */
function useTools(record: RunRecord, isOpen: boolean, openWorker: () => SearchWorker) {
  // biome-ignore lint/correctness/useExhaustiveDependencies: another run has another text
  const tools = useMemo(
    () => (isOpen ? { index: new TextIndex(), search: new TextSearch(openWorker) } : undefined),
    [record, isOpen, openWorker],
  );
  useEffect(() => () => tools?.search.close(), [tools]);
  return tools;
}
