import * as pb from "../protocol/generated/inferno_generated";
import type { RecordedStep } from "../sampling/recorded-step";

/** The most candidates that a step can hold. */
const kCapacity = 1025;

/**
 * Reads what sampling left on record straight from a message, into arrays that it
 * reuses: a step that was read holds until the next call.
 */
export class StepReader {
  readonly #candidate = new pb.Candidate();
  readonly #stage = new pb.StageTrace();
  readonly #ids = new Int32Array(kCapacity);
  readonly #logits = new Float64Array(kCapacity);
  readonly #removedBy = new Int32Array(kCapacity);
  readonly #finalProb = new Float64Array(kCapacity);

  /** `withOutcome`: also what the run's own chain did to each candidate. Undefined: too little is there. */
  read(
    step: pb.Step,
    nVocab: number,
    withOutcome: boolean,
  ): (RecordedStep & { readonly ids: Int32Array }) | undefined {
    const logSumExp = step.logSumExp();
    const tailMass = step.tailMass();
    const count = this.#readCandidates(step, withOutcome);
    if (logSumExp === null || tailMass === null || count === 0) return undefined;
    const first = withOutcome && step.stagesLength() > 0 ? step.stages(0, this.#stage) : null;
    return {
      count,
      nTop: Math.min(step.nTop(), count),
      ids: this.#ids.subarray(0, count),
      logits: this.#logits,
      removedBy: this.#removedBy,
      finalProb: this.#finalProb,
      chosen: step.token()?.id() ?? -1,
      rank: step.rank() ?? undefined,
      logSumExp,
      tailMass,
      entropy: step.entropy() ?? undefined,
      nVocab,
      nNonFinite: step.nNonFinite(),
      draw: step.draw() ?? undefined,
      isForced: step.forced(),
      firstStage: first?.stage() === 0 ? { nOut: first.nOut(), massRemoved: first.massRemoved() } : undefined,
    };
  }

  #readCandidates(step: pb.Step, withOutcome: boolean): number {
    const length = Math.min(kCapacity, step.candidatesLength());
    let count = 0;
    for (let i = 0; i < length; ++i) {
      const candidate = step.candidates(i, this.#candidate);
      const logit = candidate?.logit() ?? null;
      if (candidate === null || logit === null) continue;
      this.#ids[count] = candidate.id();
      this.#logits[count] = logit;
      if (withOutcome) {
        this.#removedBy[count] = candidate.removedBy() ?? -1;
        this.#finalProb[count] = candidate.finalProb() ?? Number.NaN;
      }
      count += 1;
    }
    return count;
  }
}
