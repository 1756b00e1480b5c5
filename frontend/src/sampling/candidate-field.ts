import type { RecordedStep } from "./recorded-step";

/** Raised where nothing can be said any more; the message says why. */
export class NotComputable extends Error {}

/** How far the engine's sums of 32-bit floats may be from ours. */
const kRounding = 2e-6;
const kRoundingOfManyTokens = 3e-5;
/** Of the recorded mass of the tail, relative to the whole. */
const kTailMassRounding = 1e-7;

/**
 * The array of candidates that the engine's stages work on, as far as it is
 * known: recorded candidates one by one (`entries`), all others (the tail) by
 * bounds on their number, their mass and their highest logit. Weights are
 * exp(logit - reference). Made once and loaded for every step; allocates nothing
 * while it is worked on. No stage's rules are in here.
 */
export class CandidateField {
  count = 0;
  readonly ids: Int32Array;
  readonly logits: Float64Array;
  /** Index among the recorded candidates. */
  readonly slots: Int32Array;
  /** 1: the entry may have been removed, that is not known. */
  readonly maybe: Uint8Array;
  /** By recorded candidate: the stage that removed it, or -1. */
  readonly removedBy: Int32Array;
  /** The engine's own mark: it believes the array to be sorted. */
  isSorted = false;
  /** The engine's array is in the order of ids, whatever the order of the entries. */
  isById = true;
  /** False: whether the engine's array is sorted depends on what is not known. */
  isOrderKnown = true;
  /** No logit has been changed and nothing been removed. */
  isUntouched = true;
  reference = 0;
  tail = { nLow: 0, nHigh: 0, massLow: 0, massHigh: 0, maxLogit: Number.NEGATIVE_INFINITY };
  /** Members of the engine's array with a logit of minus infinity that are not among the entries. */
  nMasked = 0;
  /** Why something is not exact, in words: the first reason. */
  reason: string | undefined;

  constructor(capacity: number) {
    this.ids = new Int32Array(capacity);
    this.logits = new Float64Array(capacity);
    this.slots = new Int32Array(capacity);
    this.maybe = new Uint8Array(capacity);
    this.removedBy = new Int32Array(capacity);
  }

  load(step: RecordedStep): void {
    this.count = step.count;
    for (let i = 0; i < step.count; ++i) {
      this.ids[i] = step.ids[i] ?? 0;
      this.logits[i] = step.logits[i] ?? 0;
      this.slots[i] = i;
    }
    this.maybe.fill(0, 0, step.count);
    this.removedBy.fill(-1, 0, step.count);
    this.isSorted = false;
    this.isById = true;
    this.isOrderKnown = true;
    this.isUntouched = true;
    this.reason = undefined;
    this.reference = step.logits[0] ?? 0;
    this.nMasked = step.nNonFinite;
    const n = Math.max(0, step.nVocab - step.nNonFinite - step.count);
    const whole = Math.exp(step.logSumExp - this.reference);
    const mass = n === 0 ? 0 : step.tailMass * whole;
    this.tail.nLow = n;
    this.tail.nHigh = n;
    this.tail.massLow = Math.max(0, mass - kTailMassRounding * whole);
    this.tail.massHigh = n === 0 ? 0 : mass + kTailMassRounding * whole;
    this.tail.maxLogit = step.logits[step.nTop - 1] ?? Number.NEGATIVE_INFINITY;
  }

  get hasTail(): boolean {
    return this.tail.nHigh > 0;
  }

  get rounding(): number {
    return this.tail.nHigh > 2000 ? kRoundingOfManyTokens : kRounding;
  }

  get hasMaybe(): boolean {
    for (let i = 0; i < this.count; ++i) if (this.maybe[i] === 1) return true;
    return false;
  }

  logit(index: number): number {
    return this.logits[index] ?? Number.NEGATIVE_INFINITY;
  }

  weight(index: number): number {
    return Math.exp(this.logit(index) - this.reference);
  }

  isMaybe(index: number): boolean {
    return this.maybe[index] === 1;
  }

  /** The engine's size of the array, members at minus infinity included. */
  get size(): { readonly low: number; readonly high: number } {
    let nMaybe = 0;
    for (let i = 0; i < this.count; ++i) nMaybe += this.maybe[i] ?? 0;
    const known = this.count + this.nMasked;
    return { low: known - nMaybe + this.tail.nLow, high: known + this.tail.nHigh };
  }

  /** Candidates with a finite logit. */
  get finite(): { readonly low: number; readonly high: number } {
    let low = 0;
    let high = 0;
    for (let i = 0; i < this.count; ++i) {
      if (this.logit(i) === Number.NEGATIVE_INFINITY) continue;
      high += 1;
      if (this.maybe[i] === 0) low += 1;
    }
    return { low: low + this.tail.nLow, high: high + this.tail.nHigh };
  }

