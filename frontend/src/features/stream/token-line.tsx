import { memo, type ReactNode } from "react";
import { tintLevel } from "../../base/colour";
import { kFlagForced, kFlagNonFinite } from "../../connection/step-columns";
import type { Measure } from "../../state/preferences";
import type { TokenAppearance, TokenColumns } from "../../state/token-columns";
import type { WhatIfMarks } from "../../state/what-if";
import type { FoundPart, FoundText } from "./find/found-text";
import type { PendingToken } from "./pending-token";
import { kSurprisingProb, kUnlikelyProb, salience, spokenToken, type TintScale } from "./surprise";
import styles from "./token-line.module.css";
import { piecesOf, type Visibility } from "./token-shapes";

interface TokenLineProps {
  readonly tokens: TokenColumns;
  readonly top: number;
  readonly begin: number;
  readonly end: number;
  /** The line continues the text of the one above: a leading space is left out. */
  readonly isContinued: boolean;
  /** Undefined: not on this line. */
  readonly selected: number | undefined;
  /** The part of this line that is marked, for copying; begin and end are equal where none is. */
  readonly markedBegin: number;
  readonly markedEnd: number;
  /** The token after which the text goes on growing; undefined: not on this line. */
  readonly newest: number | undefined;
  readonly measure: Measure;
  readonly scale: TintScale;
  readonly visible: Visibility;
  readonly found: FoundText | undefined;
  /** The match gone to, where it touches this line. */
  readonly currentMatch: number | undefined;
  /** What other settings would have made of the run; undefined: nothing is tried. */
  readonly whatIf: WhatIfMarks | undefined;
  /** The token that waits to be accepted; undefined: none, or not on this line. */
  readonly pending: PendingToken | undefined;
  /** The token at which a branch leaves its run; undefined: not on this line. */
  readonly fork: number | undefined;
  readonly idPrefix: string;
  /** Changes when tokens of this line look different, though the line holds the same ones. */
  readonly stamp: number;
}

/** One line of the stream. Drawn again only when something on it changes. */
export const TokenLine = memo(function TokenLine(props: TokenLineProps) {
  const { begin, end, top, isContinued, newest, tokens } = props;
  const options: ReactNode[] = [];
  for (let index = begin; index < end; ++index) {
    if (index > 0 && !tokens.isPrompt(index) && tokens.isPrompt(index - 1)) {
      options.push(<span key="boundary" aria-hidden="true" className={styles["boundary"]} />);
    }
    if (index === props.fork) {
      options.push(<span key="fork" title="Here the branch begins" className={styles["fork"]} />);
    }
    options.push(tokenOption(props, index, isContinued && index === begin && !props.visible.spaces));
  }
  return (
    <div role="presentation" className={styles["line"]} style={{ top }}>
      {!isContinued && begin > 0 && begin < end && <Indentation {...props} />}
      {options}
      {newest !== undefined && newest >= begin && newest < end && (
        <span aria-hidden="true" className={styles["caret"]} />
      )}
      {begin === end && newest === begin - 1 && <span aria-hidden="true" className={styles["caret"]} />}
    </div>
  );
});

/** What the token that ended the line above shows on this one. */
function Indentation({ tokens, begin, visible }: TokenLineProps) {
  const { tail } = piecesOf(tokens.appearance(begin - 1).text, visible.spaces);
  if (tail === "") return null;
  return (
    <span aria-hidden="true" data-index={begin - 1} className={styles["token"]}>
      {tail}
    </span>
  );
}

// A plain function: a component for every token would cost as much again.
function tokenOption(props: TokenLineProps, index: number, isTrimmed: boolean): ReactNode {
  const { tokens } = props;
  if (props.pending?.index === index) return pendingOption(props, props.pending, isTrimmed);
  const appearance = tokens.appearance(index);
  const isSelected = props.selected === index;
  const isMarked = index >= props.markedBegin && index < props.markedEnd;
  const shown = shownText(appearance, isTrimmed, props.visible);
  const parts = props.found?.partsOf(tokens, index, props.currentMatch) ?? [];
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the list box has the focus and names its active option
    <span
      key={index}
      role="option"
      id={`${props.idPrefix}${index}`}
      data-index={index}
      aria-selected={isSelected || isMarked}
      aria-label={label(props, index)}
      aria-posinset={index + 1}
      aria-setsize={-1}
      className={classNames(props, index, appearance, { isSelected, isMarked })}
      style={tintStyle(props, index)}
    >
      {parts.length === 0 ? shown : withMarks(shown, appearance.text, isTrimmed, parts)}
    </span>
  );
}

