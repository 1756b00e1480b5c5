// Messages of the server, as the page's own types. Steps are not decoded here
// but in step-columns.ts (live) and step-detail.ts (on demand).
import { ByteBuffer } from "flatbuffers";
import { asModelId, asRunId } from "../base/brand";
import * as pb from "../protocol/generated/inferno_generated";
import type {
  AppError,
  Capabilities,
  Finished,
  LoadedModel,
  LoadProgress,
  MemoryEstimate,
  ModelInfo,
  ModelList,
  Reply,
  RunPhase,
  RunStarted,
  RunSummary,
  SamplerStage,
  Warning,
  Welcome,
} from "../protocol/types";
import { errorCode, finishReason, modelState, pauseReason, stageKind } from "./enums";

const kSmallestEnvelopeBytes = 12;

/** The envelope around a message; throws if the bytes are not one. */
export function readEnvelope(bytes: Uint8Array): pb.Envelope {
  const buffer = new ByteBuffer(bytes);
  if (bytes.length < kSmallestEnvelopeBytes || !pb.Envelope.bufferHasIdentifier(buffer)) {
    throw new Error("not a message of Inferno's protocol");
  }
  return pb.Envelope.getRootAsEnvelope(buffer);
}

/** The body of an envelope, whose type the caller has looked at. */
export function bodyAs<T>(envelope: pb.Envelope, table: T): T {
  const body: T | null = envelope.body(table);
  if (body === null) throw new Error("a message without its body");
  return body;
}

function string(value: string | Uint8Array | null): string {
  return typeof value === "string" ? value : "";
}

function optionalString(value: string | Uint8Array | null): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function optional(value: number | null): number | undefined {
  return value ?? undefined;
}

export function appError(error: pb.ErrorT | pb.Error): AppError {
  const table = error instanceof pb.Error ? error.unpack() : error;
  return { code: errorCode(table.code), message: string(table.message), hint: optionalString(table.hint) };
}

function warnings(list: readonly pb.WarningT[]): Warning[] {
  return list.map((warning) => ({ code: string(warning.code), message: string(warning.message) }));
}

export function welcome(table: pb.Welcome): Welcome {
  return {
    version: table.version(),
    build: string(table.build()),
    engineBuild: string(table.engineBuild()),
  };
}

function capabilities(table: pb.CapabilitiesT): Capabilities {
  const {
    generate,
    attention,
    rollBack,
    chatTemplate,
    bos,
    eos,
    recurrent,
    hybrid,
    mixtureOfExperts,
    encoder,
    tokenize,
  } = table;
  return {
    generate,
    attention,
    rollBack,
    chatTemplate,
    bos,
    eos,
    recurrent,
    hybrid,
    mixtureOfExperts,
    encoder,
    tokenize,
  };
}

function memoryEstimate(table: pb.MemoryEstimateT): MemoryEstimate {
  return {
    weightsBytes: Number(table.weightsBytes),
    cacheBytes: Number(table.cacheBytes),
    computeBytes: Number(table.computeBytes),
    totalBytes: Number(table.totalBytes),
    availableBytes: Number(table.availableBytes),
  };
}

export function modelInfo(table: pb.ModelInfoT): ModelInfo {
  return {
    name: string(table.name),
    path: string(table.path),
    architecture: string(table.architecture),
    description: string(table.description),
    quantisation: string(table.quantisation),
    sizeBytes: Number(table.sizeBytes),
    fileBytes: Number(table.fileBytes),
    nParams: Number(table.nParams),
    nCtxTrain: table.nCtxTrain,
    nCtx: table.nCtx,
    nEmbd: table.nEmbd,
    nLayers: table.nLayers,
    nHeads: table.nHeads,
    nKvHeads: table.nKvHeads,
    nVocab: table.nVocab,
    nExperts: table.nExperts,
    nExpertsUsed: table.nExpertsUsed,
    tokenizer: optionalString(table.tokenizer?.model ?? null),
    capabilities: table.capabilities === null ? undefined : capabilities(table.capabilities),
    memory: table.memory === null ? undefined : memoryEstimate(table.memory),
    warnings: warnings(table.warnings),
    devices: table.devices,
  };
}

