import type { StepDetail } from "../protocol/types";

/**
 * What was recorded of one sampled step, as far as the distribution follows from
 * it. The arrays may be longer than `count`, and be reused for the next step.
 */
export interface RecordedStep {
  /** Candidates with a finite logit: the top ones, highest first, then perhaps the chosen token. */
  readonly count: number;
  readonly nTop: number;
  readonly ids: ArrayLike<number>;
  readonly logits: ArrayLike<number>;
  /** By candidate: index of the stage that removed it in the run itself, or -1. */
  readonly removedBy: ArrayLike<number>;
  /** By candidate: what the run's own chain left it with; NaN where it was removed. */
  readonly finalProb: ArrayLike<number>;
  readonly chosen: number;
  readonly rank: number | undefined;
  readonly logSumExp: number;
  readonly tailMass: number;
  /** Of the raw distribution, bits. */
  readonly entropy: number | undefined;
  readonly nVocab: number;
  readonly nNonFinite: number;
  readonly draw: number | undefined;
  readonly isForced: boolean;
  /** What the run's own first stage did to the whole vocabulary. */
  readonly firstStage: { readonly nOut: number; readonly massRemoved: number } | undefined;
}

/** Undefined: too little was recorded of the step to say anything. */
export function recordedStep(step: StepDetail, nVocab: number): RecordedStep | undefined {
  if (step.isPrompt || step.logSumExp === undefined || step.tailMass === undefined) return undefined;
  const known = step.candidates.filter(({ logit }) => logit !== undefined);
  if (known.length === 0) return undefined;
  const first = step.stages.find(({ stage }) => stage === 0);
  return {
    count: known.length,
    nTop: Math.min(step.nTop, known.length),
    ids: known.map(({ token }) => token.id),
    logits: known.map(({ logit }) => logit ?? 0),
    removedBy: known.map(({ removedBy }) => removedBy ?? -1),
    finalProb: known.map(({ finalProb }) => finalProb ?? Number.NaN),
    chosen: step.token.id,
    rank: step.rank,
    logSumExp: step.logSumExp,
    tailMass: step.tailMass,
    entropy: step.entropy,
    nVocab,
    nNonFinite: step.nNonFinite,
    draw: step.draw,
    isForced: step.forced,
    firstStage: first,
  };
}
