import type { TokenColumns } from "../../state/token-columns";
import type { LineLayout } from "./line-layout";
import { nextSurprise } from "./surprise";

/** Where the keyboard goes from. */
export interface Place {
  readonly tokens: TokenColumns;
  /** Where they end, the one that waits included. */
  readonly length: number;
  readonly layout: LineLayout;
  readonly from: number;
  readonly linesInSight: number;
}

export type Move = (place: Place) => number;

function byLines(count: (linesInSight: number) => number): Move {
  return ({ layout, from, linesInSight }) => {
    const step = Math.sign(count(linesInSight));
    const last = layout.lineCount - 1;
    let line = Math.min(last, Math.max(0, layout.lineOf(from) + count(linesInSight)));
    // Empty lines hold no token to select.
    while (line > 0 && line < last && layout.begin(line) === layout.end(line)) line += step;
    return layout.tokenAt(line, layout.x(from) + 1) ?? from;
  };
}

function toSurprise(step: 1 | -1): Move {
  return ({ tokens, from }) => nextSurprise(tokens, from, step) ?? from;
}

const kMoves: Readonly<Record<string, Move>> = {
  ArrowLeft: ({ from }) => Math.max(0, from - 1),
  ArrowRight: ({ length, from }) => Math.min(length - 1, from + 1),
  ArrowUp: byLines(() => -1),
  ArrowDown: byLines(() => 1),
  PageUp: byLines((lines) => 1 - Math.max(2, lines)),
  PageDown: byLines((lines) => Math.max(2, lines) - 1),
  Home: () => 0,
  End: ({ length }) => length - 1,
  "[": toSurprise(-1),
  "]": toSurprise(1),
};

/** What a key does in the stream; undefined: nothing. */
export function keyAction(key: string): Move | "open" | "leave" | undefined {
  if (key === "Enter") return "open";
  if (key === "Escape") return "leave";
  return kMoves[key];
}
