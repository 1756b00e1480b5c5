import { Growable } from "../base/growable";
import * as pb from "../protocol/generated/inferno_generated";
import type { SamplerStage } from "../protocol/types";
import { WhatIf, type WouldBe } from "../sampling/what-if";
import { bodyAs, readEnvelope } from "./envelope";
import { StepReader } from "./recorded-step-reader";
import type { KeptMessage, RunTracker } from "./run-tracker";
import { bytesOf } from "./step-columns-builder";
import {
  kWouldBeChanged,
  kWouldBeForced,
  kWouldBeNotKept,
  kWouldBeSame,
  kWouldBeUndetermined,
  kWouldBeUnrecorded,
  type WhatIfPiece,
} from "./what-if-columns";

const kExactness = { exact: 0, bounded: 1, unknown: 2 } as const;

/**
 * Tries another chain on all steps of a followed run, in pieces: `advance` works
 * for about a given time and is called again, also when more steps have come.
 * Owns nothing of the run. One thread.
 */
export class RunWhatIf {
  readonly #tracker: RunTracker;
  readonly #chain: readonly SamplerStage[];
  readonly #reader = new StepReader();
  readonly #step = new pb.Step();
  readonly #reasons = new Map<string, number>();
  readonly #position = new Growable(Uint32Array);
  readonly #status = new Growable(Uint8Array);
  readonly #token = new Growable(Int32Array);
  readonly #low = new Growable(Float32Array);
  readonly #high = new Growable(Float32Array);
  readonly #exactness = new Growable(Uint8Array);
  readonly #named = new Set<number>();
  #newTokens: { readonly id: number; readonly bytes: Uint8Array }[] = [];
  #whatIf: WhatIf | undefined;
  #runChain: readonly SamplerStage[] | undefined;
  #nextMessage = 0;
  /** Tokens before the next message. */
  #nBefore = 0;

  constructor(tracker: RunTracker, chain: readonly SamplerStage[]) {
    this.#tracker = tracker;
    this.#chain = chain;
  }

  get isCaughtUp(): boolean {
    return this.#nextMessage >= this.#tracker.messages.length;
  }

  advance(budgetMs: number, now: () => number): WhatIfPiece {
    const end = now() + budgetMs;
    while (this.#tracker.context !== undefined && !this.isCaughtUp && now() < end) this.#takeMessage();
    return this.#takePiece();
  }

  /** Against the chain that the run had at a position: it may have been changed on the way. */
  #whatIfAt(position: number): WhatIf {
    const runChain = this.#tracker.samplerAt(position) ?? [];
    if (this.#whatIf !== undefined && this.#runChain === runChain) return this.#whatIf;
    this.#runChain = runChain;
    this.#whatIf = new WhatIf({ chain: this.#chain, runChain, nCtx: this.#tracker.context?.nCtx ?? 0 });
    return this.#whatIf;
  }

  #takeMessage(): void {
    const { messages, ids } = this.#tracker;
    const message = messages[this.#nextMessage++];
    if (message === undefined) return;
    if (message.bytes === undefined) {
      this.#skipDropped(message, messages[this.#nextMessage]);
      return;
    }
    const envelope = readEnvelope(message.bytes);
    if (envelope.bodyType() === pb.Body.PromptTokens) {
      this.#nBefore += bodyAs(envelope, new pb.PromptTokens()).tokensLength();
      return;
    }
    const steps = bodyAs(envelope, new pb.Steps());
    for (let i = 0; i < steps.stepsLength(); ++i) {
      const step = steps.steps(i, this.#step);
      if (step !== null) this.#takeStep(this.#whatIfAt(step.position()), step, ids);
      this.#nBefore += 1;
    }
  }

  #takeStep(whatIf: WhatIf, step: pb.Step, ids: Int32Array): void {
    const nVocab = this.#tracker.context?.nVocab ?? 0;
    const recorded = this.#reader.read(step, nVocab, whatIf.needsOutcome);
    if (recorded === undefined) {
      this.#because("Too little was recorded of the step.");
      this.#push(step.position(), kWouldBeUndetermined, -1, 0, 1, kExactness.unknown);
      return;
    }
    const result = whatIf.step(recorded, { ids, length: this.#nBefore }, false);
    const slot = recorded.ids.indexOf(recorded.chosen);
    const low = result.low[slot] ?? 0;
    const high = result.high[slot] ?? 1;
    const status = recorded.isForced ? kWouldBeForced : statusOf(result, recorded.chosen);
    const token = result.token.kind === "token" ? result.token.id : -1;
    this.#push(step.position(), status, token, low, high, kExactness[result.exactness]);
    if (status === kWouldBeChanged && !this.#named.has(token)) this.#name(step, token);
    if (status === kWouldBeUndetermined && result.token.kind === "undetermined") {
      this.#because(result.token.reason);
    } else if (result.reason !== undefined) this.#because(result.reason);
  }

  /** All of them: the ones of the prompt are dropped first and have no row. */
  #skipDropped(message: KeptMessage, next: KeptMessage | undefined): void {
    const end = next?.firstPosition ?? message.firstPosition;
    const nPrompt = this.#tracker.context?.nPrompt ?? 0;
    for (let position = message.firstPosition; position < end; ++position) {
      if (this.#nBefore >= nPrompt) {
        this.#because("The page has dropped the record of this step to save memory.");
        this.#push(position, kWouldBeNotKept, -1, 0, 1, kExactness.unknown);
      }
      this.#nBefore += 1;
    }
  }

  /** It is one of the step's candidates: nothing else can be told to come. */
  #name(step: pb.Step, id: number): void {
    for (let i = 0; i < step.candidatesLength(); ++i) {
      const candidate = step.candidates(i);
      if (candidate?.id() !== id) continue;
      this.#named.add(id);
      // A copy: the message may be dropped.
      this.#newTokens.push({ id, bytes: bytesOf(candidate).slice() });
      return;
    }
  }

  #because(reason: string): void {
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
  }

  #push(position: number, status: number, token: number, low: number, high: number, exactness: number): void {
    this.#position.push(position);
    this.#status.push(status);
    this.#token.push(token);
    this.#low.push(low);
    this.#high.push(high);
    this.#exactness.push(exactness);
  }

  #takePiece(): WhatIfPiece {
    const columns = {
      position: this.#position.copy(),
      status: this.#status.copy(),
      token: this.#token.copy(),
      low: this.#low.copy(),
      high: this.#high.copy(),
      exactness: this.#exactness.copy(),
    };
    for (const column of [
      this.#position,
      this.#status,
      this.#token,
      this.#low,
      this.#high,
      this.#exactness,
    ]) {
      column.truncate(0);
    }
    const tokens = this.#newTokens;
    this.#newTokens = [];
    return { columns, tokens, reasons: [...this.#reasons], isCaughtUp: this.isCaughtUp };
  }
}

function statusOf({ token }: WouldBe, chosen: number): number {
  if (token.kind === "token") return token.id === chosen ? kWouldBeSame : kWouldBeChanged;
  return token.kind === "unrecorded" ? kWouldBeUnrecorded : kWouldBeUndetermined;
}