  /** Bounds of the sum of all weights. */
  get total(): { readonly low: number; readonly high: number } {
    let certain = 0;
    let possible = 0;
    for (let i = 0; i < this.count; ++i) {
      const weight = this.weight(i);
      possible += weight;
      if (this.maybe[i] === 0) certain += weight;
    }
    return { low: certain + this.tail.massLow, high: possible + this.tail.massHigh };
  }

  /** How many entries in front are there for certain, and before everything that is not recorded. */
  get certainHead(): number {
    let index = 0;
    while (
      index < this.count &&
      this.maybe[index] === 0 &&
      !(this.hasTail && this.logit(index) < this.tail.maxLogit)
    ) {
      index += 1;
    }
    return index;
  }

  /** The entry with the highest logit, the first of equals in the engine's order. */
  top(): number {
    let best = -1;
    for (let i = 0; i < this.count; ++i) {
      if (best < 0 || this.logit(i) > this.logit(best)) best = i;
      else if (
        this.isById &&
        this.logit(i) === this.logit(best) &&
        (this.ids[i] ?? 0) < (this.ids[best] ?? 0)
      )
        best = i;
    }
    if (best < 0 || this.isMaybe(best) || (this.hasTail && this.logit(best) < this.tail.maxLogit)) {
      throw new NotComputable("The most probable candidate is not among the recorded ones.");
    }
    return best;
  }

  because(reason: string): void {
    this.reason ??= reason;
  }

  /** Highest logit first, as the engine does where it does not believe the array sorted. */
  sort(): void {
    if (this.isSorted) return;
    this.#arrange((a, b) => this.logit(a) < this.logit(b));
    this.isSorted = true;
    this.isById = false;
    this.isOrderKnown = true;
  }

  /** Puts the entries into the order of the engine's array; only where nothing else is in it. */
  arrangeAsInArray(): void {
    if (this.isById) this.#arrange((a, b) => (this.ids[a] ?? 0) > (this.ids[b] ?? 0));
    this.isById = false;
  }

  /** Leaves the entries for which `keeps` holds. */
  filter(stage: number, keeps: (index: number) => boolean): void {
    this.isUntouched = false;
    let kept = 0;
    for (let i = 0; i < this.count; ++i) {
      if (keeps(i)) {
        if (kept !== i) this.#copy(i, kept);
        kept += 1;
      } else if (this.logit(i) !== Number.NEGATIVE_INFINITY) {
        this.removedBy[this.slots[i] ?? 0] = stage;
      }
    }
    this.count = kept;
  }

  /** Cuts the array off behind `length` entries, and all of the tail. */
  cut(stage: number, length: number): void {
    for (let i = length; i < this.count; ++i) {
      if (this.logit(i) !== Number.NEGATIVE_INFINITY) this.removedBy[this.slots[i] ?? 0] = stage;
    }
    this.count = Math.min(this.count, length);
    this.dropTail();
    this.nMasked = 0;
  }

  dropTail(): void {
    this.isUntouched = false;
    const { tail } = this;
    tail.nLow = tail.nHigh = tail.massLow = tail.massHigh = 0;
    tail.maxLogit = Number.NEGATIVE_INFINITY;
  }

  /** Takes a candidate's chance, but leaves it in the array. */
  mask(stage: number, index: number): void {
    if (this.logit(index) === Number.NEGATIVE_INFINITY) return;
    this.logits[index] = Number.NEGATIVE_INFINITY;
    this.removedBy[this.slots[index] ?? 0] = stage;
  }

  maskTail(): void {
    this.nMasked += this.tail.nHigh;
    this.dropTail();
  }

  /** The entries in the order of `order`, which names each at most once. */
  reorder(order: readonly number[]): void {
    const copies = order.map(
      (i) => [this.ids[i] ?? 0, this.logit(i), this.slots[i] ?? 0, this.maybe[i] ?? 0] as const,
    );
    for (const [index, [id, logit, slot, maybe]] of copies.entries())
      this.#put(index, id, logit, slot, maybe);
    this.count = copies.length;
  }

  /** Insertion sort: the entries come nearly sorted. */
  #arrange(isAfter: (a: number, b: number) => boolean): void {
    for (let i = 1; i < this.count; ++i) {
      for (let j = i; j > 0 && isAfter(j - 1, j); --j) this.#swap(j - 1, j);
    }
  }

  #copy(from: number, to: number): void {
    this.#put(to, this.ids[from] ?? 0, this.logit(from), this.slots[from] ?? 0, this.maybe[from] ?? 0);
  }

  #put(index: number, id: number, logit: number, slot: number, maybe: number): void {
    this.ids[index] = id;
    this.logits[index] = logit;
    this.slots[index] = slot;
    this.maybe[index] = maybe;
  }

  #swap(a: number, b: number): void {
    const id = this.ids[a] ?? 0;
    const logit = this.logit(a);
    const slot = this.slots[a] ?? 0;
    const maybe = this.maybe[a] ?? 0;
    this.#copy(b, a);
    this.#put(b, id, logit, slot, maybe);
  }
}
