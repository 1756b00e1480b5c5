// Messages of the server, as the page's own types. Steps are not decoded here
// but in step-columns.ts (live) and step-detail.ts (on demand).
import { asModelId, asPosition, asRunId } from "../base/brand";
import * as pb from "../protocol/generated/inferno_generated";
import type {
  AppError,
  Capture,
  Finished,
  Limits,
  LoadedModel,
  LoadProgress,
  ModelList,
  Reply,
  RunPhase,
  RunStarted,
  RunSummary,
  Tokens,
  Welcome,
} from "../protocol/types";
import { debugReply, pausedPhase } from "./decode-debug";
import { modelInfo } from "./decode-model";
import {
  optionalReadable,
  optionalString,
  readable,
  samplerStage,
  string,
  tokenOf,
  warnings,
} from "./decode-parts";
import { errorCode, finishReason, modelState } from "./enums";
import { bodyAs } from "./envelope";

export function appError(error: pb.ErrorT | pb.Error): AppError {
  const table = error instanceof pb.Error ? error.unpack() : error;
  return {
    code: errorCode(table.code),
    message: readable(table.message),
    hint: optionalReadable(table.hint),
    stage: table.stage ?? undefined,
    offset: table.offset ?? undefined,
  };
}

export function welcome(table: pb.Welcome): Welcome {
  return {
    version: table.version(),
    build: readable(table.build()),
    engineBuild: readable(table.engineBuild()),
  };
}

function loadedModel(table: pb.LoadedModelT): LoadedModel {
  return {
    model: asModelId(table.model),
    path: string(table.path),
    name: readable(table.name),
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
          name: readable(file.name),
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
    stage: readable(table.stage()),
  };
}

function runSummary(table: pb.RunSummaryT): RunSummary {
  return {
    run: asRunId(table.run),
    model: asModelId(table.model),
    modelName: readable(table.modelName),
    lastSeq: table.lastSeq,
    nGenerated: table.nGenerated,
    finished: table.finished,
    paused: table.paused,
    prompt: string(table.prompt),
    nPrompt: table.nPrompt === 0 ? undefined : table.nPrompt,
    reason: table.reason === null ? undefined : finishReason(table.reason),
    askedMs: table.askedS === 0n ? undefined : Number(table.askedS) * 1000,
    isRecorded: table.recorded,
    isInterrupted: table.interrupted,
    notRecorded: optionalReadable(table.notRecorded),
    // Handles of models are of one start; what is read from disk has none.
    isFromEarlierStart: table.recorded && table.model === 0,
    title: optionalString(table.title),
    note: optionalString(table.note),
    tags: table.tags,
    parent: table.parent === null ? undefined : asRunId(table.parent),
    forkPosition: table.forkPosition === null ? undefined : asPosition(table.forkPosition),
    isReplay: table.replay,
  };
}

function limits(table: pb.LimitsT | null): Limits {
  if (table === null) return {};
  return {
    nPredict: table.nPredict ?? undefined,
    stop: table.stop,
    ignoreEos: table.ignoreEos,
    timeMs: table.timeMs ?? undefined,
  };
}

function capture(table: pb.CaptureT | null): Capture {
  if (table === null) return {};
  return {
    nCandidates: table.nCandidates ?? undefined,
    prompt: table.prompt,
    nPromptCandidates: table.nPromptCandidates ?? undefined,
    trace: table.trace,
  };
}

function tokens(table: pb.Tokens): Tokens {
  const list = table.unpack();
  return {
    tokens: list.tokens.map(tokenOf),
    rendered: optionalString(list.rendered),
    warnings: warnings(list.warnings),
    nCtx: list.nCtx,
  };
}

function samplerChecked(table: pb.SamplerChecked): Reply {
  const checked = table.unpack();
  const errors = checked.errors.map(appError);
  const sampler = errors.length === 0 ? checked.sampler.map(samplerStage) : undefined;
  return { kind: "samplerChecked", sampler, errors };
}

export function runStarted(table: pb.RunStarted): RunStarted {
  const started = table.unpack();
  return {
    model: asModelId(started.model),
    modelName: readable(started.modelName),
    sampler: started.sampler.map(samplerStage),
    seed: started.seed,
    nPrompt: started.nPrompt,
    nCtx: started.nCtx,
    nVocab: started.nVocab,
    warnings: warnings(started.warnings),
    rendered: optionalString(started.rendered),
    limits: limits(started.limits),
    capture: capture(started.capture),
    parent: started.parent === null ? undefined : asRunId(started.parent),
    forkPosition: started.forkPosition === null ? undefined : asPosition(started.forkPosition),
    isReplay: started.replay,
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
    promptSumLogprob: table.promptSumLogprob() ?? undefined,
    nPromptScored: table.nPromptScored(),
  };
}

/** The phase a message of a run puts it in; undefined if it says nothing of that. */
export function runPhase(envelope: pb.Envelope): RunPhase | undefined {
  switch (envelope.bodyType()) {
    case pb.Body.Paused:
      return pausedPhase(bodyAs(envelope, new pb.Paused()));
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
    case pb.Body.ModelInfo:
      return { kind: "modelInfo", info: modelInfo(bodyAs(envelope, new pb.ModelInfo()).unpack()) };
    case pb.Body.Tokens:
      return { kind: "tokens", tokens: tokens(bodyAs(envelope, new pb.Tokens())) };
    case pb.Body.SamplerChecked:
      return samplerChecked(bodyAs(envelope, new pb.SamplerChecked()));
    case pb.Body.RunQueued: {
      const queued = bodyAs(envelope, new pb.RunQueued());
      return { kind: "runQueued", run: asRunId(queued.run()), nAhead: queued.nAhead() };
    }
    case pb.Body.RunList:
      return { kind: "runList", runs: bodyAs(envelope, new pb.RunList()).unpack().runs.map(runSummary) };
    default:
      return debugReply(envelope);
  }
}
