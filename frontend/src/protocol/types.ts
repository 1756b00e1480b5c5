// What the page knows of the protocol: interface types of its own, apart from
// the generated ones. connection/ turns messages into these, once. A field that
// is undefined is not known or does not apply; it is never zero instead.
import type { ModelId, Position, RunId } from "../base/brand";

/** A failure the page met by itself, beside the codes of the protocol. */
export type PageErrorCode = "Disconnected" | "Unreadable";

export interface AppError {
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
}

export interface Warning {
  readonly code: string;
  readonly message: string;
}

export type TokenKind = "normal" | "unknown" | "control" | "userDefined" | "unused" | "byte";

export interface Token {
  readonly id: number;
  readonly bytes: Uint8Array;
  readonly kind: TokenKind;
  /** False: the bytes are only a part of a character, or not text at all. */
  readonly isText: boolean;
}

export type StageKind =
  | "topK"
  | "topP"
  | "minP"
  | "typical"
  | "temperature"
  | "dynamicTemperature"
  | "xtc"
  | "topNSigma"
  | "mirostat1"
  | "mirostat2"
  | "penalties"
  | "dry"
  | "adaptiveP"
  | "logitBias"
  | "grammar"
  | "greedy"
  | "distribution"
  | "unknown";

/** A stage of a run's sampler chain, with the parameters that it reads. */
export interface SamplerStage {
  readonly kind: StageKind;
  readonly parameters: Readonly<Record<string, number>>;
}

export interface Candidate {
  readonly token: Token;
  readonly logit: number | undefined;
  readonly rawLogprob: number | undefined;
  readonly finalProb: number | undefined;
  /** Index into RunStarted.sampler of the stage that removed it. */
  readonly removedBy: number | undefined;
}

export interface StageTrace {
  readonly stage: number;
  readonly kind: StageKind;
  readonly nIn: number;
  readonly nOut: number;
  readonly massRemoved: number;
  readonly entropyBefore: number;
  readonly entropyAfter: number;
  readonly topBefore: number;
  readonly topAfter: number;
  readonly removedTop: boolean;
  readonly changed: boolean;
  readonly selected: number | undefined;
  readonly value: number | undefined;
}

/** Everything recorded about one token. */
export interface StepDetail {
  readonly position: Position;
  readonly isPrompt: boolean;
  readonly token: Token;
  readonly logit: number | undefined;
  readonly rawLogprob: number | undefined;
  readonly finalProb: number | undefined;
  readonly rank: number | undefined;
  readonly entropy: number | undefined;
  readonly logSumExp: number | undefined;
  readonly tailMass: number | undefined;
  readonly nNonFinite: number;
  readonly candidates: readonly Candidate[];
  readonly nTop: number;
  readonly stages: readonly StageTrace[];
  readonly nFinal: number | undefined;
  readonly decodeUs: number;
  readonly sampleUs: number;
  readonly captureUs: number;
  readonly forced: boolean;
  readonly endOfText: boolean;
}

export interface Capabilities {
  readonly generate: boolean;
  readonly attention: boolean;
  readonly rollBack: boolean;
  readonly chatTemplate: boolean;
  readonly bos: boolean;
  readonly eos: boolean;
  readonly recurrent: boolean;
  readonly hybrid: boolean;
  readonly mixtureOfExperts: boolean;
  readonly encoder: boolean;
  readonly tokenize: boolean;
}

export interface MemoryEstimate {
  readonly weightsBytes: number;
  readonly cacheBytes: number;
  readonly computeBytes: number;
  readonly totalBytes: number;
  readonly availableBytes: number;
}

export interface ModelInfo {
  readonly name: string;
  readonly path: string;
  readonly architecture: string;
  readonly description: string;
  readonly quantisation: string;
  readonly sizeBytes: number;
  readonly fileBytes: number;
  readonly nParams: number;
  readonly nCtxTrain: number;
  readonly nCtx: number;
  readonly nEmbd: number;
  readonly nLayers: number;
  readonly nHeads: number;
  readonly nKvHeads: number;
  readonly nVocab: number;
  readonly nExperts: number;
  readonly nExpertsUsed: number;
  readonly tokenizer: string | undefined;
  readonly capabilities: Capabilities | undefined;
  readonly memory: MemoryEstimate | undefined;
  readonly warnings: readonly Warning[];
  readonly devices: readonly string[];
}

