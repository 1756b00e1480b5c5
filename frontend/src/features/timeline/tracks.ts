import { formatBits, formatMicroseconds, formatProbability, kMissing } from "../../base/format";
import type { TokenColumns } from "../../state/token-columns";

/** What the domains of tracks depend on. */
export interface TrackContext {
  readonly nVocab: number;
  /** What a step usually takes, and the longest so far, in microseconds; 0: not known. */
  readonly usualUs: number;
  readonly longestUs: number;
  /** Probability and time by orders of magnitude. */
  readonly isLog: boolean;
}

/** One measure of every step, drawn over the whole run. */
export interface Track {
  readonly id: string;
  readonly label: string;
  /** The colour of its line: a custom property of timeline.module.css. */
  readonly colour: string;
  /** Lengths of its line's dashes and gaps; undefined: solid. */
  readonly dash?: readonly number[] | undefined;
  /** NaN: not known. */
  readonly value: (tokens: TokenColumns, index: number) => number;
  /** Where on its height a value is: 0 (bottom) to 1 (top). */
  readonly height: (value: number, context: TrackContext) => number;
  /** The values at the bottom and at the top. */
  readonly ends: (context: TrackContext) => readonly [string, string];
  readonly format: (value: number) => string;
}

/** Smaller probabilities are drawn at the bottom of the logarithmic scale. */
const kLeastProb = 1e-6;
const kDecades = -Math.log10(kLeastProb);
const kLeastUs = 10;
const kUsualTimes = 4;

const known = (value: number | undefined) => value ?? Number.NaN;
const clamp = (x: number) => Math.max(0, Math.min(1, x));
const orMissing = (format: (value: number) => string) => (value: number) =>
  Number.isNaN(value) ? kMissing : format(value);

/** 1, 2 or 5 times a power of ten: a domain that changes seldom, and only grows. */
export function roundedUp(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 2, 5, 10].find((step) => step * power >= value * (1 - 1e-9)) ?? 10;
  return factor * power;
}

/** A measure that is a probability, on its fixed scale. */
export function probabilityTrack(
  track: Pick<Track, "id" | "label" | "colour" | "value"> & Partial<Pick<Track, "dash">>,
): Track {
  return {
    ...track,
    height: (p, { isLog }) => clamp(isLog ? 1 + Math.log10(Math.max(kLeastProb, p)) / kDecades : p),
    ends: ({ isLog }) => [isLog ? "≤ 0.0001 %" : "0", "100 %"],
    format: orMissing(formatProbability),
  };
}

const kProbability = probabilityTrack({
  id: "probability",
  label: "Raw probability",
  colour: "--track-probability",
  value: (tokens, index) => known(tokens.rawProb(index)),
});

const kEntropy: Track = {
  id: "entropy",
  label: "Entropy",
  colour: "--track-entropy",
  value: (tokens, index) => known(tokens.entropy(index)),
  height: (bits, { nVocab }) => clamp(bits / Math.log2(Math.max(2, nVocab))),
  ends: ({ nVocab }) => ["0", `${Math.log2(Math.max(2, nVocab)).toFixed(1)} bits`],
  format: orMissing(formatBits),
};

/**
 * The time at the top: all of them on the logarithmic scale; else some times
 * the usual one, or a single slow step would press all others to the bottom.
 * Slower ones touch the top.
 */
function longestDrawn({ usualUs, longestUs, isLog }: TrackContext): number {
  const top = isLog ? longestUs : Math.min(longestUs, kUsualTimes * usualUs);
  return Math.max(2 * kLeastUs, roundedUp(top));
}

const kTime: Track = {
  id: "time",
  label: "Time per step",
  colour: "--track-time",
  value: (tokens, index) => known(tokens.decodeUs(index)),
  height: (us, context) => {
    const top = longestDrawn(context);
    return clamp(
      context.isLog ? Math.log(Math.max(kLeastUs, us) / kLeastUs) / Math.log(top / kLeastUs) : us / top,
    );
  },
  ends: (context) => {
    const top = longestDrawn(context);
    const isCut = context.longestUs > top;
    return [
      context.isLog ? `≤ ${formatMicroseconds(kLeastUs)}` : "0",
      `${isCut ? "≥ " : ""}${formatMicroseconds(top)}`,
    ];
  },
  format: orMissing(formatMicroseconds),
};

export const kTracks: readonly Track[] = [kProbability, kEntropy, kTime];
