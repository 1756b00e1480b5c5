import { Growable } from "../../../base/growable";
import type { TokenColumns } from "../../../state/token-columns";

/**
 * The text of a run as it can be searched, and which token shows which part of
 * it. Control tokens are in it, since they are seen; parts of a character
 * are not, since another token shows the character. Grows with the run.
 */
export class TextIndex {
  readonly #begin = new Growable(Uint32Array);
  #text = "";

  get text(): string {
    return this.#text;
  }

  /** Takes in tokens up to `length`; those that may still look different stay out. */
  update(tokens: TokenColumns, length: number): void {
    let added = "";
    for (let index = this.#begin.length; index < length; ++index) {
      this.#begin.push(this.#text.length + added.length);
      const { kind, text } = tokens.appearance(index);
      if (kind !== "part") added += text;
    }
    this.#text += added;
  }

  /** Where in the text a token begins; the text's end for tokens that are not in it. */
  offsetOf(token: number): number {
    return token < this.#begin.length ? (this.#begin.data[token] ?? 0) : this.#text.length;
  }

  /** The token that shows the character at an offset. */
  tokenAt(offset: number): number {
    let low = 0;
    let high = this.#begin.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#begin.data[middle] ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }
}
