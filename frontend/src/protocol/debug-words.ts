// Breakpoints and what they wait for, in words.
import { formatProbability, plural } from "../base/format";
import { quoted } from "../base/visible-text";
import type { Breakpoint, Condition } from "./debug-types";
import type { SamplerStage } from "./types";
import { formatParameter, stageName } from "./words";

interface WordContext {
  /** Texts of tokens by their ids, as far as they are known. */
  readonly labels?: Readonly<Record<number, string>> | undefined;
  /** The chain whose stages a condition points at; undefined: not known. */
  readonly sampler?: readonly SamplerStage[] | undefined;
}

/** As the end of “stops when …”. */
export function conditionWords(condition: Condition, context: WordContext = {}): string {
  const { kind, text = "", n = 0, threshold = 0 } = condition;
  switch (kind) {
    case "tokenIs":
      return `the token is ${tokenWords(condition, context)}`;
    case "textMatches":
      return `the text ${quoted(text)} is completed`;
    case "patternMatches":
      return `the text matches /${text}/`;
    case "rawProbBelow":
      return `raw probability is below ${formatProbability(threshold)}`;
    case "finalProbBelow":
      return `final probability is below ${formatProbability(threshold)}`;
    case "entropyAbove":
      return `entropy is above ${formatParameter(threshold)} bits`;
    case "rankAbove":
      return `rank is above ${n}`;
    case "stageRemovedTop":
      return `${stageWords(condition, context)} removed the most probable candidate`;
    case "nearTie":
      return `the two best differ by less than ${formatProbability(threshold)} of final probability`;
    case "tokenInTop":
      return `${tokenWords(condition, context)} is among the ${n} most probable`;
    case "repetition":
      return `the newest ${plural(n, "token")} repeat the ${n} before`;
    case "endOfTextAbove":
      return `ending the text has more than ${formatProbability(threshold)}`;
    case "positionIs":
      return `position ${n} is reached`;
    case "everyNth":
      return n === 1 ? "any token is generated" : `${n} more tokens are generated`;
    case "unknown":
      return "a condition holds that this page does not know";
  }
}

/** All conditions of a breakpoint, as the end of “stops when …”. */
export function breakpointWords({ conditions }: Breakpoint, context: WordContext = {}): string {
  return conditions.map((condition) => conditionWords(condition, context)).join(" and ");
}

function tokenWords({ ids = [] }: Condition, { labels = {} }: WordContext): string {
  const names = ids.map((id) => {
    const label = labels[id];
    return label === undefined ? `token ${id}` : quoted(label);
  });
  return names.length === 1 ? (names[0] ?? "") : `one of ${names.join(", ")}`;
}

function stageWords({ stage }: Condition, { sampler }: WordContext): string {
  if (stage === undefined) return "a sampler stage";
  const known = sampler?.[stage];
  return known === undefined ? `sampler stage ${stage + 1}` : stageName(known.kind);
}