function loadedModel(table: pb.LoadedModelT): LoadedModel {
  return {
    model: asModelId(table.model),
    path: string(table.path),
    name: string(table.name),
    state: modelState(table.state),
    info: table.info === null ? undefined : modelInfo(table.info),
    error: table.error === null ? undefined : appError(table.error),
    nQueued: table.nQueued,
    activeRun: table.activeRun === null ? undefined : asRunId(table.activeRun),
    rssBytes: table.rssBytes === null ? undefined : Number(table.rssBytes),
  };
}

export function modelList(table: pb.ModelList, isReply: boolean): ModelList {
  const list = table.unpack();
  return {
    // The reply to a question names the files, if only to say that there are none.
    files: isReply
      ? list.files.map((file) => ({
          path: string(file.path),
          name: string(file.name),
          sizeBytes: Number(file.sizeBytes),
        }))
      : undefined,
    loaded: list.loaded.map(loadedModel),
    folders: list.folders,
  };
}

export function loadProgress(table: pb.LoadProgress): LoadProgress {
  return {
    model: asModelId(table.model()),
    path: string(table.path()),
    fraction: table.fraction(),
    stage: string(table.stage()),
  };
}

function runSummary(table: pb.RunSummaryT): RunSummary {
  return {
    run: asRunId(table.run),
    model: asModelId(table.model),
    modelName: string(table.modelName),
    lastSeq: table.lastSeq,
    nGenerated: table.nGenerated,
    finished: table.finished,
    paused: table.paused,
    prompt: string(table.prompt),
  };
}

function samplerStage(table: pb.SamplerStageT): SamplerStage {
  const { kind, ...fields } = table;
  const numbers = Object.entries(fields).filter(
    (entry): entry is [string, number] => typeof entry[1] === "number",
  );
  return { kind: stageKind(kind), parameters: Object.fromEntries(numbers) };
}

export function runStarted(table: pb.RunStarted): RunStarted {
  const started = table.unpack();
  return {
    model: asModelId(started.model),
    modelName: string(started.modelName),
    sampler: started.sampler.map(samplerStage),
    seed: started.seed,
    nPrompt: started.nPrompt,
    nCtx: started.nCtx,
    nVocab: started.nVocab,
    warnings: warnings(started.warnings),
    nPredict: optional(started.limits?.nPredict ?? null),
  };
}

function finished(table: pb.Finished): Finished {
  const error = table.error();
  return {
    reason: finishReason(table.reason()),
    error: error === null ? undefined : appError(error),
    nPrompt: table.nPrompt(),
    nGenerated: table.nGenerated(),
    stopString: optionalString(table.stopString()),
    promptMs: table.promptMs(),
    generateMs: table.generateMs(),
    sumLogprob: table.sumLogprob(),
  };
}

/** The phase a message of a run puts it in; undefined if it says nothing of that. */
export function runPhase(envelope: pb.Envelope): RunPhase | undefined {
  switch (envelope.bodyType()) {
    case pb.Body.Paused:
      return { kind: "paused", reason: pauseReason(bodyAs(envelope, new pb.Paused()).reason()) };
    case pb.Body.Resumed:
      return { kind: "running" };
    case pb.Body.Finished:
      return { kind: "finished", finished: finished(bodyAs(envelope, new pb.Finished())) };
    default:
      return undefined;
  }
}

/** The answer to a request; undefined if the message is no answer. */
export function reply(envelope: pb.Envelope): Reply | undefined {
  switch (envelope.bodyType()) {
    case pb.Body.Ok:
      return { kind: "ok" };
    case pb.Body.ModelList:
      return { kind: "modelList", list: modelList(bodyAs(envelope, new pb.ModelList()), true) };
    case pb.Body.ModelLoaded: {
      const loaded = bodyAs(envelope, new pb.ModelLoaded());
      const info = loaded.info();
      if (info === null) throw new Error("a loaded model without its description");
      return { kind: "modelLoaded", model: asModelId(loaded.model()), info: modelInfo(info.unpack()) };
    }
    case pb.Body.RunQueued: {
      const queued = bodyAs(envelope, new pb.RunQueued());
      return { kind: "runQueued", run: asRunId(queued.run()), nAhead: queued.nAhead() };
    }
    case pb.Body.RunList:
      return { kind: "runList", runs: bodyAs(envelope, new pb.RunList()).unpack().runs.map(runSummary) };
    default:
      return undefined;
  }
}
