// For tests: the engine's stages on a whole vocabulary, written as plainly as
// can be and apart from what they check.
import type { SamplerStage } from "../../protocol/types";
import type { RecordedStep } from "../recorded-step";

interface Member {
  readonly id: number;
  readonly logit: number;
}

export interface ReferenceResult {
  readonly probability: ReadonlyMap<number, number>;
  readonly nFinal: number;
  readonly token: number;
}

function softmax(members: readonly Member[]): number[] {
  const top = Math.max(...members.map(({ logit }) => logit));
  const weights = members.map(({ logit }) => Math.exp(logit - top));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

const descending = (members: readonly Member[]) => [...members].sort((a, b) => b.logit - a.logit);

function applyStage(
  members: readonly Member[],
  stage: SamplerStage,
  history: readonly number[],
): readonly Member[] {
  const number = (name: string, byDefault: number) => Math.fround(stage.parameters[name] ?? byDefault);
  const minKeep = number("minKeep", 1);
  switch (stage.kind) {
    case "topK":
      return number("k", 40) > 0 ? descending(members).slice(0, number("k", 40)) : members;
    case "topP": {
      const p = number("p", 0.95);
      if (p >= 1) return members;
      const sorted = descending(members);
      let sum = 0;
      const end = softmax(sorted).findIndex((q, index) => {
        sum += q;
        return sum >= p && index + 1 >= minKeep;
      });
      return end < 0 ? sorted : sorted.slice(0, end + 1);
    }
    case "minP": {
      const limit = Math.max(...members.map(({ logit }) => logit)) + Math.log(number("p", 0.05));
      const kept = members.filter(({ logit }) => logit >= limit);
      return kept.length >= minKeep ? kept : descending(members).slice(0, minKeep);
    }
    case "temperature": {
      const by = number("temperature", 0.8);
      if (by <= 0) return descending(members).slice(0, 1);
      return members.map(({ id, logit }) => ({ id, logit: logit / by }));
    }
    case "penalties": {
      const seen = history.slice(-number("lastN", 64));
      return members.map(({ id, logit }) => {
        const count = seen.filter((token) => token === id).length;
        if (count === 0) return { id, logit };
        const repeated = logit <= 0 ? logit * number("repeat", 1.1) : logit / number("repeat", 1.1);
        return { id, logit: repeated - count * number("frequency", 0) - number("presence", 0) };
      });
    }
    case "logitBias": {
      const biased = members.map(({ id, logit }) => ({
        id,
        logit: logit + (stage.biases ?? []).reduce((sum, one) => sum + (one.id === id ? one.bias : 0), 0),
      }));
      return biased.filter(({ logit }) => logit > Number.NEGATIVE_INFINITY);
    }
    case "distribution":
      return members;
    default:
      throw new Error(`the reference has no ${stage.kind}`);
  }
}

export function reference(
  logits: ArrayLike<number>,
  chain: readonly SamplerStage[],
  history: readonly number[],
  draw: number,
): ReferenceResult {
  let members: readonly Member[] = Array.from(logits, (logit, id) => ({ id, logit }));
  for (const stage of chain) members = applyStage(members, stage, history);
  const probabilities = softmax(members);
  let sum = 0;
  const place = probabilities.findIndex((q) => {
    sum += q;
    return sum >= draw;
  });
  return {
    probability: new Map(members.map(({ id }, index) => [id, probabilities[index] ?? 0])),
    nFinal: members.length,
    token: members[place < 0 ? members.length - 1 : place]?.id ?? -1,
  };
}

/** What is recorded of a step: the `nTop` most probable candidates, and the chosen one. */
export function record(
  logits: Float32Array,
  nTop: number,
  chosen: number,
  draw: number | undefined,
): RecordedStep {
  const order = Array.from(logits, (_, id) => id).sort(
    (a, b) => (logits[b] ?? 0) - (logits[a] ?? 0) || a - b,
  );
  const rank = order.indexOf(chosen) + 1;
  const ids = rank > nTop ? [...order.slice(0, nTop), chosen] : order.slice(0, nTop);
  const top = logits[order[0] ?? 0] ?? 0;
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - top), 0);
  const logSumExp = top + Math.log(sum);
  const probabilities = Array.from(logits, (logit) => Math.exp(logit - logSumExp));
  return {
    count: ids.length,
    nTop: Math.min(nTop, ids.length),
    ids,
    logits: ids.map((id) => logits[id] ?? 0),
    removedBy: ids.map(() => -1),
    finalProb: ids.map(() => Number.NaN),
    chosen,
    rank,
    logSumExp,
    tailMass: probabilities.reduce((total, p, id) => (ids.includes(id) ? total : total + p), 0),
    entropy: probabilities.reduce((total, p) => (p > 0 ? total - p * Math.log2(p) : total), 0),
    nVocab: logits.length,
    nNonFinite: 0,
    draw,
    isForced: false,
    firstStage: undefined,
  };
}
