// The stages that change logits, with the rules of llama.cpp 0.5.0. Logits are
// rounded to 32 bits after every step, as they are there.
import { type CandidateField, NotComputable } from "./candidate-field";
import type { ReadyStage } from "./chain";
import { requireAll } from "./cutting-stages";
import { penalisedByDry } from "./repetition";

const kLn2 = Math.LN2;

/** The tokens before the step, of prompt and answer. */
export interface History {
  readonly ids: ArrayLike<number>;
  readonly length: number;
}

export function temperature(field: CandidateField, by: number, stage: number): void {
  if (by <= 0) {
    const top = field.top();
    for (let i = 0; i < field.count; ++i) if (i !== top) field.mask(stage, i);
    field.maskTail();
    field.isUntouched = false;
    return;
  }
  if (by === 1) return;
  field.isUntouched = false;
  for (let i = 0; i < field.count; ++i) field.logits[i] = Math.fround(field.logit(i) / by);
  const largest = Math.exp(field.tail.maxLogit - field.reference);
  field.reference /= by;
  if (!field.hasTail) return;
  const { tail } = field;
  const { massLow, massHigh, nHigh } = tail;
  const exponent = 1 / by;
  // The sum of x^a over n weights x with a given sum: for a < 1 greatest if all are
  // equal and least if as many as possible are as large as possible; else the reverse.
  const equal = (mass: number) => nHigh ** (1 - exponent) * mass ** exponent;
  const extreme = (mass: number) => {
    const nFull = Math.min(nHigh, Math.floor(mass / largest));
    return nFull * largest ** exponent + Math.max(0, mass - nFull * largest) ** exponent;
  };
  tail.massLow = exponent < 1 ? extreme(massLow) : equal(massLow);
  tail.massHigh = exponent < 1 ? equal(massHigh) : extreme(massHigh);
  tail.maxLogit = Math.fround(tail.maxLogit / by);
  field.because("How the tokens that were not recorded share their probability is not known.");
}

/** `entropyBits` is that of the raw distribution, which was recorded for all of the vocabulary. */
export function dynamicTemperature(
  field: CandidateField,
  ready: ReadyStage,
  stage: number,
  entropyBits: number | undefined,
): void {
  const { range, exponent } = ready;
  if (!(range > 0)) {
    temperature(field, ready.temperature, stage);
    return;
  }
  if (field.size.high <= 1) return;
  const entropy = entropyOf(field, entropyBits);
  field.sort();
  const normalised = entropy / Math.log(field.size.high);
  const least = Math.max(0, Math.fround(ready.temperature - range));
  const most = Math.fround(ready.temperature + range);
  temperature(field, Math.fround(least + (most - least) * normalised ** exponent), stage);
}

/** In nats. */
function entropyOf(field: CandidateField, entropyBits: number | undefined): number {
  if (field.hasTail && field.isUntouched && entropyBits !== undefined) return entropyBits * kLn2;
  requireAll(field, "dynamic temperature");
  const { low: total } = field.total;
  let entropy = 0;
  for (let i = 0; i < field.count; ++i) {
    const probability = field.weight(i) / total;
    if (probability > 0) entropy -= probability * Math.log(probability);
  }
  return entropy;
}

export function penalties(
  field: CandidateField,
  ready: ReadyStage,
  history: History,
  counts: Map<number, number>,
): void {
  const { lastN, repeat, frequency, presence } = ready;
  if (lastN === 0 || (repeat === 1 && frequency === 0 && presence === 0)) return;
  field.isUntouched = false;
  field.isSorted = false;
  counts.clear();
  for (let i = Math.max(0, history.length - lastN); i < history.length; ++i) {
    const id = history.ids[i] ?? -1;
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  for (let i = 0; i < field.count; ++i) {
    const id = field.ids[i] ?? -1;
    const count = counts.get(id);
    if (count === undefined) continue;
    counts.delete(id);
    const before = field.logit(i);
    const repeated = Math.fround(before <= 0 ? before * repeat : before / repeat);
    field.logits[i] = Math.fround(repeated - Math.fround(Math.fround(count * frequency) + presence));
  }
  if (!field.hasTail || counts.size === 0) return;
  if (repeat < 1 || frequency < 0 || presence < 0) {
    throw new NotComputable("A negative penalty favours tokens that were used before but not recorded here.");
  }
  lowerTail(field, counts.size);
  field.because("A token that was used before is penalised, but its logit is not among the recorded ones.");
}

/** At most `n` tokens of the tail became less probable. */
function lowerTail(field: CandidateField, n: number): void {
  const { tail } = field;
  const largest = Math.exp(tail.maxLogit - field.reference);
  tail.massLow = Math.max(0, tail.massLow - n * largest);
}

export function logitBias(field: CandidateField, { biases }: ReadyStage, stage: number): void {
  if (biases.length === 0) return;
  field.isUntouched = false;
  for (const { id, bias } of biases) {
    const index = field.ids.subarray(0, field.count).indexOf(id);
    if (index < 0) biasTail(field, id, bias);
    else if (bias === Number.NEGATIVE_INFINITY) field.mask(stage, index);
    else field.logits[index] = Math.fround(field.logit(index) + Math.fround(bias));
  }
}

/** Whether the token is in the tail, or was removed before, is not known. */
function biasTail(field: CandidateField, id: number, bias: number): void {
  if (!field.hasTail || bias === 0) return;
  const { tail } = field;
  field.because(`Token ${id} is biased, but its logit is not among the recorded ones.`);
  if (bias > 0) {
    tail.maxLogit = Math.fround(tail.maxLogit + Math.fround(bias));
    tail.massHigh += Math.exp(tail.maxLogit - field.reference);
    return;
  }
  lowerTail(field, 1);
  if (bias === Number.NEGATIVE_INFINITY) tail.nLow = Math.max(0, tail.nLow - 1);
}

export function dry(field: CandidateField, ready: ReadyStage, history: History): void {
  const { multiplier, base, lastN, breakers } = ready;
  if (multiplier === 0 || base < 1 || lastN === 0) return;
  const penalties = penalisedByDry(ready, history);
  field.isSorted = false;
  if (penalties.size === 0) return;
  field.isUntouched = false;
  if (breakers.length > 0) {
    throw new NotComputable(
      "DRY would look for its sequence breakers in this repetition: not computed here.",
    );
  }
  let nKnown = 0;
  for (let i = 0; i < field.count; ++i) {
    const penalty = penalties.get(field.ids[i] ?? -1);
    if (penalty === undefined) continue;
    nKnown += 1;
    field.logits[i] = Math.fround(field.logit(i) - penalty);
  }
  if (!field.hasTail || nKnown === penalties.size) return;
  lowerTail(field, penalties.size - nKnown);
  field.because(
    "A token that would repeat a sequence is penalised, but its logit is not among the recorded ones.",
  );
}
