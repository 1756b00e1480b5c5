import { asModelId, asPosition, asRunId, type Position, type RunId } from "../base/brand";
import { Growable } from "../base/growable";
import type { RunEvent } from "../protocol/debug-types";
import type {
  AppError,
  LoadedModel,
  ModelInfo,
  ModelList,
  Reply,
  Request,
  RunPhase,
  RunStarted,
  SamplerStage,
  StepDetail,
  Token,
  TokenKind,
} from "../protocol/types";
import {
  type Connection,
  type ConnectionEvent,
  type ConnectionState,
  RequestError,
  type RunBatch,
} from "./connection";
import {
  kFlagBytes,
  kFlagControl,
  kFlagEndOfText,
  kFlagForced,
  kFlagNonFinite,
  kFlagPrompt,
  type StepColumns,
} from "./step-columns";
import type { WhatIfPiece } from "./what-if-columns";

type Answer = Reply | AppError | "never";

/**
 * A connection for component tests: records what the page asks, answers what
 * the test has laid out, and lets the test speak as the server would.
 */
export class FakeConnection implements Connection {
  readonly requests: Request[] = [];
  readonly followed = new Set<RunId>();
  readonly #answers = new Map<Request["kind"], Answer>();
  readonly #details = new Map<string, StepDetail>();
  readonly #listeners = new Set<(event: ConnectionEvent) => void>();
  nReconnects = 0;

  /** From now on, requests of this kind are answered so. */
  answer(kind: Request["kind"], answer: Answer): void {
    this.#answers.set(kind, answer);
  }

  request(request: Request): Promise<Reply> {
    this.requests.push(request);
    const answer = this.#answers.get(request.kind) ?? defaultAnswer(request);
    if (answer === "never") return new Promise(() => undefined);
    if ("code" in answer) return Promise.reject(new RequestError(answer));
    if (answer.kind === "modelList") this.emit({ kind: "modelList", list: answer.list });
    return Promise.resolve(answer);
  }

  follow(run: RunId): void {
    this.followed.add(run);
  }

  unfollow(run: RunId): void {
    this.followed.delete(run);
  }

  stepDetail(run: RunId, position: Position): Promise<StepDetail | undefined> {
    return Promise.resolve(this.#details.get(`${run}/${position}`));
  }

  /** The chains that were tried, newest last; pieces are sent with whatIfPiece(). */
  readonly triedChains: (readonly SamplerStage[])[] = [];
  #onPiece: ((piece: WhatIfPiece) => void) | undefined;

  whatIf(_run: RunId, chain: readonly SamplerStage[], onPiece: (piece: WhatIfPiece) => void): () => void {
    this.triedChains.push(chain);
    this.#onPiece = onPiece;
    return () => {
      if (this.#onPiece === onPiece) this.#onPiece = undefined;
    };
  }

  /** What would have come at each position: its token, or undefined where that is not to be told. */
  whatIfPiece(
    outcomes: readonly { readonly position: number; readonly status: number; readonly token?: number }[],
    reasons: WhatIfPiece["reasons"] = [],
  ): void {
    this.#onPiece?.({
      columns: {
        position: Uint32Array.from(outcomes, ({ position }) => position),
        status: Uint8Array.from(outcomes, ({ status }) => status),
        token: Int32Array.from(outcomes, ({ token }) => token ?? -1),
        low: Float32Array.from(outcomes, () => 0.5),
        high: Float32Array.from(outcomes, () => 0.5),
        exactness: Uint8Array.from(outcomes, () => 0),
      },
      tokens: outcomes.flatMap(({ token }) =>
        token === undefined ? [] : [{ id: token, bytes: kEncoder.encode(` t${token}`) }],
      ),
      reasons,
      isCaughtUp: true,
    });
  }

  reconnect(): void {
    this.nReconnects += 1;
  }

  listen(listener: (event: ConnectionEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  emit(event: ConnectionEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  state(state: ConnectionState): void {
    this.emit({ kind: "state", state });
  }

  ready(): void {
    this.state({ kind: "ready", welcome: { version: 1, build: "0.1.0", engineBuild: "0.5.0" } });
  }

  models(list: Partial<ModelList>): void {
    const whole: ModelList = { files: undefined, loaded: [], folders: [], ...list };
    this.answer("listModels", { kind: "modelList", list: whole });
    this.emit({ kind: "modelList", list: whole });
  }

  started(run: number, started: Partial<RunStarted> = {}): void {
    this.#batch(run, { started: { ...kStarted, ...started }, phase: { kind: "running" } });
  }

  steps(run: number, steps: readonly StepDetail[]): void {
    for (const step of steps) this.#details.set(`${run}/${step.position}`, step);
    this.#batch(run, { steps: columnsOf(steps) });
  }

  phase(run: number, phase: RunPhase): void {
    this.#batch(run, { phase });
  }

  /** What the run tells of breakpoints, watches, bans and other samplers. */
  events(run: number, ...events: readonly RunEvent[]): void {
    this.#batch(run, { events });
  }

  /** The run stands still before a token that is chosen and not yet accepted. */
  stopped(run: number, pending: StepDetail, breakpoints: readonly number[] = []): void {
    const { position } = pending;
    const reason = breakpoints.length > 0 ? "breakpoint" : "asked";
    this.#batch(run, {
      events: [{ kind: "stopped", stop: { position, breakpoints } }],
      phase: { kind: "paused", reason, position, breakpoints, pending },
    });
  }

  failed(run: number, failure: AppError): void {
    this.#batch(run, { failure });
  }

  #batch(run: number, batch: Partial<RunBatch>): void {
    const whole = {
      run: asRunId(run),
      started: undefined,
      steps: undefined,
      phase: undefined,
      failure: undefined,
    };
    const counters = { messages: 1, bytes: 100, reconnects: 0, repeated: 0, gaps: 0 };
    this.emit({ kind: "batch", runs: [{ ...whole, ...batch }], counters });
  }
}

