import type { Position, RunId } from "../base/brand";
import type { RunEvent } from "../protocol/debug-types";
import type {
  AppError,
  LoadProgress,
  ModelList,
  Reply,
  Request,
  RunPhase,
  RunStarted,
  SamplerStage,
  StepDetail,
  Welcome,
} from "../protocol/types";
import type { StepColumns } from "./step-columns";
import type { WhatIfPiece } from "./what-if-columns";

export type ConnectionState =
  | { readonly kind: "connecting" }
  | { readonly kind: "ready"; readonly welcome: Welcome }
  | { readonly kind: "waiting"; readonly attempt: number; readonly retryInMs: number }
  | { readonly kind: "unauthorised" }
  | { readonly kind: "incompatible"; readonly version: number }
  /** There is no server: the runs come from a file, and nothing can be asked of a model. */
  | { readonly kind: "recording"; readonly welcome: Welcome };

/** What happened to a run since the last frame: apply the fields in this order. */
export interface RunBatch {
  readonly run: RunId;
  readonly started: RunStarted | undefined;
  readonly steps: StepColumns | undefined;
  readonly phase: RunPhase | undefined;
  /** What it told of breakpoints, watches, bans and other samplers, in order; undefined: nothing. */
  readonly events?: readonly RunEvent[] | undefined;
  /** The run can't be followed (any more). */
  readonly failure: AppError | undefined;
}

/** How faithful the connection was, counted over its whole life. */
export interface ConnectionCounters {
  readonly messages: number;
  readonly bytes: number;
  readonly reconnects: number;
  /** Messages that came twice and were dropped. */
  readonly repeated: number;
  /** Times a number was missing, and the rest was asked for again. */
  readonly gaps: number;
}

export type ConnectionEvent =
  | { readonly kind: "state"; readonly state: ConnectionState }
  | { readonly kind: "modelList"; readonly list: ModelList }
  | { readonly kind: "loadProgress"; readonly progress: LoadProgress }
  | { readonly kind: "batch"; readonly runs: readonly RunBatch[]; readonly counters: ConnectionCounters };

/** A request that was refused, or could not be made. */
export class RequestError extends Error {
  readonly error: AppError;

  constructor(error: AppError) {
    super(error.message);
    this.error = error;
  }
}

/**
 * The page's side of the connection to the server. It reconnects by itself and
 * resumes every followed run where it was; no message of a run is lost, doubled
 * or out of order. Events arrive on the page's thread, batches of steps at most
 * once per frame.
 */
export interface Connection {
  /** Rejects with a RequestError. */
  request(request: Request): Promise<Reply>;
  /** Delivers the run from its beginning, then live. Following twice is following once. */
  follow(run: RunId): void;
  /** Forgets the run, its recorded steps included. */
  unfollow(run: RunId): void;
  /** Everything recorded about a step of a followed run; undefined if it has not come (yet). */
  stepDetail(run: RunId, position: Position): Promise<StepDetail | undefined>;
  /**
   * Tries another chain on every sampled step of a followed run, and on those that
   * still come. Pieces arrive in order. One run at a time: a newer call ends an
   * older one. Returns the undo.
   */
  whatIf(run: RunId, chain: readonly SamplerStage[], onPiece: (piece: WhatIfPiece) => void): () => void;
  /** Drops the socket and opens a new one at once. */
  reconnect(): void;
  /** Returns the undo. */
  listen(listener: (event: ConnectionEvent) => void): () => void;
}
