import { formatMicroseconds, spokenProbability } from "../../base/format";
import { withVisibleControls } from "../../base/visible-text";
import type { Measure } from "../../state/preferences";
import type { TokenColumns } from "../../state/token-columns";

/** Below this raw probability a token counts as a surprise. */
export const kSurprisingProb = 0.05;
export const kUnlikelyProb = 0.2;

/** A step that took so many times the usual time stands out most. */
const kSlowestTimes = 8;
const kUsualFrom = 64;
/** How far to look for them. */
const kUsualWithin = 256;

/** What measures are held against. The domains don't change while a run grows. */
export interface TintScale {
  readonly nVocab: number;
  /** What a step of this run usually takes; undefined: not known yet. */
  readonly usualUs: number | undefined;
}

/**
 * How much a token stands out by a measure: 0 (not at all) to 1. Probability
 * goes from 1 to 0, entropy and rank up to the size of the vocabulary, time from
 * the run's usual step to eight times that. Undefined: not known for this token.
 */
export function salience(
  tokens: TokenColumns,
  index: number,
  measure: Measure,
  scale: TintScale,
): number | undefined {
  const nVocab = Math.max(2, scale.nVocab);
  switch (measure) {
    case "rawProb":
      return fromProbability(tokens.rawProb(index));
    case "finalProb":
      return fromProbability(tokens.finalProb(index));
    case "entropy": {
      const bits = tokens.entropy(index);
      return bits === undefined ? undefined : Math.sqrt(bits / Math.log2(nVocab));
    }
    case "rank": {
      const rank = tokens.rank(index);
      return rank === undefined ? undefined : Math.log2(rank) / Math.log2(nVocab);
    }
    case "time": {
      const us = tokens.decodeUs(index);
      if (us === undefined || us <= 0 || scale.usualUs === undefined) return undefined;
      return Math.max(0, Math.log2(us / scale.usualUs) / Math.log2(kSlowestTimes));
    }
  }
}

function fromProbability(p: number | undefined): number | undefined {
  return p === undefined ? undefined : 1 - Math.sqrt(p);
}

/** The median time of the first generated steps. */
export function usualStepUs(tokens: TokenColumns, nPrompt: number): number | undefined {
  const times: number[] = [];
  const end = Math.min(tokens.length, nPrompt + kUsualWithin);
  for (let index = nPrompt; index < end && times.length < kUsualFrom; ++index) {
    const us = tokens.decodeUs(index);
    if (us !== undefined && us > 0) times.push(us);
  }
  times.sort((a, b) => a - b);
  return times[times.length >> 1];
}

/** The next token before (-1) or after (1) `from` that is a surprise; undefined: there is none. */
export function nextSurprise(tokens: TokenColumns, from: number, step: 1 | -1): number | undefined {
  for (let index = from + step; index >= 0 && index < tokens.length; index += step) {
    if ((tokens.rawProb(index) ?? 1) < kSurprisingProb) return index;
  }
  return undefined;
}

/** What a screen reader says of a token: "cat, 41 percent, rank 1, entropy 2.1 bits". */
export function spokenToken(tokens: TokenColumns, index: number, measure: Measure = "rawProb"): string {
  const p = tokens.rawProb(index);
  const rank = tokens.rank(index);
  const bits = tokens.entropy(index);
  let spoken = `${spokenText(tokens, index)}, ${p === undefined ? "probability not known" : spokenProbability(p)}`;
  if (rank !== undefined) spoken += `, rank ${rank}`;
  if (bits !== undefined) spoken += `, entropy ${bits.toFixed(1)} bits`;
  if (measure === "time") spoken += spokenTime(tokens.decodeUs(index));
  if (tokens.isPrompt(index)) spoken += ", prompt";
  return spoken;
}

function spokenTime(us: number | undefined): string {
  return us === undefined ? ", time not known" : `, ${formatMicroseconds(us)}`;
}

function spokenText(tokens: TokenColumns, index: number): string {
  const { kind, text } = tokens.appearance(index);
  if (kind === "control") return `control token ${text}`;
  if (kind === "part") return `part of a character, bytes ${text}`;
  if (kind === "bytes") return `bytes ${text}`;
  const words = withVisibleControls(text.trim());
  if (words !== "") return words;
  if (text.includes("\n")) return "new line";
  return text === "" ? "empty token" : "space";
}
