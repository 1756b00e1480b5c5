import type { SamplerStage, StageKind } from "../protocol/types";
import { CandidateField, NotComputable } from "./candidate-field";
import { isSameChain, type ReadyStage, readyStage } from "./chain";
import { minP, topK, topNSigma, topP, typical, xtc } from "./cutting-stages";
import { drawFrom, greedyChoice } from "./draw";
import type { RecordedStep } from "./recorded-step";
import {
  dry,
  dynamicTemperature,
  type History,
  logitBias,
  penalties,
  temperature,
} from "./reweighting-stages";

/** exact: as the engine would have had it, up to rounding. bounded: within [low, high]. unknown: not computed. */
export type Exactness = "exact" | "bounded" | "unknown";

export type WouldBeToken =
  | { readonly kind: "token"; readonly id: number }
  /** One of those that were not recorded, so not the one that was chosen. */
  | { readonly kind: "unrecorded" }
  | { readonly kind: "undetermined"; readonly reason: string };

export interface Bounds {
  readonly low: number;
  readonly high: number;
}

/** What one stage of the chain would have done. */
export interface WouldBeStage {
  readonly stage: number;
  readonly kind: StageKind;
  readonly nIn: Bounds;
  readonly nOut: Bounds;
}

export interface WouldBe {
  readonly exactness: Exactness;
  /** Why it is not exact, in words; undefined if it is. */
  readonly reason: string | undefined;
  /** By recorded candidate: bounds of its final probability; low is NaN where it would have been removed. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** By recorded candidate: index of the stage that would have removed it, or -1. */
  readonly removedBy: Int32Array;
  /** Final probability of everything that was not recorded. */
  readonly tail: Bounds;
  readonly nFinal: Bounds;
  readonly token: WouldBeToken;
  readonly stages: readonly WouldBeStage[];
}

/** Probabilities closer than this are one: the engine computes with 32 bits. */
const kExact = 4e-6;

export interface WhatIfSetting {
  /** The chain to try. */
  readonly chain: readonly SamplerStage[];
  /** The chain that the run had. */
  readonly runChain: readonly SamplerStage[];
  readonly nCtx: number;
}

/**
 * Computes what another sampler chain would have made of recorded steps, with
 * the tokens before each step as they were. Runs no model. Keeps no state
 * between steps; reuses its arrays, so a result holds until the next call.
 * One thread.
 */
export class WhatIf {
  readonly #stages: readonly ReadyStage[];
  readonly #isRunChain: boolean;
  /** The run's first stage is the same grammar: who passes it was recorded. */
  readonly #sharesGrammar: boolean;
  readonly #hasDrawnChooser: boolean;
  readonly #counts = new Map<number, number>();
  #field = new CandidateField(72);
  #low = new Float64Array(72);
  #high = new Float64Array(72);

  constructor({ chain, runChain, nCtx }: WhatIfSetting) {
    this.#stages = chain.map((stage) => readyStage(stage, nCtx));
    this.#isRunChain = isSameChain(chain, runChain);
    const [first] = chain;
    const [runFirst] = runChain;
    this.#sharesGrammar =
      first?.kind === "grammar" && runFirst !== undefined && isSameChain([first], [runFirst]);
    this.#hasDrawnChooser = this.#stages.at(-1)?.kind === "distribution";
  }

  /** Whether what the run's own chain did to each candidate is looked at. */
  get needsOutcome(): boolean {
    return this.#isRunChain || this.#sharesGrammar;
  }

