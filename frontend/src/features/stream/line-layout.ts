import { Growable } from "../../base/growable";

/** What the layout needs to know of a token's look. */
export interface TokenShape {
  /** The part before the first line end, and the part after the last one. */
  readonly headWidth: number;
  readonly tailWidth: number;
  readonly nLineEnds: number;
  /** Of one leading space, which is left out where a line begins. */
  readonly leadingSpaceWidth: number;
  readonly startsWord: boolean;
  readonly endsWord: boolean;
}

export interface ShapedTokens {
  readonly length: number;
  /** Tokens before this one never change their shape. */
  readonly settledLength: number;
  shape(index: number): TokenShape;
}

const kCanBreakBefore = 1;
const kEndsWord = 2;

/**
 * Breaks tokens into lines of a width, between words where it can. Every token
 * is measured once; new tokens touch only the last lines, and a new width goes
 * through plain arrays: about a nanosecond times a few for each token.
 */
export class LineLayout {
  readonly #headWidth = new Growable(Float32Array);
  readonly #tailWidth = new Growable(Float32Array);
  readonly #leadingSpace = new Growable(Float32Array);
  readonly #nLineEnds = new Growable(Uint8Array);
  readonly #flags = new Growable(Uint8Array);
  readonly #lineBegin = new Growable(Uint32Array);
  #width = 0;
  #settledLength = 0;

  /** Lines so far; at least one. */
  get lineCount(): number {
    return Math.max(1, this.#lineBegin.length);
  }

  get length(): number {
    return this.#headWidth.length;
  }

  update(tokens: ShapedTokens, width: number): void {
    const firstNew = Math.min(this.#settledLength, this.length);
    const isChanged = tokens.length > firstNew || this.length > firstNew;
    if (isChanged) this.#measure(tokens, firstNew);
    this.#settledLength = tokens.settledLength;
    if (width !== this.#width || this.#lineBegin.length === 0) {
      this.#width = width;
      this.#lineBegin.truncate(0);
      this.#lineBegin.push(0);
      this.#wrapFrom(0);
    } else if (isChanged) {
      this.#wrapFrom(this.#lastLineBefore(firstNew));
    }
  }

  begin(line: number): number {
    return this.#lineBegin.data[line] ?? 0;
  }

  end(line: number): number {
    return line + 1 < this.#lineBegin.length ? (this.#lineBegin.data[line + 1] ?? 0) : this.length;
  }

  /** True: the line follows a line end of the text; false: it was broken to fit. */
  followsLineEnd(line: number): boolean {
    const begin = this.begin(line);
    return begin === 0 || (this.#nLineEnds.data[begin - 1] ?? 0) > 0;
  }

  /** The line that holds the token. */
  lineOf(index: number): number {
    let low = 0;
    let high = this.#lineBegin.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#lineBegin.data[middle] ?? 0) <= index) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }

  /** Where on its line a token begins. */
  x(index: number): number {
    const line = this.lineOf(index);
    let x = this.#beginX(line);
    for (let i = this.begin(line); i < index; ++i) x += this.#headWidth.data[i] ?? 0;
    return x;
  }

  /** The token of a line at a distance from its left edge; undefined on an empty line. */
  tokenAt(line: number, x: number): number | undefined {
    const begin = this.begin(line);
    const end = this.end(line);
    if (begin === end) return undefined;
    let right = this.#beginX(line);
    for (let i = begin; i < end; ++i) {
      right += this.#headWidth.data[i] ?? 0;
      if (right > x) return i;
    }
    return end - 1;
  }

  #measure(tokens: ShapedTokens, from: number): void {
    const columns = [this.#headWidth, this.#tailWidth, this.#leadingSpace, this.#nLineEnds, this.#flags];
    for (const column of columns) column.truncate(from);
    for (let i = from; i < tokens.length; ++i) {
      const shape = tokens.shape(i);
      const previousEndsWord = i > 0 && ((this.#flags.data[i - 1] ?? 0) & kEndsWord) !== 0;
      this.#headWidth.push(shape.headWidth);
      this.#tailWidth.push(shape.tailWidth);
      this.#leadingSpace.push(shape.leadingSpaceWidth);
      this.#nLineEnds.push(Math.min(255, shape.nLineEnds));
      this.#flags.push(
        (shape.startsWord || previousEndsWord ? kCanBreakBefore : 0) | (shape.endsWord ? kEndsWord : 0),
      );
    }
  }

  /** Breaks anew from a line on, whose beginning stays. */
  #wrapFrom(line: number): void {
    this.#lineBegin.truncate(line + 1);
    const [width, nLineEnds, flags] = [this.#headWidth.data, this.#nLineEnds.data, this.#flags.data];
    const count = this.length;
    let begin = this.begin(line);
    let x = this.#beginX(line);
    let breakAt = begin;
    let breakX = x;
    for (let i = begin; i < count; ++i) {
      const w = width[i] ?? 0;
      if (((flags[i] ?? 0) & kCanBreakBefore) !== 0) {
        breakAt = i;
        breakX = x;
      }
      if (x + w > this.#width && i > begin) {
        const isWordBreak = breakAt > begin;
        begin = isWordBreak ? breakAt : i;
        x = (isWordBreak ? x - breakX : 0) - (this.#leadingSpace.data[begin] ?? 0);
        this.#lineBegin.push(begin);
        breakAt = begin;
      }
      x += w;
      for (let n = nLineEnds[i] ?? 0; n > 0; --n) {
        begin = i + 1;
        this.#lineBegin.push(begin);
        x = this.#tailWidth.data[i] ?? 0;
        breakAt = begin;
      }
    }
  }

  #beginX(line: number): number {
    const begin = this.begin(line);
    if (begin === 0) return 0;
    if (this.followsLineEnd(line)) return this.#tailWidth.data[begin - 1] ?? 0;
    return -(this.#leadingSpace.data[begin] ?? 0);
  }

  #lastLineBefore(index: number): number {
    let line = this.lineOf(index);
    while (line > 0 && this.begin(line) >= index) line -= 1;
    return line;
  }
}
