import type { Position, RunId } from "../base/brand";
import type { Reply, Request, SamplerStage, StepDetail } from "../protocol/types";
import { type Connection, type ConnectionEvent, RequestError } from "./connection";
import type { ServerAddress } from "./server-address";
import type { WhatIfPiece } from "./what-if-columns";
import type { FromWorker, ToWorker } from "./worker-messages";

interface Waiting<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: RequestError) => void;
}

/**
 * The connection as the page sees it: passes everything to the worker that owns
 * the socket, and asks for the next batch only after a frame was drawn, so that
 * no more than one batch ever waits for the page.
 */
export class WorkerConnection implements Connection {
  readonly #worker: Worker;
  readonly #listeners = new Set<(event: ConnectionEvent) => void>();
  readonly #requests = new Map<number, Waiting<Reply>>();
  readonly #details = new Map<number, (detail: StepDetail | undefined) => void>();
  #whatIf: { readonly id: number; readonly onPiece: (piece: WhatIfPiece) => void } | undefined;
  #nextId = 1;

  constructor(worker: Worker, address: ServerAddress) {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#onMessage(data);
    this.#post({ kind: "open", address });
  }

  request(request: Request): Promise<Reply> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#requests.set(id, { resolve, reject });
      this.#post({ kind: "request", id, request });
    });
  }

  follow(run: RunId): void {
    this.#post({ kind: "follow", run });
  }

  unfollow(run: RunId): void {
    this.#post({ kind: "unfollow", run });
  }

  stepDetail(run: RunId, position: Position): Promise<StepDetail | undefined> {
    const id = this.#nextId++;
    return new Promise((resolve) => {
      this.#details.set(id, resolve);
      this.#post({ kind: "detail", id, run, position });
    });
  }

  whatIf(run: RunId, chain: readonly SamplerStage[], onPiece: (piece: WhatIfPiece) => void): () => void {
    const id = this.#nextId++;
    const job = { id, onPiece };
    this.#whatIf = job;
    this.#post({ kind: "whatIf", id, run, chain });
    return () => {
      if (this.#whatIf !== job) return;
      this.#whatIf = undefined;
      this.#post({ kind: "endWhatIf" });
    };
  }

  reconnect(): void {
    this.#post({ kind: "reconnect" });
  }

  listen(listener: (event: ConnectionEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #post(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #onMessage(message: FromWorker): void {
    switch (message.kind) {
      case "reply":
        this.#settle(message.id)?.resolve(message.reply);
        break;
      case "failure":
        this.#settle(message.id)?.reject(new RequestError(message.error));
        break;
      case "detail":
        this.#details.get(message.id)?.(message.detail);
        this.#details.delete(message.id);
        break;
      case "whatIf":
        if (this.#whatIf?.id === message.id) this.#whatIf.onPiece(message.piece);
        break;
      default:
        for (const listener of this.#listeners) listener(message);
        if (message.kind === "batch") requestAnimationFrame(() => this.#post({ kind: "frame" }));
    }
  }

  #settle(id: number): Waiting<Reply> | undefined {
    const waiting = this.#requests.get(id);
    this.#requests.delete(id);
    return waiting;
  }
}
