// The choosing stages, with the rules of llama.cpp 0.5.0.
import type { CandidateField } from "./candidate-field";
import { NotComputable } from "./candidate-field";
import type { WouldBeToken } from "./what-if";

/** How far the engine's running sum may be from ours, relative to the whole. */
const kMargin = 3e-7;

/** The entry that greedy takes: the first of the most probable ones in the array's order. */
export function greedyChoice(field: CandidateField): number {
  const top = field.top();
  if (field.hasTail && field.logit(top) === field.tail.maxLogit) {
    throw new NotComputable("Two candidates share the highest logit.");
  }
  return top;
}

/** The first candidate, in the order of the engine's array, at which the running sum reaches `draw` of the whole. */
export function drawFrom(field: CandidateField, draw: number): WouldBeToken {
  if (field.isById && field.hasTail) {
    return undetermined("No stage sorts, so the draw runs by id through tokens that were not recorded.");
  }
  if (!field.isOrderKnown) return undetermined("Whether the candidates were sorted depends on XTC’s dice.");
  field.arrangeAsInArray();
  const { low, high } = field.total;
  const margin = kMargin * high;
  const least = draw * low - margin;
  const most = draw * high + margin;
  const head = field.hasTail ? field.certainHead : field.count;
  // Bounds of the running sum before the entry.
  let sumLow = 0;
  let sumHigh = 0;
  for (let i = 0; i < head; ++i) {
    const weight = field.weight(i);
    if (weight === 0) continue;
    const isReached = sumHigh === 0 || sumHigh < least;
    const isLast = i + 1 === field.count && !field.hasTail;
    if (!field.isMaybe(i) && (sumLow + weight >= most || isLast)) {
      if (!isReached) return atBorder(field);
      return isTied(field, i) ? atTie() : { kind: "token", id: field.ids[i] ?? -1 };
    }
    if (sumHigh + weight >= least) return atBorder(field);
    if (!field.isMaybe(i)) sumLow += weight;
    sumHigh += weight;
  }
  if (field.hasTail && head === field.count) return { kind: "unrecorded" };
  return undetermined("The draw falls among tokens that were not recorded.");
}

/** The order of equal candidates is the engine's sorting's secret, unless it is that of ids. */
function isTied(field: CandidateField, index: number): boolean {
  if (!field.isSorted) return false;
  const logit = field.logit(index);
  return (
    (index > 0 && field.logit(index - 1) === logit) ||
    (index + 1 < field.count && field.logit(index + 1) === logit)
  );
}

function atBorder(field: CandidateField): WouldBeToken {
  return undetermined(
    field.reason ?? "The draw falls on the border between two candidates, where rounding decides.",
  );
}

function atTie(): WouldBeToken {
  return undetermined("Two candidates with the same logit share the place of the draw.");
}

function undetermined(reason: string): WouldBeToken {
  return { kind: "undetermined", reason };
}
