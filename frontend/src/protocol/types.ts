// What the page knows of the protocol: interface types of its own, apart from
// the generated ones. connection/ turns messages into these, once. A field that
// is undefined is not known or does not apply; it is never zero instead.
import type { ModelId, Position, RunId } from "../base/brand";
import type { Breakpoint, DebugReply, DebugRequest, Fork, Watch, WatchedValue } from "./debug-types";

/** A failure the page met by itself, beside the codes of the protocol. */
export type PageErrorCode = "Disconnected" | "Unreadable";

export interface AppError {
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
  /** Index into the chain that was sent, of the stage it speaks of. */
  readonly stage?: number | undefined;
  /** Where in that stage's grammar or schema the fault was met, in bytes of UTF-8. */
  readonly offset?: number | undefined;
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

export interface LogitBias {
  readonly id: number;
  /** Added to the logit; -Infinity bans the token. */
  readonly bias: number;
}

/** A stage of a run's sampler chain, with the parameters that it reads. */
export interface SamplerStage {
  readonly kind: StageKind;
  /** The numbers, by the schema's names in camelCase (`minKeep`, `lastN`). */
  readonly parameters: Readonly<Record<string, number>>;
  readonly breakers?: readonly string[] | undefined;
  readonly biases?: readonly LogitBias[] | undefined;
  readonly grammar?: string | undefined;
  readonly root?: string | undefined;
  readonly jsonSchema?: string | undefined;
}

export interface Candidate {
  readonly token: Token;
  readonly logit: number | undefined;
  readonly rawLogprob: number | undefined;
  readonly finalProb: number | undefined;
  /** Index into RunStarted.sampler of the stage that removed it. */
  readonly removedBy: number | undefined;
  /** By hand: it did not enter the chain. */
  readonly isBanned?: boolean | undefined;
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
  /** The number in [0, 1) that the random draw took; undefined if nothing was drawn. */
  readonly draw: number | undefined;
  /** What the chain chose, where `token` was put in its place. */
  readonly chainToken?: number | undefined;
  /** One per watch, in the order of the newest watches before this step. */
  readonly watched?: readonly WatchedValue[] | undefined;
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

export interface MetadataEntry {
  readonly key: string;
  readonly type: string;
  /** Long values and arrays are cut. */
  readonly value: string;
  /** Elements, of an array. */
  readonly count: number | undefined;
}

export interface TensorInfo {
  readonly name: string;
  readonly type: string;
  /** Slowest dimension first. */
  readonly shape: readonly number[];
  readonly sizeBytes: number;
}

export interface TokenizerInfo {
  readonly model: string;
  readonly pre: string | undefined;
  readonly nTokens: number;
  readonly nControl: number;
  readonly bos: Token | undefined;
  readonly eos: Token | undefined;
  readonly eot: Token | undefined;
  readonly pad: Token | undefined;
  readonly unk: Token | undefined;
  readonly addsBos: boolean;
  readonly addsEos: boolean;
}

/** A prompt to try, from the model file itself. */
export interface Example {
  readonly title: string;
  readonly prompt: Prompt;
  readonly note: string | undefined;
}

export type FlashAttention = "auto" | "on" | "off";

/** What is undefined is chosen from the machine and the model. */
export interface EngineOptions {
  readonly nCtx?: number | undefined;
  readonly nBatch?: number | undefined;
  readonly nUbatch?: number | undefined;
  readonly nThreads?: number | undefined;
  readonly nThreadsBatch?: number | undefined;
  readonly nGpuLayers?: number | undefined;
  readonly flashAttention?: FlashAttention | undefined;
  readonly cacheTypeK?: string | undefined;
  readonly cacheTypeV?: string | undefined;
  readonly useMmap?: boolean | undefined;
  readonly useMlock?: boolean | undefined;
  readonly checkTensors?: boolean | undefined;
  readonly rpcServers?: readonly string[] | undefined;
  readonly ignoreMemory?: boolean | undefined;
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
  readonly tokenizer: TokenizerInfo | undefined;
  readonly chatTemplate: string | undefined;
  readonly capabilities: Capabilities | undefined;
  readonly memory: MemoryEstimate | undefined;
  readonly warnings: readonly Warning[];
  readonly devices: readonly string[];
  readonly metadata: readonly MetadataEntry[];
  /** Empty unless asked for. */
  readonly tensors: readonly TensorInfo[];
  readonly examples: readonly Example[];
  /** As resolved from what was asked for. */
  readonly options: EngineOptions | undefined;
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

/** `addBos` undefined: as the tokenizer says. */
export type Prompt =
  | {
      readonly kind: "text";
      readonly text: string;
      readonly parseSpecial: boolean;
      readonly addBos?: boolean | undefined;
    }
  | {
      readonly kind: "chat";
      readonly messages: readonly ChatMessage[];
      /** Instead of the model's own. */
      readonly chatTemplate?: string | undefined;
    }
  | { readonly kind: "ids"; readonly ids: readonly number[] };

/** What the tokenizer makes of a prompt. */
export interface Tokens {
  readonly tokens: readonly Token[];
  /** The text that the chat template made of messages. */
  readonly rendered: string | undefined;
  readonly warnings: readonly Warning[];
  readonly nCtx: number;
}

/** What is undefined has no limit. */
export interface Limits {
  readonly nPredict?: number | undefined;
  readonly stop?: readonly string[] | undefined;
  readonly ignoreEos?: boolean | undefined;
  readonly timeMs?: number | undefined;
}

/** What is undefined takes the server's default. */
export interface Capture {
  readonly nCandidates?: number | undefined;
  readonly prompt?: boolean | undefined;
  readonly nPromptCandidates?: number | undefined;
  readonly trace?: boolean | undefined;
}

export interface RunStarted {
  readonly model: ModelId;
  readonly modelName: string;
  readonly sampler: readonly SamplerStage[];
  readonly seed: number;
  readonly nPrompt: number;
  readonly nCtx: number;
  readonly nVocab: number;
  readonly warnings: readonly Warning[];
  /** The text that the chat template made of messages. */
  readonly rendered: string | undefined;
  readonly limits: Limits;
  readonly capture: Capture;
  /** The run that it is a branch of, and from where on. */
  readonly parent?: RunId | undefined;
  readonly forkPosition?: Position | undefined;
  /** It decodes its parent's tokens again, to see whether the same comes. */
  readonly isReplay?: boolean | undefined;
}

export type PauseReason = "asked" | "stepped" | "start" | "breakpoint";

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
  readonly promptSumLogprob: number | undefined;
  readonly nPromptScored: number;
}

/** Where a run is: the last of these that the server told of. */
export type RunPhase =
  | { readonly kind: "running" }
  | {
      readonly kind: "paused";
      readonly reason: PauseReason;
      /** Of the token that comes next. */
      readonly position?: Position | undefined;
      /** Ids of those that were hit. */
      readonly breakpoints?: readonly number[] | undefined;
      /** That token, chosen and not yet accepted: the step as it will be if nothing is changed. */
      readonly pending?: StepDetail | undefined;
    }
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
  /** Undefined: not started yet. */
  readonly nPrompt?: number | undefined;
  /** Undefined: it goes on. */
  readonly reason?: FinishReason | undefined;
  /** When it was asked for, milliseconds since 1970. */
  readonly askedMs?: number | undefined;
  /** Its messages are on disk. */
  readonly isRecorded?: boolean | undefined;
  /** The server ended while it was going on. */
  readonly isInterrupted?: boolean | undefined;
  /** Why the rest is not on disk. */
  readonly notRecorded?: string | undefined;
  /** It comes from the recordings: the server has started anew since. */
  readonly isFromEarlierStart?: boolean | undefined;
  /** Undefined: nobody gave it one. So with the note. */
  readonly title?: string | undefined;
  readonly note?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  /** The run that it is a branch of, and from where on. */
  readonly parent?: RunId | undefined;
  readonly forkPosition?: Position | undefined;
  readonly isReplay?: boolean | undefined;
}

/** What people keep with a recorded run; what is undefined stays as it is. */
export interface RunLabel {
  readonly title?: string | undefined;
  readonly note?: string | undefined;
  /** All of them. */
  readonly tags?: readonly string[] | undefined;
}

export interface Welcome {
  readonly version: number;
  readonly build: string;
  readonly engineBuild: string;
}

/** Of a branch, what is undefined is as in the run that it forks. */
export interface StartRun {
  readonly model: ModelId;
  /** Undefined: it is a branch. */
  readonly prompt?: Prompt | undefined;
  readonly sampler?: readonly SamplerStage[] | undefined;
  readonly seed?: number | undefined;
  readonly limits?: Limits | undefined;
  readonly capture?: Capture | undefined;
  readonly startPaused: boolean;
  readonly fork?: Fork | undefined;
  readonly breakpoints?: readonly Breakpoint[] | undefined;
  readonly watches?: readonly Watch[] | undefined;
  /** Ends the run that the model is busy with, so that this one need not wait. */
  readonly stopActive?: boolean | undefined;
}

/** What the page asks of the server. */
export type Request =
  | { readonly kind: "listModels" }
  | {
      readonly kind: "inspectModel";
      readonly path: string;
      readonly options?: EngineOptions | undefined;
      readonly withTensors: boolean;
    }
  | { readonly kind: "loadModel"; readonly path: string; readonly options?: EngineOptions | undefined }
  | { readonly kind: "cancelLoad"; readonly model: ModelId }
  | { readonly kind: "unloadModel"; readonly model: ModelId }
  | { readonly kind: "tokenize"; readonly model: ModelId; readonly prompt: Prompt }
  | { readonly kind: "checkSampler"; readonly model: ModelId; readonly sampler: readonly SamplerStage[] }
  | { readonly kind: "startRun"; readonly start: StartRun }
  | {
      readonly kind: "forceToken";
      readonly run: RunId;
      readonly id: number;
      readonly then?: readonly number[] | undefined;
    }
  | { readonly kind: "pause" | "resume" | "stepOnce" | "stop"; readonly run: RunId }
  | { readonly kind: "listRuns" }
  | { readonly kind: "updateRun"; readonly run: RunId; readonly label: RunLabel }
  | { readonly kind: "deleteRun"; readonly run: RunId }
  | { readonly kind: "searchRuns"; readonly text: string; readonly inGenerated: boolean }
  | DebugRequest;

/** What the server answers. Other answers than these arrive as events. */
export type Reply =
  | { readonly kind: "ok" }
  | { readonly kind: "modelList"; readonly list: ModelList }
  | { readonly kind: "modelLoaded"; readonly model: ModelId; readonly info: ModelInfo }
  | { readonly kind: "modelInfo"; readonly info: ModelInfo }
  | { readonly kind: "tokens"; readonly tokens: Tokens }
  | {
      readonly kind: "samplerChecked";
      /** With every parameter filled in; undefined if there are errors. */
      readonly sampler: readonly SamplerStage[] | undefined;
      readonly errors: readonly AppError[];
    }
  | { readonly kind: "runQueued"; readonly run: RunId; readonly nAhead: number }
  | { readonly kind: "runList"; readonly runs: readonly RunSummary[] }
  | DebugReply;
