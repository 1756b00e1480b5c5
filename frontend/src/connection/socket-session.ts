import type { Position, RunId } from "../base/brand";
import * as pb from "../protocol/generated/inferno_generated";
import type { AppError, LoadProgress, ModelList, Reply, Request, StepDetail } from "../protocol/types";
import type { ConnectionCounters, ConnectionState, RunBatch } from "./connection";
import { appError, loadProgress, modelList, reply, welcome } from "./decode";
import { type ControlMessage, encode } from "./encode";
import { bodyAs, readEnvelope } from "./envelope";
import { RunTracker } from "./run-tracker";
import { stepDetailIn } from "./step-detail";

export const kSubprotocol = "inferno.v1.fbs";
const kProtocolVersion = 1;
const kClientName = "inferno-studio 0.1.0";

const kFirstRetryMs = 250;
const kLongestRetryMs = 5000;
const kRetryGrowth = 1.7;

/** Messages of a run that the server may send ahead of our acknowledgement. */
const kCredits = 1024;
const kAckEvery = 256;
/** Raw messages kept per run; older ones are asked for again when needed. */
const kKeptBytesPerRun = 192 * 1024 * 1024;
const kDetailTimeoutMs = 5000;

/** The part of WebSocket that the session uses. */
export interface SocketLike {
  binaryType: BinaryType;
  onopen: ((event: Event) => void) | null;
  onclose: ((event: CloseEvent) => void) | null;
  onmessage: ((event: MessageEvent<unknown>) => void) | null;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(): void;
}

/** What the session needs from the world around it. */
export interface SessionWorld {
  openSocket(): SocketLike;
  /** Why no socket opens; a browser does not tell the status of a refused upgrade. */
  whyRefused(): Promise<"unauthorised" | "unreachable">;
}

export interface SessionListener {
  onState(state: ConnectionState): void;
  onModelList(list: ModelList): void;
  onLoadProgress(progress: LoadProgress): void;
  /** There is something to take with takeNews(). */
  onNews(): void;
}

interface PendingRequest {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: AppError) => void;
}

/**
 * Owns the socket: opens it, opens it again with growing pauses, says hello,
 * resumes every followed run, checks the numbering, acknowledges. One thread;
 * knows nothing of the page. Failures of requests are AppErrors; a socket that
 * fails is not an error but a state.
 */
export class SocketSession {
  readonly #world: SessionWorld;
  readonly #listener: SessionListener;
  readonly #keptBytesPerRun: number;
  readonly #runs = new Map<RunId, RunTracker>();
  readonly #unacknowledged = new Map<RunId, number>();
  readonly #subscriptions = new Map<number, RunId>();
  readonly #pending = new Map<number, PendingRequest>();
  #socket: SocketLike | undefined;
  #isReady = false;
  #nextRequest = 1;
  #attempt = 0;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #counters = { messages: 0, bytes: 0, reconnects: 0, repeated: 0, gaps: 0 };

  constructor(world: SessionWorld, listener: SessionListener, keptBytesPerRun = kKeptBytesPerRun) {
    this.#world = world;
    this.#listener = listener;
    this.#keptBytesPerRun = keptBytesPerRun;
  }