function defaultAnswer(request: Request): Answer {
  switch (request.kind) {
    case "listModels":
      return { kind: "modelList", list: { files: [], loaded: [], folders: [] } };
    case "listRuns":
    case "searchRuns":
      return { kind: "runList", runs: [] };
    case "startRun":
      return { kind: "runQueued", run: asRunId(1), nAhead: 0 };
    default:
      return { kind: "ok" };
  }
}

const kEncoder = new TextEncoder();

export function aToken(id: number, text: string | Uint8Array, kind: TokenKind = "normal"): Token {
  const isText = typeof text === "string";
  return { id, bytes: isText ? kEncoder.encode(text) : text, kind, isText };
}

const kStarted: RunStarted = {
  model: asModelId(1),
  modelName: "stories.gguf",
  sampler: [
    { kind: "topK", parameters: { k: 40 } },
    { kind: "topP", parameters: { p: 0.95 } },
    { kind: "distribution", parameters: { seed: 7 } },
  ],
  seed: 7,
  nPrompt: 1,
  nCtx: 2048,
  nVocab: 512,
  warnings: [],
  rendered: undefined,
  limits: {},
  capture: {},
};

const kInfo: ModelInfo = {
  name: "stories",
  path: "/models/stories.gguf",
  architecture: "llama",
  description: "llama 260K F32",
  quantisation: "F32",
  sizeBytes: 1_000_000,
  fileBytes: 1_100_000,
  nParams: 260_000,
  nCtxTrain: 2048,
  nCtx: 2048,
  nEmbd: 64,
  nLayers: 5,
  nHeads: 8,
  nKvHeads: 4,
  nVocab: 512,
  nExperts: 0,
  nExpertsUsed: 0,
  tokenizer: {
    model: "SPM",
    pre: undefined,
    nTokens: 512,
    nControl: 3,
    bos: aToken(1, "<s>", "control"),
    eos: aToken(2, "</s>", "control"),
    eot: undefined,
    pad: undefined,
    unk: aToken(0, "<unk>", "unknown"),
    addsBos: true,
    addsEos: false,
  },
  chatTemplate: undefined,
  capabilities: {
    generate: true,
    attention: true,
    rollBack: true,
    chatTemplate: false,
    bos: true,
    eos: true,
    recurrent: false,
    hybrid: false,
    mixtureOfExperts: false,
    encoder: false,
    tokenize: true,
  },
  memory: undefined,
  warnings: [],
  devices: [],
  metadata: [],
  tensors: [],
  examples: [],
  options: undefined,
};

export function aLoadedModel(changes: Partial<LoadedModel> = {}, info: Partial<ModelInfo> = {}): LoadedModel {
  return {
    model: asModelId(1),
    path: kInfo.path,
    name: "stories.gguf",
    state: "ready",
    info: { ...kInfo, ...info },
    error: undefined,
    nQueued: 0,
    activeRun: undefined,
    rssBytes: 50_000_000,
    ...changes,
  };
}

/** A generated step with a likely token; `changes` say what is special about it. */
export function aStep(
  position: number,
  text: string | Uint8Array,
  changes: Partial<StepDetail> = {},
): StepDetail {
  return {
    position: asPosition(position),
    isPrompt: false,
    token: aToken(100 + position, text),
    logit: 12.5,
    rawLogprob: Math.log(0.41),
    finalProb: 0.5,
    rank: 1,
    entropy: 2.1,
    logSumExp: 13.4,
    tailMass: 0.01,
    nNonFinite: 0,
    candidates: [],
    nTop: 0,
    stages: [],
    nFinal: 3,
    decodeUs: 200,
    sampleUs: 12,
    captureUs: 20,
    forced: false,
    endOfText: false,
    draw: undefined,
    ...changes,
  };
}

export function columnsOf(steps: readonly StepDetail[]): StepColumns {
  const bytes = new Growable(Uint8Array);
  const byteEnd = steps.map((step) => {
    bytes.append(step.token.bytes);
    return bytes.length;
  });
  return {
    position: Uint32Array.from(steps, (step) => step.position),
    id: Int32Array.from(steps, (step) => step.token.id),
    rawLogprob: Float32Array.from(steps, (step) => step.rawLogprob ?? Number.NaN),
    finalProb: Float32Array.from(steps, (step) => step.finalProb ?? Number.NaN),
    rank: Uint32Array.from(steps, (step) => step.rank ?? 0),
    entropy: Float32Array.from(steps, (step) => step.entropy ?? Number.NaN),
    decodeUs: Float32Array.from(steps, (step) => step.decodeUs || Number.NaN),
    flags: Uint8Array.from(steps, flagsOf),
    bytes: bytes.copy(),
    byteEnd: Uint32Array.from(byteEnd),
  };
}

function flagsOf(step: StepDetail): number {
  return (
    (step.isPrompt ? kFlagPrompt : 0) |
    (step.token.isText ? 0 : kFlagBytes) |
    (step.token.kind === "control" ? kFlagControl : 0) |
    (step.forced ? kFlagForced : 0) |
    (step.endOfText ? kFlagEndOfText : 0) |
    (step.nNonFinite > 0 ? kFlagNonFinite : 0)
  );
}
