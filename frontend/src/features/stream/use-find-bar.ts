import { useState } from "react";
import type { Position } from "../../base/brand";
import type { RunRecord } from "../../state/run-record";
import { type FindQuery, firstMatchAfter } from "./find/find-matches";
import type { FoundText } from "./find/found-text";
import type { SearchWorker } from "./find/text-search";
import { type FindState, useFind } from "./find/use-find";

const kNothing: FindQuery = { text: "", isPattern: false, matchesCase: false };

interface FindBarControl {
  readonly isOpen: boolean;
  readonly query: FindQuery;
  readonly state: FindState;
  readonly found: FoundText | undefined;
  readonly current: number | undefined;
  readonly nAsked: number;
  readonly open: () => void;
  readonly close: () => void;
  readonly setQuery: (query: FindQuery) => void;
  readonly step: (step: 1 | -1) => void;
}

interface FindBarOptions {
  readonly record: RunRecord;
  readonly selected: Position | undefined;
  readonly onSelect: (position: Position | undefined) => void;
  readonly openWorker?: (() => SearchWorker) | undefined;
}

/** The state of the find bar: what is looked for, and the match that the person has gone to. */
export function useFindBar({ record, selected, onSelect, openWorker }: FindBarOptions): FindBarControl {
  const [nAsked, setAsked] = useState(0);
  const [isOpen, setIsOpen] = useState(false);
  const [query, setQuery] = useState(kNothing);
  /** Where in the text the current match begins: its number changes when more text comes. */
  const [currentBegin, setCurrentBegin] = useState<number | undefined>();
  const state = useFind(record, isOpen ? query : undefined, openWorker);
  const found = state.kind === "found" ? state.found : undefined;
  const current = found === undefined ? undefined : matchAt(found, currentBegin);

  const step = (by: 1 | -1) => {
    if (found === undefined || found.count === 0) return;
    const selectedIndex = selected === undefined ? undefined : record.tokens.indexOf(selected);
    const next = current === undefined ? nearest(found, selectedIndex ?? 0, by) : current + by;
    const match = (next + found.count) % found.count;
    setCurrentBegin(found.matches.begins[match]);
    onSelect(record.tokens.position(found.tokensOf(match).first));
  };

  return {
    isOpen,
    query,
    state,
    found,
    current,
    nAsked,
    open: () => {
      setIsOpen(true);
      setAsked(nAsked + 1);
    },
    close: () => setIsOpen(false),
    setQuery: (next) => {
      setQuery(next);
      setCurrentBegin(undefined);
    },
    step,
  };
}

function matchAt(found: FoundText, begin: number | undefined): number | undefined {
  if (begin === undefined) return undefined;
  const match = firstMatchAfter(found.matches, begin);
  return found.matches.begins[match] === begin ? match : undefined;
}

function nearest(found: FoundText, token: number, by: 1 | -1): number {
  return by === 1 ? found.matchFrom(token) : found.matchFrom(token) - 1;
}