  get counters(): ConnectionCounters {
    return { ...this.#counters };
  }

  open(): void {
    clearTimeout(this.#retryTimer);
    this.#dropSocket();
    this.#listener.onState({ kind: "connecting" });
    const socket = this.#world.openSocket();
    let wasOpen = false;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      wasOpen = true;
      this.#send({ kind: "hello", client: kClientName }, this.#nextRequest++);
    };
    socket.onmessage = ({ data }) => this.#onMessage(data);
    socket.onclose = () => this.#onClose(wasOpen);
    this.#socket = socket;
  }

  /** For good: nothing is opened again. */
  close(): void {
    clearTimeout(this.#retryTimer);
    this.#dropSocket();
    this.#rejectPending();
  }

  reconnect(): void {
    this.#attempt = 0;
    this.#rejectPending();
    this.open();
  }

  request(request: Request): Promise<Reply> {
    return new Promise((resolve, reject: (error: AppError) => void) => {
      if (!this.#isReady) {
        reject(kDisconnected);
        return;
      }
      const id = this.#nextRequest++;
      this.#pending.set(id, { resolve, reject });
      this.#send(request, id);
    });
  }

  follow(run: RunId): void {
    if (this.#runs.has(run)) return;
    this.#runs.set(run, new RunTracker(run, this.#keptBytesPerRun));
    if (this.#isReady) this.#subscribe(run);
  }

  unfollow(run: RunId): void {
    if (!this.#runs.delete(run)) return;
    this.#unacknowledged.delete(run);
    if (this.#isReady) this.#send({ kind: "unsubscribe", run }, this.#nextRequest++);
  }

  /** All that came for the followed runs since the last call. */
  takeNews(): RunBatch[] {
    this.#acknowledgeAll();
    return [...this.#runs.values()].filter((run) => run.hasNews).map((run) => run.takeNews());
  }

  async stepDetail(run: RunId, position: Position): Promise<StepDetail | undefined> {
    const answer = this.#runs.get(run)?.detail(position);
    if (answer?.kind === "detail") return answer.detail;
    if (answer?.kind === "dropped") return this.#fetchAgain(run, answer.seq, position);
    return undefined;
  }

  /** Undefined: the run is not followed. */
  tracker(run: RunId): RunTracker | undefined {
    return this.#runs.get(run);
  }

  #send(message: Request | ControlMessage, requestId: number): void {
    this.#socket?.send(encode(message, requestId));
  }

  #subscribe(run: RunId): void {
    const after = this.#runs.get(run)?.lastSeq ?? 0;
    const id = this.#nextRequest++;
    this.#subscriptions.set(id, run);
    this.#unacknowledged.set(run, 0);
    this.#send({ kind: "subscribe", run, after, credits: kCredits }, id);
  }

  #onMessage(data: unknown): void {
    if (!(data instanceof ArrayBuffer)) return;
    const bytes = new Uint8Array(data);
    this.#counters.messages += 1;
    this.#counters.bytes += bytes.length;
    let envelope: pb.Envelope;
    try {
      envelope = readEnvelope(bytes);
    } catch {
      // Whatever speaks here is no server of ours.
      this.#onIncompatible(0);
      return;
    }
    if (envelope.seq() > 0) this.#onRunMessage(envelope, bytes);
    else this.#onOwnMessage(envelope);
  }

  #onRunMessage(envelope: pb.Envelope, bytes: Uint8Array): void {
    const run = this.#runs.get(envelope.run() as RunId);
    if (run === undefined) return;
    switch (run.accept(envelope, bytes)) {
      case "accepted":
        this.#acknowledge(run);
        this.#listener.onNews();
        break;
      case "repeated":
        this.#counters.repeated += 1;
        break;
      case "gap":
        this.#counters.gaps += 1;
        this.#send({ kind: "unsubscribe", run: run.run }, this.#nextRequest++);
        this.#subscribe(run.run);
        break;
    }
  }

  #onOwnMessage(envelope: pb.Envelope): void {
    switch (envelope.bodyType()) {
      case pb.Body.Welcome:
        this.#onWelcome(bodyAs(envelope, new pb.Welcome()));
        return;
      case pb.Body.Error:
        this.#onError(envelope.request(), appError(bodyAs(envelope, new pb.Error())));
        return;
      case pb.Body.LoadProgress:
        this.#listener.onLoadProgress(loadProgress(bodyAs(envelope, new pb.LoadProgress())));
        return;
      case pb.Body.ModelList:
        this.#listener.onModelList(
          modelList(bodyAs(envelope, new pb.ModelList()), this.#isAwaited(envelope)),
        );
        break;
    }
    this.#subscriptions.delete(envelope.request());
    const pending = this.#pending.get(envelope.request());
    const answer = pending === undefined ? undefined : reply(envelope);
    if (pending === undefined || answer === undefined) return;
    this.#pending.delete(envelope.request());
    pending.resolve(answer);
  }

  #isAwaited(envelope: pb.Envelope): boolean {
    return this.#pending.has(envelope.request());
  }

  #onWelcome(table: pb.Welcome): void {
    const greeting = welcome(table);
    if (greeting.version !== kProtocolVersion) {
      this.#onIncompatible(greeting.version);
      return;
    }
    this.#isReady = true;
    this.#attempt = 0;
    this.#listener.onState({ kind: "ready", welcome: greeting });
    for (const run of this.#runs.keys()) this.#subscribe(run);
  }

  #onError(requestId: number, error: AppError): void {
    const run = this.#subscriptions.get(requestId);
    if (run !== undefined) {
      this.#subscriptions.delete(requestId);
      this.#runs.get(run)?.fail(error);
      this.#listener.onNews();
      return;
    }
    if (!this.#isReady && error.code === "UnsupportedVersion") {
      this.#onIncompatible(0);
      return;
    }
    const pending = this.#pending.get(requestId);
    this.#pending.delete(requestId);
    pending?.reject(error);
  }

