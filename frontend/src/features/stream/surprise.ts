import { spokenProbability } from "../../base/format";
import type { Measure } from "../../state/preferences";
import type { TokenColumns } from "../../state/token-columns";

/** Below this raw probability a token counts as a surprise. */
export const kSurprisingProb = 0.05;
export const kUnlikelyProb = 0.2;

/**
 * How much a token stands out by a measure: 0 (not at all) to 1. The domains are
 * fixed: probability 0 to 1, entropy and rank up to the size of the vocabulary.
 * Undefined: the measure is not known for this token.
 */
export function salience(
  tokens: TokenColumns,
  index: number,
  measure: Measure,
  nVocab: number,
): number | undefined {
  switch (measure) {
    case "rawProb":
      return fromProbability(tokens.rawProb(index));
    case "finalProb":
      return fromProbability(tokens.finalProb(index));
    case "entropy": {
      const bits = tokens.entropy(index);
      return bits === undefined ? undefined : Math.sqrt(bits / Math.log2(Math.max(2, nVocab)));
    }
    case "rank": {
      const rank = tokens.rank(index);
      return rank === undefined ? undefined : Math.log2(rank) / Math.log2(Math.max(2, nVocab));
    }
  }
}

function fromProbability(p: number | undefined): number | undefined {
  return p === undefined ? undefined : 1 - Math.sqrt(p);
}

/** The next token before (-1) or after (1) `from` that is a surprise; undefined: there is none. */
export function nextSurprise(tokens: TokenColumns, from: number, step: 1 | -1): number | undefined {
  for (let index = from + step; index >= 0 && index < tokens.length; index += step) {
    if ((tokens.rawProb(index) ?? 1) < kSurprisingProb) return index;
  }
  return undefined;
}

/** What a screen reader says of a token: "cat, 41 percent, rank 1, entropy 2.1 bits". */
export function spokenToken(tokens: TokenColumns, index: number): string {
  const p = tokens.rawProb(index);
  const rank = tokens.rank(index);
  const bits = tokens.entropy(index);
  const parts = [
    spokenText(tokens, index),
    p === undefined ? "probability not known" : spokenProbability(p),
    rank === undefined ? "" : `rank ${rank}`,
    bits === undefined ? "" : `entropy ${bits.toFixed(1)} bits`,
    tokens.isPrompt(index) ? "prompt" : "",
  ];
  return parts.filter((part) => part !== "").join(", ");
}

function spokenText(tokens: TokenColumns, index: number): string {
  const { kind, text } = tokens.appearance(index);
  if (kind === "control") return `control token ${text}`;
  if (kind === "part") return `part of a character, bytes ${text}`;
  if (kind === "bytes") return `bytes ${text}`;
  const words = text.trim();
  if (words !== "") return words;
  if (text.includes("\n")) return "new line";
  return text === "" ? "empty token" : "space";
}
