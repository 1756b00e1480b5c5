// The stages that cut candidates off, with the rules of llama.cpp 0.5.0.
import { type CandidateField, NotComputable } from "./candidate-field";
import type { ReadyStage } from "./chain";

const beyond = (what: string, field: CandidateField) =>
  `${what} reaches beyond the ${field.count} recorded candidates.`;
/** Half of the last bit of a 32-bit float just below 1. */
const kHalfUnit = 2 ** -25;
const kAtTheEdge = "A candidate lies so close to a stage’s limit that rounding decides.";
const kTied = "Two candidates at a stage’s limit have the same logit.";

export function shortNumber(value: number): string {
  return String(Number(value.toPrecision(6)));
}

export function topK(
  field: CandidateField,
  { k }: ReadyStage,
  stage: number,
  rank: number | undefined,
): void {
  if (k <= 0) return;
  field.sort();
  if (k >= field.size.high) return;
  const certain = field.certainHead;
  if (k <= certain) {
    const edge = field.logit(k - 1);
    if (k < field.count && field.logit(k) === edge && edge !== Number.NEGATIVE_INFINITY)
      cutThroughTie(field, k, stage);
    else field.cut(stage, k);
    return;
  }
  field.because(beyond(`top-k ${k}`, field));
  const untouched = field.isUntouched;
  if (!field.hasTail) {
    field.filter(stage, (index) => index < k || field.isMaybe(index) || index < k + field.count - certain);
    for (let i = Math.min(k, certain); i < field.count; ++i) field.maybe[i] = 1;
    return;
  }
  const { tail } = field;
  if (untouched && rank !== undefined) {
    field.filter(stage, (index) => index < certain || rank <= k);
  } else {
    field.isUntouched = false;
    for (let i = certain; i < field.count; ++i) field.maybe[i] = 1;
  }
  const before = tail.nHigh;
  tail.nHigh = Math.min(before, k - certain);
  tail.nLow = Math.max(0, Math.min(tail.nLow, k - field.count));
  if (untouched && rank !== undefined) tail.nHigh = tail.nLow = Math.min(before, k - field.count);
  // The highest n of N hold at least n / N of their mass, and none more than the bound of each.
  tail.massLow *= before === 0 ? 0 : tail.nLow / before;
  tail.massHigh = Math.min(tail.massHigh, tail.nHigh * Math.exp(tail.maxLogit - field.reference));
  field.nMasked = 0;
}

/** Which of several equal candidates is kept depends on the engine's way of sorting. */
function cutThroughTie(field: CandidateField, k: number, stage: number): void {
  const edge = field.logit(k - 1);
  field.because(kTied);
  field.filter(stage, (index) => field.logit(index) >= edge);
  field.dropTail();
  field.nMasked = 0;
  for (let i = 0; i < field.count; ++i) if (field.logit(i) === edge) field.maybe[i] = 1;
}

export function topP(field: CandidateField, { p, minKeep }: ReadyStage, stage: number): void {
  if (p >= 1) return;
  field.sort();
  const { low, high } = field.total;
  const certain = field.certainHead;
  const { rounding } = field;
  let sum = 0;
  let firstPossible = -1;
  for (let i = 0; i < certain; ++i) {
    sum += field.weight(i);
    if (i + 1 < minKeep) continue;
    if (firstPossible < 0 && sum / low >= p - rounding) firstPossible = i;
    if (sum / high >= p + rounding) {
      markMaybe(field, firstPossible + 1, i + 1, high - low > rounding * high);
      field.cut(stage, i + 1);
      return;
    }
  }
  if (certain === field.count && !field.hasTail) {
    if (firstPossible >= 0) markMaybe(field, firstPossible + 1, certain, false);
    return;
  }
  field.because(beyond(`top-p ${shortNumber(p)}`, field));
  field.isUntouched = false;
  // The engine adds up small numbers with 32 bits: each may be off by half a unit of the sum.
  const slack = field.tail.nHigh * kHalfUnit;
  const end = firstPossible < 0 ? certain : firstPossible + 1;
  for (let i = end; i < field.count; ++i) field.maybe[i] = 1;
  field.tail.nLow = 0;
  field.tail.massLow = firstPossible < 0 && !field.hasMaybe ? Math.max(0, (p - slack) * low - sum) : 0;
  field.nMasked = 0;
}

function markMaybe(field: CandidateField, begin: number, end: number, isWide: boolean): void {
  if (begin >= end) return;
  field.because(
    isWide ? "How much the tokens that were not recorded weigh is known within bounds only." : kAtTheEdge,
  );
  for (let i = begin; i < end; ++i) field.maybe[i] = 1;
}

export function minP(field: CandidateField, { p, minKeep }: ReadyStage, stage: number): void {
  if (p <= 0 || field.size.high === 0) return;
  if (!field.isSorted) {
    const limit = Math.fround(field.logit(field.top()) + Math.fround(Math.log(p)));
    const passed = countAtLeast(field, limit);
    if (passed.low >= minKeep) {
      filterAtLeast(field, limit, p, stage);
      return;
    }
    if (passed.high >= minKeep) throw new NotComputable(beyond(`min-p ${shortNumber(p)}`, field));
    field.sort();
  }
  minPSorted(field, p, minKeep, stage);
}