  #onIncompatible(version: number): void {
    this.#dropSocket();
    this.#rejectPending();
    this.#listener.onState({ kind: "incompatible", version });
  }

  #onClose(wasOpen: boolean): void {
    this.#dropSocket();
    this.#rejectPending();
    if (wasOpen) {
      this.#counters.reconnects += 1;
      this.#retryLater();
      return;
    }
    void this.#world.whyRefused().then((why) => {
      if (this.#socket !== undefined) return;
      this.#retryLater();
      if (why === "unauthorised") this.#listener.onState({ kind: "unauthorised" });
    });
  }

  #retryLater(): void {
    const delay = Math.min(kLongestRetryMs, kFirstRetryMs * kRetryGrowth ** this.#attempt);
    this.#attempt += 1;
    this.#listener.onState({ kind: "waiting", attempt: this.#attempt, retryInMs: delay });
    // Many pages must not come back to one server in the same instant.
    const jitter = delay * 0.2 * Math.random();
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => this.open(), delay + jitter);
  }

  #dropSocket(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#isReady = false;
    this.#subscriptions.clear();
    if (socket === undefined) return;
    socket.onopen = null;
    socket.onmessage = null;
    socket.onclose = null;
    socket.close();
  }

  #rejectPending(): void {
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const request of pending) request.reject(kDisconnected);
  }

  #acknowledge(run: RunTracker): void {
    const count = (this.#unacknowledged.get(run.run) ?? 0) + 1;
    this.#unacknowledged.set(run.run, count);
    if (count >= kAckEvery) this.#sendAck(run);
  }

  #acknowledgeAll(): void {
    for (const run of this.#runs.values()) {
      if ((this.#unacknowledged.get(run.run) ?? 0) > 0) this.#sendAck(run);
    }
  }

  #sendAck(run: RunTracker): void {
    if (!this.#isReady) return;
    this.#unacknowledged.set(run.run, 0);
    this.#send({ kind: "ack", run: run.run, seq: run.lastSeq }, 0);
  }

  /** Asks for one message of a run over a socket of its own, which the run's order does not pass through. */
  #fetchAgain(run: RunId, seq: number, position: Position): Promise<StepDetail | undefined> {
    return new Promise((resolve) => {
      const socket = this.#world.openSocket();
      const finish = (detail: StepDetail | undefined) => {
        clearTimeout(timer);
        socket.onclose = null;
        socket.onmessage = null;
        socket.close();
        resolve(detail);
      };
      const timer = setTimeout(() => finish(undefined), kDetailTimeoutMs);
      socket.binaryType = "arraybuffer";
      socket.onclose = () => finish(undefined);
      socket.onopen = () => {
        socket.send(encode({ kind: "hello", client: kClientName }, 1));
        socket.send(encode({ kind: "subscribe", run, after: seq - 1, credits: 1 }, 2));
      };
      socket.onmessage = ({ data }) => {
        if (!(data instanceof ArrayBuffer)) return;
        const bytes = new Uint8Array(data);
        const envelope = readEnvelope(bytes);
        if (envelope.seq() === seq) finish(stepDetailIn(bytes, position));
        else if (envelope.bodyType() === pb.Body.Error) finish(undefined);
      };
    });
  }
}

const kDisconnected: AppError = {
  code: "Disconnected",
  message: "There is no connection to the server.",
  hint: "It is opened again by itself; try once more when it is back.",
};
