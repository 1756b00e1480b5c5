// What is looked for, and where it is: plain functions, run in a worker.

export interface FindQuery {
  readonly text: string;
  readonly isPattern: boolean;
  readonly matchesCase: boolean;
}

/** Places in a text, as offsets: match i is [begins[i], ends[i]), in order, never overlapping. */
export interface Matches {
  readonly begins: Uint32Array;
  readonly ends: Uint32Array;
  /** There are more than are listed. */
  readonly isCut: boolean;
}

export type FindAnswer =
  | { readonly kind: "found"; readonly matches: Matches }
  | { readonly kind: "badPattern"; readonly message: string }
  /** The pattern took so long that it was stopped. */
  | { readonly kind: "tooSlow" };

export const kMostMatches = 100_000;

const kSpecial = /[\\^$.*+?()[\]{}|/]/g;

export function findMatches(text: string, query: FindQuery, atMost = kMostMatches): FindAnswer {
  let pattern: RegExp;
  try {
    pattern = patternOf(query);
  } catch (error) {
    return { kind: "badPattern", message: error instanceof Error ? error.message : String(error) };
  }
  const begins: number[] = [];
  const ends: number[] = [];
  let match = pattern.exec(text);
  while (match !== null && begins.length < atMost) {
    const length = match[0].length;
    // Nothing is nowhere to be shown: a match without a character is passed over.
    if (length === 0) pattern.lastIndex += 1;
    else {
      begins.push(match.index);
      ends.push(match.index + length);
    }
    match = pattern.exec(text);
  }
  const matches = { begins: Uint32Array.from(begins), ends: Uint32Array.from(ends), isCut: match !== null };
  return { kind: "found", matches };
}

function patternOf({ text, isPattern, matchesCase }: FindQuery): RegExp {
  const source = isPattern ? text : text.replace(kSpecial, "\\$&");
  return new RegExp(source, matchesCase ? "gmu" : "gimu");
}

/** The first match that ends after `offset`; the number of matches if none does. */
export function firstMatchAfter({ ends }: Matches, offset: number): number {
  let low = 0;
  let high = ends.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ends[middle] ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
