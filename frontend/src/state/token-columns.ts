import type { Position } from "../base/brand";
import { asPosition } from "../base/brand";
import { Growable } from "../base/growable";
import { decodeWithEscapes, scanCharacter } from "../base/utf8";
import { kFlagControl, kFlagPrompt, type StepColumns, type WatchedColumn } from "../connection/step-columns";

/** How a token appears in the text. */
export type TokenAppearance =
  | { readonly kind: "text"; readonly text: string }
  /** A control token: a sign for the model, no text. */
  | { readonly kind: "control"; readonly text: string }
  /** Bytes that make no character, as \xHH. */
  | { readonly kind: "bytes"; readonly text: string }
  /** The first part of a character that a later token completes and shows. */
  | { readonly kind: "part"; readonly text: string };

const kNothingPending = -1;

interface WatchedValues {
  readonly rawProb: Growable<Float32Array<ArrayBuffer>>;
  readonly bestRank: Growable<Uint32Array<ArrayBuffer>>;
}

/**
 * The tokens of a run, one typed array per measure, and the text they make.
 * A character that is spread over several tokens is shown by the token that
 * completes it. Only grows; owned by its run record, read by components.
 */
export class TokenColumns {
  readonly #position = new Growable(Uint32Array);
  readonly #id = new Growable(Int32Array);
  readonly #rawLogprob = new Growable(Float32Array);
  readonly #finalProb = new Growable(Float32Array);
  readonly #rank = new Growable(Uint32Array);
  readonly #entropy = new Growable(Float32Array);
  readonly #decodeUs = new Growable(Float32Array);
  readonly #flags = new Growable(Uint8Array);
  readonly #bytes = new Growable(Uint8Array, 4096);
  readonly #byteEnd = new Growable(Uint32Array);
  // The range of bytes that each token shows.
  readonly #shownBegin = new Growable(Uint32Array);
  readonly #shownEnd = new Growable(Uint32Array);
  /** Where a character begins that has not ended yet. */
  #pendingByte = kNothingPending;
  readonly #watched = new Map<string, WatchedValues>();
  readonly #textOfId = new Map<number, TokenAppearance>();

  get length(): number {
    return this.#position.length;
  }

  /** Tokens before this one never look different again; later ones may wait for a character's end. */
  get settledLength(): number {
    return this.#pendingByte === kNothingPending ? this.length : this.#tokenWithByte(this.#pendingByte);
  }

  append(steps: StepColumns): void {
    const firstByte = this.#bytes.length;
    const before = this.length;
    this.#position.append(steps.position);
    this.#id.append(steps.id);
    this.#rawLogprob.append(steps.rawLogprob);
    this.#finalProb.append(steps.finalProb);
    this.#rank.append(steps.rank);
    this.#entropy.append(steps.entropy);
    this.#decodeUs.append(steps.decodeUs);
    this.#flags.append(steps.flags);
    this.#bytes.append(steps.bytes);
    for (const end of steps.byteEnd) this.#appendShown(firstByte + end);
    for (const column of steps.watched ?? []) this.#appendWatched(column, before);
  }

