import { type KeyboardEvent, useEffect, useRef } from "react";
import { formatCount } from "../../../base/format";
import { Button } from "../../../widgets/button";
import { Icon } from "../../../widgets/icon";
import styles from "./find-bar.module.css";
import type { FindQuery } from "./find-matches";
import type { FindState } from "./use-find";

interface FindBarProps {
  readonly query: FindQuery;
  readonly onQuery: (query: FindQuery) => void;
  readonly state: FindState;
  /** Undefined: the person has gone to none yet. */
  readonly current: number | undefined;
  readonly onStep: (step: 1 | -1) => void;
  readonly onClose: () => void;
  /** Grows each time someone asks for the bar, which takes the focus then. */
  readonly nAsked: number;
}

/** Find in the text: what to look for, how often it is there, and the way from one to the next. */
export function FindBar({ query, onQuery, state, current, onStep, onClose, nAsked }: FindBarProps) {
  const inputRef = useRef<HTMLInputElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked for again, it takes the focus again
  useEffect(() => {
    inputRef.current?.focus();
    inputRef.current?.select();
  }, [nAsked]);
  const hasMatches = state.kind === "found" && state.found.count > 0;

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    onStep(event.shiftKey ? -1 : 1);
  };

  return (
    <search className={styles["bar"]} onKeyDown={(event) => event.key === "Escape" && onClose()}>
      <input
        ref={inputRef}
        aria-label="Find in the text"
        className={`${styles["field"]} ${styles["input"]}`}
        value={query.text}
        onChange={(event) => onQuery({ ...query, text: event.target.value })}
        aria-invalid={state.kind === "badPattern" || state.kind === "tooSlow"}
        placeholder="Find in the text"
        spellCheck={false}
        autoComplete="off"
        onKeyDown={onKeyDown}
      />
      <button
        type="button"
        className={styles["option"]}
        aria-label="Match case"
        aria-pressed={query.matchesCase}
        onClick={() => onQuery({ ...query, matchesCase: !query.matchesCase })}
      >
        Aa
      </button>
      <button
        type="button"
        className={styles["option"]}
        aria-label="Regular expression"
        aria-pressed={query.isPattern}
        onClick={() => onQuery({ ...query, isPattern: !query.isPattern })}
      >
        .*
      </button>
      <Button look="quiet" aria-label="Previous match" isDisabled={!hasMatches} onPress={() => onStep(-1)}>
        <span aria-hidden="true">↑</span>
      </Button>
      <Button look="quiet" aria-label="Next match" isDisabled={!hasMatches} onPress={() => onStep(1)}>
        <span aria-hidden="true">↓</span>
      </Button>
      <p role="status" className={styles["words"]}>
        {words(state, current)}
      </p>
      <Button look="quiet" aria-label="Close find" onPress={onClose}>
        <Icon name="close" />
      </Button>
    </search>
  );
}

function words(state: FindState, current: number | undefined): string {
  switch (state.kind) {
    case "idle":
      return "";
    case "searching":
      return "Searching …";
    case "badPattern":
      return state.message;
    case "tooSlow":
      return "This pattern takes too long; make it simpler.";
    case "found": {
      const { count, matches } = state.found;
      if (count === 0) return "Not found";
      const all = `${formatCount(count)}${matches.isCut ? "+" : ""}`;
      return current === undefined ? `${all} found` : `${formatCount(current + 1)} of ${all}`;
    }
  }
}
