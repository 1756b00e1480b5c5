import { asPosition, type RunId } from "../base/brand";
import { Growable } from "../base/growable";
import type { RunEvent, SamplerChange } from "../protocol/debug-types";
import * as pb from "../protocol/generated/inferno_generated";
import type { AppError, RunPhase, RunStarted, SamplerStage, StepDetail } from "../protocol/types";
import type { RunBatch } from "./connection";
import { runPhase, runStarted } from "./decode";
import { runEvent } from "./decode-debug";
import { bodyAs } from "./envelope";
import { StepColumnsBuilder } from "./step-columns-builder";
import { stepDetailIn } from "./step-detail";

export type Acceptance = "accepted" | "repeated" | "gap";

/** A message of steps as it came, for later questions. */
export interface KeptMessage {
  readonly firstPosition: number;
  readonly seq: number;
  /** Undefined: dropped to bound memory; the server still has it. */
  bytes: Uint8Array | undefined;
}

export type DetailAnswer =
  | { readonly kind: "detail"; readonly detail: StepDetail }
  | { readonly kind: "dropped"; readonly seq: number }
  | { readonly kind: "unknown" };

/**
 * One followed run: takes its messages strictly by number, gathers what the page
 * has not seen yet, and keeps the raw messages (up to a limit, oldest dropped
 * first). Knows nothing of sockets.
 */
export class RunTracker {
  readonly run: RunId;
  readonly #keepBytes: number;
  readonly #columns = new StepColumnsBuilder();
  readonly #kept: KeptMessage[] = [];
  readonly #step = new pb.Step();
  readonly #token = new pb.Token();
  readonly #ids = new Growable(Int32Array);
  #keptBytes = 0;
  #firstWithBytes = 0;
  #lastSeq = 0;
  #isFinished = false;
  #started: RunStarted | undefined;
  #context: RunStarted | undefined;
  #phase: RunPhase | undefined;
  #events: RunEvent[] = [];
  readonly #samplers: SamplerChange[] = [];
  #failure: AppError | undefined;

  constructor(run: RunId, keepBytes: number) {
    this.run = run;
    this.#keepBytes = keepBytes;
  }

  /** Undefined: the run has not started. */
  get context(): RunStarted | undefined {
    return this.#context;
  }

  /** The chain that chose the token at a position; undefined: the run has not started. */
  samplerAt(position: number): readonly SamplerStage[] | undefined {
    return (
      this.#samplers.findLast((change) => change.position <= position)?.sampler ?? this.#context?.sampler
    );
  }

  /** The messages of steps, in order. */
  get messages(): readonly KeptMessage[] {
    return this.#kept;
  }

  /** The ids of all tokens so far; valid until more come. */
  get ids(): Int32Array {
    return this.#ids.view;
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  get isFinished(): boolean {
    return this.#isFinished;
  }

  get hasNews(): boolean {
    return (
      this.#started !== undefined ||
      this.#phase !== undefined ||
      this.#failure !== undefined ||
      this.#events.length > 0 ||
      this.#columns.length > 0
    );
  }

  accept(envelope: pb.Envelope, bytes: Uint8Array): Acceptance {
    const seq = envelope.seq();
    if (seq <= this.#lastSeq) return "repeated";
    if (seq > this.#lastSeq + 1) return "gap";
    this.#take(envelope, seq, bytes);
    this.#lastSeq = seq;
    return "accepted";
  }

  fail(error: AppError): void {
    this.#failure = error;
  }

  /** What came since the last call. */
  takeNews(): RunBatch {
    const batch: RunBatch = {
      run: this.run,
      started: this.#started,
      steps: this.#columns.length > 0 ? this.#columns.take() : undefined,
      phase: this.#phase,
      events: this.#events.length > 0 ? this.#events : undefined,
      failure: this.#failure,
    };
    this.#started = undefined;
    this.#events = [];
    this.#phase = undefined;
    this.#failure = undefined;
    return batch;
  }

  detail(position: number): DetailAnswer {
    const message = this.#messageWith(position);
    if (message === undefined) return { kind: "unknown" };
    if (message.bytes === undefined) return { kind: "dropped", seq: message.seq };
    const detail = stepDetailIn(message.bytes, position);
    return detail === undefined ? { kind: "unknown" } : { kind: "detail", detail };
  }

  #take(envelope: pb.Envelope, seq: number, bytes: Uint8Array): void {
    switch (envelope.bodyType()) {
      case pb.Body.RunStarted:
        this.#started = runStarted(bodyAs(envelope, new pb.RunStarted()));
        this.#context = this.#started;
        this.#phase = { kind: "running" };
        break;
      case pb.Body.PromptTokens: {
        const body = bodyAs(envelope, new pb.PromptTokens());
        this.#columns.append(body);
        for (let i = 0; i < body.tokensLength(); ++i) this.#noteId(body.tokens(i, this.#step));
        this.#keep(body.tokens(0)?.position(), seq, bytes);
        break;
      }
      case pb.Body.Steps: {
        const body = bodyAs(envelope, new pb.Steps());
        this.#columns.append(body);
        for (let i = 0; i < body.stepsLength(); ++i) this.#noteId(body.steps(i, this.#step));
        this.#keep(body.steps(0)?.position(), seq, bytes);
        break;
      }
      default:
        this.#noteEvent(runEvent(envelope, asPosition(this.#ids.length)));
        this.#phase = runPhase(envelope) ?? this.#phase;
        this.#isFinished ||= this.#phase?.kind === "finished";
    }
  }

  #noteEvent(event: RunEvent | undefined): void {
    if (event === undefined) return;
    this.#events.push(event);
    if (event.kind === "sampler") this.#samplers.push(event.change);
    if (event.kind === "watches") this.#columns.watch(event.watches);
  }

  #noteId(step: pb.Step | null): void {
    this.#ids.push(step?.token(this.#token)?.id() ?? -1);
  }

  #keep(firstPosition: number | undefined, seq: number, bytes: Uint8Array): void {
    if (firstPosition === undefined) return;
    this.#kept.push({ firstPosition, seq, bytes });
    this.#keptBytes += bytes.length;
    while (this.#keptBytes > this.#keepBytes && this.#firstWithBytes < this.#kept.length - 1) {
      const oldest = this.#kept[this.#firstWithBytes++];
      this.#keptBytes -= oldest?.bytes?.length ?? 0;
      if (oldest !== undefined) oldest.bytes = undefined;
    }
  }

  /** The last message that begins at or before `position`. */
  #messageWith(position: number): KeptMessage | undefined {
    let low = 0;
    let high = this.#kept.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#kept[middle]?.firstPosition ?? 0) <= position) low = middle + 1;
      else high = middle;
    }
    return this.#kept[low - 1];
  }
}