function countAtLeast(field: CandidateField, limit: number): { low: number; high: number } {
  let low = 0;
  let high = field.hasTail && field.tail.maxLogit >= limit ? field.tail.nHigh : 0;
  for (let i = 0; i < field.count; ++i) {
    if (field.logit(i) < limit) continue;
    high += 1;
    if (!field.isMaybe(i)) low += 1;
  }
  return { low, high };
}

function filterAtLeast(field: CandidateField, limit: number, p: number, stage: number): void {
  const nRecorded = field.count;
  field.filter(stage, (index) => field.logit(index) >= limit);
  field.nMasked = 0;
  if (!field.hasTail || field.tail.maxLogit < limit) {
    field.dropTail();
    return;
  }
  field.because(`min-p ${shortNumber(p)} reaches beyond the ${nRecorded} recorded candidates.`);
  const { tail } = field;
  tail.nLow = 0;
  tail.massLow = 0;
  tail.nHigh = Math.min(tail.nHigh, Math.floor(tail.massHigh / Math.exp(limit - field.reference)));
  if (tail.nHigh === 0) field.dropTail();
}

/** In the array's order up to the first that is too improbable; the first one is taken for the most probable. */
function minPSorted(field: CandidateField, p: number, minKeep: number, stage: number): void {
  const limit = Math.fround(field.logit(0) + Math.fround(Math.log(p)));
  const certain = field.certainHead;
  for (let i = 1; i < certain; ++i) {
    if (field.logit(i) < limit && i >= minKeep) {
      field.cut(stage, i);
      return;
    }
  }
  if (certain === field.count && !field.hasTail) return;
  if (field.tail.maxLogit < limit && field.count >= minKeep) {
    field.filter(stage, (index) => field.logit(index) >= limit);
    field.dropTail();
    field.nMasked = 0;
    return;
  }
  throw new NotComputable(beyond(`min-p ${shortNumber(p)}`, field));
}

export function typical(field: CandidateField, { p, minKeep }: ReadyStage, stage: number): void {
  if (p >= 1) return;
  requireAll(field, "typical");
  field.sort();
  const { low: total } = field.total;
  const probabilities = Array.from({ length: field.count }, (_, index) => field.weight(index) / total);
  if (field.nMasked > 0 || probabilities.includes(0)) {
    throw new NotComputable(
      "typical is not defined behind a stage that leaves candidates without any probability.",
    );
  }
  const entropy = probabilities.reduce((sum, q) => sum - q * Math.log(q), 0);
  const distance = probabilities.map((q) => Math.abs(-Math.log(q) - entropy));
  const order = probabilities
    .map((_, index) => index)
    .sort((a, b) => (distance[a] ?? 0) - (distance[b] ?? 0));
  let sum = 0;
  let length = order.length;
  for (let i = 0; i < order.length; ++i) {
    sum += probabilities[order[i] ?? 0] ?? 0;
    if (Math.abs(sum - p) <= field.rounding) throw new NotComputable(kAtTheEdge);
    if (sum > p && i >= minKeep - 1) {
      length = i + 1;
      break;
    }
  }
  field.reorder(order);
  field.cut(stage, length);
  field.isSorted = false;
}

export function topNSigma(field: CandidateField, { n }: ReadyStage, stage: number): void {
  if (n <= 0 || field.size.high <= 1) return;
  requireAll(field, "top-n-sigma");
  const finite = [...field.logits.subarray(0, field.count)].filter(Number.isFinite);
  const mean = finite.reduce((sum, logit) => sum + logit, 0) / finite.length;
  const variance = finite.reduce((sum, logit) => sum + (logit - mean) ** 2, 0) / finite.length;
  const limit = Math.max(...finite) - n * Math.sqrt(variance);
  for (let i = 0; i < field.count; ++i) {
    if (Math.abs(field.logit(i) - limit) < 1e-5) throw new NotComputable(kAtTheEdge);
    if (field.logit(i) < limit) field.mask(stage, i);
  }
}

/** XTC removes all but the last of the candidates above its threshold, if its dice say so. */
export function xtc(field: CandidateField, stage: ReadyStage, index: number): void {
  const { probability, threshold, minKeep } = stage;
  if (probability <= 0 || threshold > 0.5 || field.size.high < 2) return;
  const { low, high } = field.total;
  const isCertain = probability >= 1;
  const order = Array.from({ length: field.count }, (_, i) => i).sort(
    (a, b) => field.logit(b) - field.logit(a),
  );
  let nAbove = 0;
  for (const i of order) {
    const weight = field.weight(i);
    if (field.isMaybe(i) || Math.abs(weight / low - threshold) <= field.rounding) {
      if (weight / low >= threshold - field.rounding) throw new NotComputable(kAtTheEdge);
    }
    if (weight / high >= threshold) nAbove += 1;
    else if (weight / low >= threshold) throw new NotComputable(kAtTheEdge);
    else break;
  }
  if (nAbove < 2) {
    if (isCertain) field.sort();
    // It sorts only if its dice let it try.
    else if (!field.isSorted) field.isOrderKnown = false;
    return;
  }
  if (!isCertain) throw new NotComputable("XTC throws dice of its own, which are not recorded.");
  field.sort();
  const nRemoved = nAbove - 1;
  if (field.size.low - nRemoved < minKeep) return;
  field.filter(index, (i) => i >= nRemoved);
}

export function requireAll(field: CandidateField, name: string): void {
  if (field.hasTail || field.hasMaybe) {
    throw new NotComputable(
      `${name} needs the logits of all candidates that reach it, and only ${field.count} were recorded.`,
    );
  }
}