export interface ModelFile {
  readonly path: string;
  readonly name: string;
  readonly sizeBytes: number;
}

export type ModelState = "loading" | "ready" | "dead";

export interface LoadedModel {
  readonly model: ModelId;
  readonly path: string;
  readonly name: string;
  readonly state: ModelState;
  readonly info: ModelInfo | undefined;
  readonly error: AppError | undefined;
  readonly nQueued: number;
  readonly activeRun: RunId | undefined;
  readonly rssBytes: number | undefined;
}

export interface ModelList {
  /** Undefined: the message did not speak of files. */
  readonly files: readonly ModelFile[] | undefined;
  readonly loaded: readonly LoadedModel[];
  readonly folders: readonly string[];
}

export interface LoadProgress {
  readonly model: ModelId;
  readonly path: string;
  readonly fraction: number;
  readonly stage: string;
}

export interface ChatMessage {
  readonly role: string;
  readonly content: string;
}

export type Prompt =
  | { readonly kind: "text"; readonly text: string; readonly parseSpecial: boolean }
  | { readonly kind: "chat"; readonly messages: readonly ChatMessage[] };

export interface RunStarted {
  readonly model: ModelId;
  readonly modelName: string;
  readonly sampler: readonly SamplerStage[];
  readonly seed: number;
  readonly nPrompt: number;
  readonly nCtx: number;
  readonly nVocab: number;
  readonly warnings: readonly Warning[];
  readonly nPredict: number | undefined;
}

export type PauseReason = "asked" | "stepped" | "start";

export type FinishReason =
  | "endOfText"
  | "limit"
  | "stopString"
  | "stopped"
  | "contextFull"
  | "timeLimit"
  | "failed"
  | "engineDied";

export interface Finished {
  readonly reason: FinishReason;
  readonly error: AppError | undefined;
  readonly nPrompt: number;
  readonly nGenerated: number;
  readonly stopString: string | undefined;
  readonly promptMs: number;
  readonly generateMs: number;
  readonly sumLogprob: number;
}

/** Where a run is: the last of these that the server told of. */
export type RunPhase =
  | { readonly kind: "running" }
  | { readonly kind: "paused"; readonly reason: PauseReason }
  | { readonly kind: "finished"; readonly finished: Finished };

export interface RunSummary {
  readonly run: RunId;
  readonly model: ModelId;
  readonly modelName: string;
  readonly lastSeq: number;
  readonly nGenerated: number;
  readonly finished: boolean;
  readonly paused: boolean;
  readonly prompt: string;
}

export interface Welcome {
  readonly version: number;
  readonly build: string;
  readonly engineBuild: string;
}

export interface StartRun {
  readonly model: ModelId;
  readonly prompt: Prompt;
  readonly sampler: readonly SamplerStage[];
  readonly seed: number | undefined;
  readonly nPredict: number | undefined;
  readonly startPaused: boolean;
}

/** What the page asks of the server. */
export type Request =
  | { readonly kind: "listModels" }
  | { readonly kind: "loadModel"; readonly path: string }
  | { readonly kind: "cancelLoad"; readonly model: ModelId }
  | { readonly kind: "unloadModel"; readonly model: ModelId }
  | { readonly kind: "startRun"; readonly start: StartRun }
  | { readonly kind: "pause" | "resume" | "stepOnce" | "stop"; readonly run: RunId }
  | { readonly kind: "listRuns" };

/** What the server answers. Other answers than these arrive as events. */
export type Reply =
  | { readonly kind: "ok" }
  | { readonly kind: "modelList"; readonly list: ModelList }
  | { readonly kind: "modelLoaded"; readonly model: ModelId; readonly info: ModelInfo }
  | { readonly kind: "runQueued"; readonly run: RunId; readonly nAhead: number }
  | { readonly kind: "runList"; readonly runs: readonly RunSummary[] };
