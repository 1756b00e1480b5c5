import type { TokenColumns } from "../../../state/token-columns";
import { firstMatchAfter, type Matches } from "./find-matches";
import type { TextIndex } from "./text-index";

/** A part of a token's text that was found, as offsets into that text. */
export interface FoundPart {
  readonly begin: number;
  readonly end: number;
  readonly isCurrent: boolean;
}

export interface TokenRange {
  readonly first: number;
  readonly last: number;
}

/** What a search has found, in terms of tokens. */
export class FoundText {
  readonly index: TextIndex;
  readonly matches: Matches;

  constructor(index: TextIndex, matches: Matches) {
    this.index = index;
    this.matches = matches;
  }

  get count(): number {
    return this.matches.begins.length;
  }

  tokensOf(match: number): TokenRange {
    const begin = this.matches.begins[match] ?? 0;
    const end = this.matches.ends[match] ?? begin + 1;
    return { first: this.index.tokenAt(begin), last: this.index.tokenAt(end - 1) };
  }

  /** The first match at or after a token's beginning; the number of matches if there is none. */
  matchFrom(token: number): number {
    return firstMatchAfter(this.matches, this.index.offsetOf(token));
  }

  /** What of a token was found; `current` is the match that the person has gone to. */
  partsOf(tokens: TokenColumns, token: number, current: number | undefined): readonly FoundPart[] {
    const begin = this.index.offsetOf(token);
    const length = this.index.offsetOf(token + 1) - begin;
    if (length === 0 || tokens.length <= token) return kNoParts;
    const parts: FoundPart[] = [];
    for (let match = this.matchFrom(token); match < this.count; ++match) {
      const from = (this.matches.begins[match] ?? 0) - begin;
      if (from >= length) break;
      const to = (this.matches.ends[match] ?? 0) - begin;
      parts.push({ begin: Math.max(0, from), end: Math.min(length, to), isCurrent: match === current });
    }
    return parts.length === 0 ? kNoParts : parts;
  }
}

const kNoParts: readonly FoundPart[] = [];
