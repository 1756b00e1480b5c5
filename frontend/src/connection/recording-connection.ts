import type { Position, RunId } from "../base/brand";
import * as pb from "../protocol/generated/inferno_generated";
import type { AppError, Reply, Request, RunSummary, SamplerStage, StepDetail } from "../protocol/types";
import {
  type Connection,
  type ConnectionCounters,
  type ConnectionEvent,
  RequestError,
  type RunBatch,
} from "./connection";
import { reply, welcome } from "./decode";
import { bodyAs, readEnvelope } from "./envelope";
import { type BlockSource, type RecordedBlock, unpackBlock } from "./recorded-block";
import { RecordedRun } from "./recorded-run";
import type { WhatIfPiece } from "./what-if-columns";

/** How long the page's thread is kept before it may draw again. */
const kSliceMs = 8;
const kCounters: ConnectionCounters = { messages: 0, bytes: 0, reconnects: 0, repeated: 0, gaps: 0 };

/**
 * The connection of an exported page: there is no server, the messages lie in the
 * page itself. Reads on the page's own thread, a block at a time, because a page
 * that was opened from disk may start no worker from a file. What needs a model is
 * refused in words.
 */
export class RecordingConnection implements Connection {
  readonly #source: BlockSource;
  readonly #listeners = new Set<(event: ConnectionEvent) => void>();
  readonly #blocks = new Map<RunId, RecordedBlock[]>();
  readonly #followed = new Map<RunId, RecordedRun>();
  #runs: readonly RunSummary[] = [];
  #isComplete = false;
  #isKnown = false;
  #waiting: (() => void)[] = [];
  #whatIf: symbol | undefined;

  constructor(source: BlockSource) {
    this.#source = source;
  }

  /** Reads the whole file; resolves when nothing more will come. */
  async open(): Promise<void> {
    for (let block = await this.#source.next(); block !== undefined; block = await this.#source.next()) {
      if (block.run === undefined) await this.#readAbout(block);
      else this.#file(block.run, block);
      this.#wakeAll();
    }
    this.#isComplete = true;
    this.#wakeAll();
    if (!this.#isKnown) this.#emit({ kind: "state", state: { kind: "incompatible", version: 0 } });
  }

  async request(request: Request): Promise<Reply> {
    if (request.kind === "listRuns") return { kind: "runList", runs: this.#runs };
    throw new RequestError(kNoServer);
  }

  follow(run: RunId): void {
    if (this.#followed.has(run)) return;
    const recorded = new RecordedRun(run);
    this.#followed.set(run, recorded);
    void this.#readRun(run, recorded);
  }

  unfollow(run: RunId): void {
    this.#followed.delete(run);
  }

  async stepDetail(run: RunId, position: Position): Promise<StepDetail | undefined> {
    return this.#followed.get(run)?.detail(position);
  }

  whatIf(run: RunId, chain: readonly SamplerStage[], onPiece: (piece: WhatIfPiece) => void): () => void {
    const id = Symbol("what if");
    this.#whatIf = id;
    void this.#computeWhatIf(id, run, chain, onPiece);
    return () => {
      if (this.#whatIf === id) this.#whatIf = undefined;
    };
  }

  reconnect(): void {}

  listen(listener: (event: ConnectionEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A page whose own description can't be read shows nothing: `open` says so at its end. */
  async #readAbout(block: RecordedBlock): Promise<void> {
    const envelopes = (await unpackBlock(block).catch(() => [])).map(readEnvelope);
    for (const envelope of envelopes) {
      const answer = reply(envelope);
      if (answer?.kind === "runList") this.#runs = answer.runs;
    }
    const greeting = envelopes.find((envelope) => envelope.bodyType() === pb.Body.Welcome);
    if (greeting === undefined) return;
    this.#isKnown = true;
    const state = { kind: "recording", welcome: welcome(bodyAs(greeting, new pb.Welcome())) } as const;
    this.#emit({ kind: "state", state });
  }

  #file(run: RunId, block: RecordedBlock): void {
    const blocks = this.#blocks.get(run);
    if (blocks === undefined) this.#blocks.set(run, [block]);
    else blocks.push(block);
  }

  async #readRun(run: RunId, recorded: RecordedRun): Promise<void> {
    const isFollowed = () => this.#followed.get(run) === recorded;
    let drawAtMs = performance.now();
    while (isFollowed() && !recorded.hasEnd) {
      const block = this.#blocks.get(run)?.[recorded.nBlocksRead];
      if (block !== undefined) await recorded.read(block);
      else if (this.#isComplete) recorded.endWithoutFinish();
      const isWaiting = block === undefined && !this.#isComplete;
      if (!isWaiting && !recorded.hasEnd && performance.now() < drawAtMs) continue;
      if (isFollowed()) this.#tell(recorded.takeNews());
      await (isWaiting ? this.#somethingNew() : drawn());
      drawAtMs = performance.now() + kSliceMs;
    }
  }

  /** Until more of the file has come. */
  #somethingNew(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #wakeAll(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  async #computeWhatIf(
    id: symbol,
    run: RunId,
    chain: readonly SamplerStage[],
    onPiece: (piece: WhatIfPiece) => void,
  ): Promise<void> {
    const recorded = this.#followed.get(run);
    const job = recorded?.whatIf(chain);
    while (job !== undefined && this.#whatIf === id) {
      const piece = job.advance(kSliceMs, () => performance.now());
      onPiece({ ...piece, isCaughtUp: piece.isCaughtUp && recorded?.hasEnd === true });
      if (piece.isCaughtUp && recorded?.hasEnd === true) return;
      await drawn();
    }
  }

  #tell(batch: RunBatch | undefined): void {
    if (batch !== undefined) this.#emit({ kind: "batch", runs: [batch], counters: kCounters });
  }

  #emit(event: ConnectionEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

/** Lets the page draw, and whatever else waits have its turn. */
function drawn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

const kNoServer: AppError = {
  code: "Disconnected",
  message: "This page is a recording: there is no model to ask.",
  hint: "Open the session in Inferno to go on with it.",
};
