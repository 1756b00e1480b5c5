import type { Position, RunId } from "../base/brand";
import type { RunBatch } from "../connection/connection";
import type { AppError, RunPhase, RunStarted, SamplerStage, StepDetail } from "../protocol/types";
import { RunDebugging } from "./run-debugging";
import { TokenColumns } from "./token-columns";

/** Over how long the speed of a running run is measured. */
const kSpeedWindowMs = 1000;

interface Arrival {
  readonly atMs: number;
  readonly length: number;
}

/**
 * All the page knows of one run. It changes in place, once per batch; `version`
 * grows with every change, and components subscribe to that.
 */
export class RunRecord {
  readonly run: RunId;
  readonly tokens = new TokenColumns();
  readonly debugging = new RunDebugging();
  #version = 0;
  #started: RunStarted | undefined;
  #phase: RunPhase | undefined;
  #failure: AppError | undefined;
  #nPrompt = 0;
  #arrivals: Arrival[] = [];
  readonly #listeners = new Set<() => void>();

  constructor(run: RunId) {
    this.run = run;
  }

  get version(): number {
    return this.#version;
  }

  /** Undefined: queued, or not heard of yet. */
  get started(): RunStarted | undefined {
    return this.#started;
  }

  get phase(): RunPhase | undefined {
    return this.#phase;
  }

  /** The token that waits to be accepted, of a run that stands still; undefined: none. */
  get pending(): StepDetail | undefined {
    return this.isLive && this.#phase?.kind === "paused" ? this.#phase.pending : undefined;
  }

  /** Where the tokens end, the pending one included. */
  get length(): number {
    return this.tokens.length + (this.pending === undefined ? 0 : 1);
  }

  positionAt(index: number): Position {
    const { pending, tokens } = this;
    return pending !== undefined && index === tokens.length ? pending.position : tokens.position(index);
  }

  /** Undefined: the position has not come. */
  indexOf(position: Position): number | undefined {
    return position === this.pending?.position ? this.tokens.length : this.tokens.indexOf(position);
  }

  /** The chain that chose the token at a position; undefined: not known yet. */
  samplerAt(position: Position): readonly SamplerStage[] | undefined {
    return this.debugging.samplerAt(position) ?? this.#started?.sampler;
  }

  get failure(): AppError | undefined {
    return this.#failure;
  }

  get nPrompt(): number {
    return this.#nPrompt;
  }

  get nGenerated(): number {
    return this.tokens.length - this.#nPrompt;
  }

  get isLive(): boolean {
    return this.#failure === undefined && this.#phase?.kind !== "finished";
  }

  /** Tokens per second as they arrive here; undefined while there is nothing to measure. */
  speed(nowMs: number): number | undefined {
    const recent = this.#arrivals.filter((arrival) => arrival.atMs >= nowMs - kSpeedWindowMs);
    const first = recent[0];
    const last = recent.at(-1);
    if (first === undefined || last === undefined || last.atMs - first.atMs < 100) return undefined;
    return ((last.length - first.length) * 1000) / (last.atMs - first.atMs);
  }

  apply(batch: RunBatch, nowMs: number): void {
    this.#started = batch.started ?? this.#started;
    if (batch.steps !== undefined) {
      const before = this.tokens.length;
      this.tokens.append(batch.steps);
      this.#countPrompt(before);
      this.#noteArrival(nowMs);
    }
    for (const event of batch.events ?? []) this.debugging.apply(event);
    this.#phase = batch.phase ?? this.#phase;
    this.#failure = batch.failure ?? (batch.steps === undefined ? this.#failure : undefined);
    this.#version += 1;
    for (const listener of this.#listeners) listener();
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #countPrompt(from: number): void {
    for (let index = from; index < this.tokens.length && this.tokens.isPrompt(index); ++index) {
      this.#nPrompt = index + 1;
    }
  }

  #noteArrival(nowMs: number): void {
    this.#arrivals.push({ atMs: nowMs, length: this.tokens.length });
    const oldest = nowMs - kSpeedWindowMs;
    if ((this.#arrivals[0]?.atMs ?? nowMs) < oldest - kSpeedWindowMs) {
      this.#arrivals = this.#arrivals.filter((arrival) => arrival.atMs >= oldest);
    }
  }
}
