import { Growable } from "../../base/growable";
import type { TokenColumns } from "../../state/token-columns";
import { MinMaxPyramid } from "./min-max-pyramid";
import type { Track } from "./tracks";

/** Below this raw probability a token counts as a surprise, as in the stream. */
const kSurprisingProb = 0.05;
/** So many steps tell what is usual. */
const kUsualFrom = 64;
const kNatToBits = 1 / Math.LN2;

/** What is known of a stretch of steps. Undefined: the model did not give it. */
export interface Summary {
  readonly nTokens: number;
  readonly nPrompt: number;
  /** Of those tokens whose probability is known. */
  readonly meanSurprisal: number | undefined;
  readonly nWithSurprisal: number;
  readonly perplexity: number | undefined;
  /** From the time in the model of those tokens whose time is known. */
  readonly tokensPerSecond: number | undefined;
  readonly nWithTime: number;
}

/**
 * The numbers of a run as the timeline needs them: extremes of every track at
 * every zoom, and sums up to every step, so that a stretch is summed up by two
 * look-ups. Takes in what is new; every step once.
 */
export class RunProfile {
  readonly #tracks: readonly Track[];
  readonly #pyramids: readonly MinMaxPyramid[];
  readonly #surprises = new Growable(Uint32Array);
  readonly #surprisal = new Growable(Float64Array);
  readonly #nSurprisal = new Growable(Uint32Array);
  readonly #us = new Growable(Float64Array);
  readonly #nUs = new Growable(Uint32Array);
  readonly #nPrompt = new Growable(Uint32Array);
  #length = 0;
  #longestUs = 0;
  /** Of the first generated steps, until there are enough of them. */
  readonly #firstUs: number[] = [];
  #usualUs = 0;

  constructor(tracks: readonly Track[]) {
    this.#tracks = tracks;
    this.#pyramids = tracks.map(() => new MinMaxPyramid());
    for (const column of [this.#surprisal, this.#nSurprisal, this.#us, this.#nUs, this.#nPrompt])
      column.push(0);
  }

  get length(): number {
    return this.#length;
  }

  /** The median of the first generated steps' times; 0: none is known. */
  get usualUs(): number {
    return this.#usualUs;
  }

  get longestUs(): number {
    return this.#longestUs;
  }

  /** Indices of the surprising tokens, in order. */
  get surprises(): Uint32Array {
    return this.#surprises.view;
  }

  pyramid(track: number): MinMaxPyramid | undefined {
    return this.#pyramids[track];
  }

  update(tokens: TokenColumns): void {
    for (let index = this.#length; index < tokens.length; ++index) {
      for (const [at, track] of this.#tracks.entries()) this.#pyramids[at]?.push(track.value(tokens, index));
      this.#sum(tokens, index);
    }
    this.#length = tokens.length;
  }

  summary(begin: number, end: number): Summary {
    const over = (column: Growable<Float64Array> | Growable<Uint32Array>) =>
      (column.data[end] ?? 0) - (column.data[begin] ?? 0);
    const [nWithSurprisal, nWithTime] = [over(this.#nSurprisal), over(this.#nUs)];
    const us = over(this.#us);
    const mean = nWithSurprisal === 0 ? undefined : over(this.#surprisal) / nWithSurprisal;
    return {
      nTokens: end - begin,
      nPrompt: over(this.#nPrompt),
      meanSurprisal: mean,
      nWithSurprisal,
      perplexity: mean === undefined ? undefined : 2 ** mean,
      tokensPerSecond: us > 0 ? (nWithTime * 1e6) / us : undefined,
      nWithTime,
    };
  }

  #sum(tokens: TokenColumns, index: number): void {
    const logprob = tokens.rawLogprob(index);
    const us = tokens.decodeUs(index);
    const add = (column: Growable<Float64Array> | Growable<Uint32Array>, value: number) =>
      column.push((column.data[index] ?? 0) + value);
    add(this.#surprisal, logprob === undefined ? 0 : -logprob * kNatToBits);
    add(this.#nSurprisal, logprob === undefined ? 0 : 1);
    add(this.#us, us ?? 0);
    add(this.#nUs, us === undefined ? 0 : 1);
    add(this.#nPrompt, tokens.isPrompt(index) ? 1 : 0);
    if ((tokens.rawProb(index) ?? 1) < kSurprisingProb) this.#surprises.push(index);
    if (us !== undefined) this.#noteTime(us, tokens.isPrompt(index));
  }

  #noteTime(us: number, isPrompt: boolean): void {
    if (us > this.#longestUs) this.#longestUs = us;
    if (isPrompt || this.#firstUs.length >= kUsualFrom) return;
    this.#firstUs.push(us);
    this.#usualUs = this.#firstUs.toSorted((a, b) => a - b)[this.#firstUs.length >> 1] ?? us;
  }
}