  /** The watches of which something was recorded, by their keys. */
  get watchKeys(): readonly string[] {
    return [...this.#watched.keys()];
  }

  /** Raw probability of a watch's tokens together; undefined: it was not followed then. */
  watchedProb(key: string, index: number): number | undefined {
    const column = this.#watched.get(key);
    return column === undefined || index >= column.rawProb.length
      ? undefined
      : this.#known(column.rawProb, index);
  }

  watchedRank(key: string, index: number): number | undefined {
    const column = this.#watched.get(key)?.bestRank;
    return column === undefined || index >= column.length ? undefined : column.data[index] || undefined;
  }

  position(index: number): Position {
    return asPosition(this.#position.data[index] ?? 0);
  }

  /** The ids of all tokens; valid until more come. */
  get ids(): Int32Array {
    return this.#id.view;
  }

  id(index: number): number {
    return this.#id.data[index] ?? -1;
  }

  rawProb(index: number): number | undefined {
    const logprob = this.#known(this.#rawLogprob, index);
    return logprob === undefined ? undefined : Math.exp(logprob);
  }

  rawLogprob(index: number): number | undefined {
    return this.#known(this.#rawLogprob, index);
  }

  finalProb(index: number): number | undefined {
    return this.#known(this.#finalProb, index);
  }

  entropy(index: number): number | undefined {
    return this.#known(this.#entropy, index);
  }

  rank(index: number): number | undefined {
    const rank = this.#rank.data[index] ?? 0;
    return rank === 0 ? undefined : rank;
  }

  /** Time in the model, microseconds; a prompt token's is its share. Undefined: not decoded for itself. */
  decodeUs(index: number): number | undefined {
    return this.#known(this.#decodeUs, index);
  }

  hasFlag(index: number, flag: number): boolean {
    return ((this.#flags.data[index] ?? 0) & flag) !== 0;
  }

  isPrompt(index: number): boolean {
    return this.hasFlag(index, kFlagPrompt);
  }

  /** The token at a position of the sequence; undefined if it has not come. */
  indexOf(position: Position): number | undefined {
    const index = position - (this.#position.data[0] ?? 0);
    return index >= 0 && index < this.length ? index : undefined;
  }

  appearance(index: number): TokenAppearance {
    const begin = this.#shownBegin.data[index] ?? 0;
    const end = this.#shownEnd.data[index] ?? begin;
    const ownBegin = index === 0 ? 0 : (this.#byteEnd.data[index - 1] ?? 0);
    const ownEnd = this.#byteEnd.data[index] ?? ownBegin;
    if (begin !== ownBegin || end !== ownEnd) return this.#splitAppearance(begin, end, ownBegin, ownEnd);
    const known = this.#textOfId.get(this.id(index));
    if (known !== undefined) return known;
    const made = this.#wholeAppearance(index, begin, end);
    this.#textOfId.set(this.id(index), made);
    return made;
  }

  /** The text that the tokens from `begin` to `end` show; control tokens show none. */
  text(begin: number, end: number): string {
    let text = "";
    for (let index = begin; index < end; ++index) {
      const appearance = this.appearance(index);
      if (appearance.kind === "text" || appearance.kind === "bytes") text += appearance.text;
    }
    return text;
  }

  /** A token that shows exactly its own bytes. */
  #wholeAppearance(index: number, begin: number, end: number): TokenAppearance {
    const bytes = this.#bytes.data.subarray(begin, end);
    const text = decodeWithEscapes(bytes);
    if (this.hasFlag(index, kFlagControl))
      return { kind: "control", text: text || `token ${this.id(index)}` };
    const isBroken = bytes.length > 0 && scanCharacter(bytes, 0, bytes.length).kind !== "character";
    return { kind: isBroken ? "bytes" : "text", text };
  }

  /** A token that shares a character with its neighbours. */
  #splitAppearance(begin: number, end: number, ownBegin: number, ownEnd: number): TokenAppearance {
    const isUnfinished = this.#pendingByte !== kNothingPending && ownEnd > this.#pendingByte;
    const shown = decodeWithEscapes(this.#bytes.data.subarray(begin, end));
    if (isUnfinished) {
      const rest = decodeWithEscapes(this.#bytes.data.subarray(Math.max(end, ownBegin), ownEnd));
      return { kind: shown === "" ? "bytes" : "text", text: shown + rest };
    }
    if (shown !== "") return { kind: "text", text: shown };
    return { kind: "part", text: decodeWithEscapes(this.#bytes.data.subarray(ownBegin, ownEnd)) };
  }

  #appendShown(ownEnd: number): void {
    const ownBegin = this.#byteEnd.length === 0 ? 0 : (this.#byteEnd.data[this.#byteEnd.length - 1] ?? 0);
    this.#byteEnd.push(ownEnd);
    let begin = ownBegin;
    if (this.#pendingByte !== kNothingPending && ownEnd > ownBegin) {
      const scan = scanCharacter(this.#bytes.data, this.#pendingByte, ownEnd);
      if (scan.kind === "incomplete") {
        this.#pushShown(ownBegin, ownBegin);
        return;
      }
      if (scan.kind === "character") begin = this.#pendingByte;
      else this.#giveBackPending();
      this.#pendingByte = kNothingPending;
    }
    const end = ownEnd > ownBegin ? this.#endOfWholeCharacters(begin, ownEnd) : ownBegin;
    if (end < ownEnd) this.#pendingByte = end;
    this.#pushShown(begin, end);
  }

  /** A watch that began late, or paused, has a gap there. */
  #appendWatched({ key, rawProb, bestRank }: WatchedColumn, before: number): void {
    const column = this.#watched.get(key) ?? {
      rawProb: new Growable(Float32Array),
      bestRank: new Growable(Uint32Array),
    };
    this.#watched.set(key, column);
    while (column.rawProb.length < before) {
      column.rawProb.push(Number.NaN);
      column.bestRank.push(0);
    }
    column.rawProb.append(rawProb);
    column.bestRank.append(bestRank);
  }

  #pushShown(begin: number, end: number): void {
    this.#shownBegin.push(begin);
    this.#shownEnd.push(end);
  }

  /** Up to where [begin, end) holds characters or bytes that can't become one. */
  #endOfWholeCharacters(begin: number, end: number): number {
    let at = begin;
    while (at < end) {
      const scan = scanCharacter(this.#bytes.data, at, end);
      if (scan.kind === "incomplete") return at;
      at += scan.kind === "character" ? scan.length : 1;
    }
    return end;
  }

  /** The bytes waiting for a character's end make none: each token shows its own again. */
  #giveBackPending(): void {
    for (let index = this.#tokenWithByte(this.#pendingByte); index < this.#shownEnd.length; ++index) {
      this.#shownEnd.set(index, this.#byteEnd.data[index] ?? 0);
    }
  }

  #tokenWithByte(byte: number): number {
    let index = this.#byteEnd.length;
    while (index > 0 && (this.#byteEnd.data[index - 1] ?? 0) > byte) index -= 1;
    return index;
  }

  #known(column: Growable<Float32Array<ArrayBuffer>>, index: number): number | undefined {
    const value = column.data[index];
    return value === undefined || Number.isNaN(value) ? undefined : value;
  }
}