  /** `history` is what came before the step. `withStages`: also say what each stage would have done. */
  step(step: RecordedStep, history: History, withStages = true): WouldBe {
    this.#reserve(step.count);
    const stages: WouldBeStage[] = [];
    const field = this.#field;
    field.load(step);
    try {
      this.#stages.forEach((stage, index) => {
        const nIn = withStages ? field.finite : kNone;
        this.#apply(stage, index, step, history);
        if (withStages) stages.push({ stage: index, kind: stage.kind, nIn, nOut: field.finite });
      });
      const result = this.#finish(step, stages);
      return result.exactness !== "exact" && this.#isRunChain ? this.#asRecorded(step, stages) : result;
    } catch (failure) {
      if (!(failure instanceof NotComputable)) throw failure;
      return this.#isRunChain ? this.#asRecorded(step, stages) : this.#unknown(step, stages, failure.message);
    }
  }

  #apply(stage: ReadyStage, index: number, step: RecordedStep, history: History): void {
    const field = this.#field;
    switch (stage.kind) {
      case "topK":
        topK(field, stage, index, step.rank);
        break;
      case "topP":
        topP(field, stage, index);
        break;
      case "minP":
        minP(field, stage, index);
        break;
      case "typical":
        typical(field, stage, index);
        break;
      case "temperature":
        temperature(field, stage.temperature, index);
        break;
      case "dynamicTemperature":
        dynamicTemperature(field, stage, index, step.entropy);
        break;
      case "xtc":
        xtc(field, stage, index);
        break;
      case "topNSigma":
        topNSigma(field, stage, index);
        break;
      case "penalties":
        penalties(field, stage, history, this.#counts);
        break;
      case "logitBias":
        logitBias(field, stage, index);
        break;
      case "dry":
        dry(field, stage, history);
        break;
      case "grammar":
        this.#grammar(step, index);
        break;
      case "mirostat1":
      case "mirostat2":
      case "adaptiveP":
        throw new NotComputable(
          "This stage learns from what it has drawn itself; what it would have learned by here is not known.",
        );
      case "unknown":
        throw new NotComputable("The chain has a stage that this page does not know.");
      case "greedy":
      case "distribution":
        break;
    }
  }

  /** Which candidates a grammar allows follows from the text so far: as recorded, if the run had it in front. */
  #grammar(step: RecordedStep, index: number): void {
    const { firstStage } = step;
    if (!this.#sharesGrammar || index !== 0 || firstStage === undefined || step.isForced) {
      throw new NotComputable("Which candidates the grammar allows is not computed here.");
    }
    const field = this.#field;
    for (let i = 0; i < field.count; ++i) if (step.removedBy[i] === 0) field.mask(0, i);
    const { tail } = field;
    const nBefore = tail.nHigh;
    const whole = Math.exp(step.logSumExp - field.reference);
    const left = Math.max(0, 1 - firstStage.massRemoved) * whole;
    const known = field.total.low - tail.massLow;
    tail.nHigh = tail.nLow = Math.min(nBefore, Math.max(0, firstStage.nOut - (field.finite.low - tail.nLow)));
    field.nMasked += nBefore - tail.nHigh;
    tail.massLow = tail.nHigh === 0 ? 0 : Math.max(0, left - known - 1e-6 * whole);
    tail.massHigh = tail.nHigh === 0 ? 0 : Math.max(0, left - known + 1e-6 * whole);
    if (tail.nHigh === 0) field.dropTail();
    field.isUntouched = false;
  }

  #finish(step: RecordedStep, stages: readonly WouldBeStage[]): WouldBe {
    const field = this.#field;
    const chooser = this.#stages.at(-1)?.kind;
    if (field.finite.high === 0) throw new NotComputable("The chain would have left nothing to choose from.");
    if (chooser === "greedy") return this.#greedy(step, stages);
    if (chooser !== "distribution")
      throw new NotComputable("The chain has no last stage that chooses a token.");
    const { low, high } = field.total;
    this.#low.fill(Number.NaN, 0, step.count);
    this.#high.fill(0, 0, step.count);
    let widest = 0;
    for (let i = 0; i < field.count; ++i) {
      const weight = field.weight(i);
      if (weight === 0 && field.logit(i) === Number.NEGATIVE_INFINITY) continue;
      const slot = field.slots[i] ?? 0;
      const isMaybe = field.isMaybe(i);
      this.#low[slot] = isMaybe ? 0 : weight / high;
      this.#high[slot] = Math.min(1, weight / (isMaybe ? low + weight : low));
      widest = Math.max(widest, (this.#high[slot] ?? 0) - (this.#low[slot] ?? 0));
    }
    const tail = this.#tailShare(low, high);
    const exactness =
      Math.max(widest, tail.high - tail.low) <= kExact && !field.hasMaybe ? "exact" : "bounded";
    const token = this.#token(step);
    return this.#result(
      step,
      exactness,
      exactness === "exact" ? undefined : field.reason,
      token,
      tail,
      stages,
    );
  }

  #tailShare(low: number, high: number): Bounds {
    const { massLow, massHigh } = this.#field.tail;
    if (massHigh === 0) return kNone;
    return { low: massLow / (high - massHigh + massLow), high: massHigh / (low - massLow + massHigh) };
  }

  #token(step: RecordedStep): WouldBeToken {
    if (this.#hasDrawnChooser && step.draw === undefined && this.#field.finite.high > 1) {
      return step.isForced ? kForced : kNoDraw;
    }
    return drawFrom(this.#field, step.draw ?? 0);
  }

  #greedy(step: RecordedStep, stages: readonly WouldBeStage[]): WouldBe {
    const field = this.#field;
    const choice = greedyChoice(field);
    this.#low.fill(Number.NaN, 0, step.count);
    this.#high.fill(0, 0, step.count);
    for (let i = 0; i < field.count; ++i) {
      if (field.logit(i) === Number.NEGATIVE_INFINITY) continue;
      const slot = field.slots[i] ?? 0;
      this.#low[slot] = i === choice ? 1 : 0;
      this.#high[slot] = this.#low[slot] ?? 0;
    }
    const token: WouldBeToken = { kind: "token", id: field.ids[choice] ?? -1 };
    return this.#result(step, "exact", undefined, token, kNone, stages);
  }

  #asRecorded(step: RecordedStep, stages: readonly WouldBeStage[]): WouldBe {
    let sum = 0;
    for (let i = 0; i < step.count; ++i) {
      const probability = step.finalProb[i] ?? Number.NaN;
      this.#low[i] = probability;
      this.#high[i] = Number.isNaN(probability) ? 0 : probability;
      this.#field.removedBy[i] = step.removedBy[i] ?? -1;
      sum += this.#high[i] ?? 0;
    }
    const rest = Math.max(0, 1 - sum);
    const token: WouldBeToken = step.isForced ? kForced : { kind: "token", id: step.chosen };
    if (step.isForced) return this.#unknown(step, stages, kForced.reason);
    return this.#result(step, "exact", undefined, token, { low: rest, high: rest }, stages);
  }

  #unknown(step: RecordedStep, stages: readonly WouldBeStage[], reason: string): WouldBe {
    this.#low.fill(0, 0, step.count);
    this.#high.fill(1, 0, step.count);
    this.#field.removedBy.fill(-1, 0, step.count);
    const token: WouldBeToken = { kind: "undetermined", reason };
    return this.#result(step, "unknown", reason, token, { low: 0, high: 1 }, stages);
  }

  #result(
    step: RecordedStep,
    exactness: Exactness,
    reason: string | undefined,
    token: WouldBeToken,
    tail: Bounds,
    stages: readonly WouldBeStage[],
  ): WouldBe {
    return {
      exactness,
      reason,
      low: this.#low.subarray(0, step.count),
      high: this.#high.subarray(0, step.count),
      removedBy: this.#field.removedBy.subarray(0, step.count),
      tail,
      nFinal: exactness === "unknown" ? { low: 0, high: step.nVocab } : this.#field.finite,
      token,
      stages,
    };
  }

  #reserve(count: number): void {
    if (count <= this.#low.length) return;
    this.#field = new CandidateField(count * 2);
    this.#low = new Float64Array(count * 2);
    this.#high = new Float64Array(count * 2);
  }
}

const kNone: Bounds = { low: 0, high: 0 };
const kNoDraw: Extract<WouldBeToken, { kind: "undetermined" }> = {
  kind: "undetermined",
  reason: "The run drew no random number here that another chain could use.",
};
const kForced: Extract<WouldBeToken, { kind: "undetermined" }> = {
  kind: "undetermined",
  reason: "This token was put here by hand; no random number was drawn.",
};