function pendingOption(props: TokenLineProps, pending: PendingToken, isTrimmed: boolean): ReactNode {
  const { index, appearance } = pending;
  const isSelected = props.selected === index;
  const look = appearance.kind === "text" ? "" : ` ${styles[appearance.kind] ?? ""}`;
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the list box has the focus and names its active option
    <span
      key={index}
      role="option"
      id={`${props.idPrefix}${index}`}
      data-index={index}
      data-pending
      aria-selected={isSelected}
      aria-label={pending.label}
      aria-posinset={index + 1}
      aria-setsize={-1}
      title="Chosen, not yet accepted"
      className={`${styles["token"]}${look} ${styles["pending"]}${isSelected ? ` ${styles["selected"]}` : ""}`}
    >
      {shownText(appearance, isTrimmed, props.visible)}
    </span>
  );
}

function label({ tokens, measure, whatIf }: TokenLineProps, index: number): string {
  const spoken = spokenToken(tokens, index, measure);
  return whatIf?.outcome.isChanged(tokens.position(index)) === true
    ? `${spoken}, would have come out differently`
    : spoken;
}

function tintStyle({ tokens, measure, scale }: TokenLineProps, index: number) {
  const level = salience(tokens, index, measure, scale);
  if (level === undefined) return undefined;
  const colour = `var(--tint-${tintLevel(level)})`;
  // The prompt was given, not chosen: its tint is there, but calm.
  return {
    backgroundColor: tokens.isPrompt(index) ? `color-mix(in srgb, ${colour} 45%, transparent)` : colour,
  };
}

function shownText({ kind, text }: TokenAppearance, isTrimmed: boolean, visible: Visibility): string {
  if (kind === "part") return visible.bytes ? text : "";
  if (kind !== "text") return text;
  const { head } = piecesOf(text, visible.spaces);
  return isTrimmed && head.startsWith(" ") ? head.slice(1) : head;
}

/** Marks what was found: to the letter where what is shown has the same letters, else the whole token. */
function withMarks(shown: string, text: string, isTrimmed: boolean, parts: readonly FoundPart[]): ReactNode {
  const trimmed = isTrimmed && text.startsWith(" ") ? 1 : 0;
  if (shown.length !== text.length - trimmed) return mark(shown, parts[0]?.isCurrent === true, 0);
  const pieces: ReactNode[] = [];
  let at = 0;
  for (const part of parts) {
    const begin = Math.max(0, part.begin - trimmed);
    const end = Math.max(begin, part.end - trimmed);
    pieces.push(shown.slice(at, begin), mark(shown.slice(begin, end), part.isCurrent, begin));
    at = end;
  }
  pieces.push(shown.slice(at));
  return pieces;
}

function mark(text: string, isCurrent: boolean, key: number): ReactNode {
  return (
    <mark key={key} className={isCurrent ? styles["currentMatch"] : styles["match"]}>
      {text}
    </mark>
  );
}

function classNames(
  { tokens, newest, visible, whatIf }: TokenLineProps,
  index: number,
  { kind, text }: TokenAppearance,
  { isSelected, isMarked }: { readonly isSelected: boolean; readonly isMarked: boolean },
): string {
  let names = styles["token"] ?? "";
  const add = (name: string) => {
    names += ` ${styles[name] ?? ""}`;
  };
  const p = tokens.rawProb(index);
  if (p !== undefined && p < kUnlikelyProb) add(p < kSurprisingProb ? "surprising" : "unlikely");
  if (tokens.isPrompt(index)) add("prompt");
  if (kind === "control") add("control");
  if (kind === "bytes" || (kind === "part" && visible.bytes)) add("bytes");
  if ((kind === "part" && !visible.bytes) || text === "") add("part");
  if (tokens.hasFlag(index, kFlagNonFinite)) add("nonFinite");
  if (tokens.hasFlag(index, kFlagForced)) add("forced");
  if (whatIf?.outcome.isChanged(tokens.position(index)) === true) add("differing");
  if (isMarked) add("marked");
  if (isSelected) add("selected");
  if (newest === index) add("newest");
  return names;
}
