import { assertNever } from "../base/assert";
import type { RunId } from "../base/brand";
import * as pb from "../protocol/generated/inferno_generated";
import type { Capture, EngineOptions, Limits, Prompt, Request, StartRun } from "../protocol/types";
import { debugBody, encodedBreakpoint, encodedFork, encodedWatch } from "./encode-debug";
import { encodedStage } from "./encode-parts";
import { kPbFlashAttention } from "./enums";
import { SparseBuilder } from "./sparse-builder";
import { UpdateRunBody } from "./update-run-body";

/** What only the connection itself says. */
export type ControlMessage =
  | { readonly kind: "hello"; readonly client: string }
  | { readonly kind: "subscribe"; readonly run: RunId; readonly after: number; readonly credits: number }
  | { readonly kind: "unsubscribe"; readonly run: RunId }
  | { readonly kind: "ack"; readonly run: RunId; readonly seq: number };

type BodyOf = { readonly type: pb.Body; readonly body: pb.EnvelopeT["body"]; readonly run?: RunId };

export function encode(message: Request | ControlMessage, requestId: number): Uint8Array<ArrayBuffer> {
  const { type, body, run } = bodyOf(message);
  const envelope = new pb.EnvelopeT(1, requestId, run ?? 0, 0, type, body);
  const builder = new SparseBuilder(512);
  pb.Envelope.finishEnvelopeBuffer(builder, envelope.pack(builder));
  // A copy: the builder's own array is larger, and the socket reads it later.
  return new Uint8Array(builder.asUint8Array());
}

function bodyOf(message: Request | ControlMessage): BodyOf {
  switch (message.kind) {
    case "hello":
      return { type: pb.Body.Hello, body: new pb.HelloT(message.client) };
    case "subscribe":
      return {
        type: pb.Body.Subscribe,
        body: new pb.SubscribeT(message.run, message.after, message.credits),
      };
    case "unsubscribe":
      return { type: pb.Body.Unsubscribe, body: new pb.UnsubscribeT(message.run) };
    case "ack":
      return { type: pb.Body.Ack, body: new pb.AckT(message.run, message.seq) };
    case "listModels":
      return { type: pb.Body.ListModels, body: new pb.ListModelsT() };
    case "loadModel":
      return {
        type: pb.Body.LoadModel,
        body: new pb.LoadModelT(message.path, optionalOptions(message.options)),
      };
    case "inspectModel":
      return {
        type: pb.Body.InspectModel,
        body: new pb.InspectModelT(message.path, optionalOptions(message.options), message.withTensors),
      };
    case "cancelLoad":
      return { type: pb.Body.CancelLoad, body: new pb.CancelLoadT(message.model) };
    case "unloadModel":
      return { type: pb.Body.UnloadModel, body: new pb.UnloadModelT(message.model) };
    case "tokenize":
      return { type: pb.Body.Tokenize, body: new pb.TokenizeT(message.model, prompt(message.prompt)) };
    case "checkSampler":
      return {
        type: pb.Body.CheckSampler,
        body: new pb.CheckSamplerT(message.model, message.sampler.map(encodedStage)),
      };
    case "forceToken":
      return {
        type: pb.Body.ForceToken,
        body: new pb.ForceTokenT(message.id, [...(message.then ?? [])]),
        run: message.run,
      };
    case "startRun":
      return { type: pb.Body.StartRun, body: startRun(message.start) };
    case "pause":
      return { type: pb.Body.Pause, body: new pb.PauseT(), run: message.run };
    case "resume":
      return { type: pb.Body.Resume, body: new pb.ResumeT(), run: message.run };
    case "stepOnce":
      return { type: pb.Body.StepOnce, body: new pb.StepOnceT(), run: message.run };
    case "stop":
      return { type: pb.Body.Stop, body: new pb.StopT(), run: message.run };
    case "listRuns":
      return { type: pb.Body.ListRuns, body: new pb.ListRunsT() };
    case "updateRun":
      return { type: pb.Body.UpdateRun, body: new UpdateRunBody(message.run, message.label) };
    case "deleteRun":
      return { type: pb.Body.DeleteRun, body: new pb.DeleteRunT(message.run) };
    case "searchRuns":
      return {
        type: pb.Body.SearchRuns,
        body: new pb.SearchRunsT(message.text, null, message.inGenerated),
      };
    default:
      return debugBody(message);
  }
}

function startRun(start: StartRun): pb.StartRunT {
  const body = new pb.StartRunT();
  body.model = start.model;
  body.prompt = start.prompt === undefined ? null : prompt(start.prompt);
  body.sampler = (start.sampler ?? []).map(encodedStage);
  body.seed = start.seed ?? null;
  body.limits = start.limits === undefined ? null : limits(start.limits);
  body.capture = start.capture === undefined ? null : capture(start.capture);
  body.startPaused = start.startPaused;
  body.fork = start.fork === undefined ? null : encodedFork(start.fork);
  body.breakpoints = (start.breakpoints ?? []).map(encodedBreakpoint);
  body.watches = (start.watches ?? []).map(encodedWatch);
  body.stopActive = start.stopActive ?? false;
  // The connection subscribes by itself, with credits, as after a reconnect.
  body.subscribe = false;
  return body;
}

function prompt(value: Prompt): pb.PromptT {
  switch (value.kind) {
    case "text":
      return new pb.PromptT(value.text, [], [], value.parseSpecial, value.addBos ?? null);
    case "chat": {
      const messages = value.messages.map(({ role, content }) => new pb.ChatMessageT(role, content));
      return new pb.PromptT(null, messages, [], false, null, value.chatTemplate ?? null);
    }
    case "ids":
      return new pb.PromptT(null, [], [...value.ids]);
    default:
      return assertNever(value);
  }
}

function limits(value: Limits): pb.LimitsT {
  return new pb.LimitsT(
    value.nPredict ?? null,
    [...(value.stop ?? [])],
    value.ignoreEos ?? false,
    value.timeMs ?? null,
  );
}

function capture(value: Capture): pb.CaptureT {
  return new pb.CaptureT(
    value.nCandidates ?? null,
    value.prompt ?? true,
    value.nPromptCandidates ?? null,
    value.trace ?? true,
  );
}

function engineOptions(value: EngineOptions): pb.EngineOptionsT {
  const body = new pb.EngineOptionsT();
  body.nCtx = value.nCtx ?? null;
  body.nBatch = value.nBatch ?? null;
  body.nUbatch = value.nUbatch ?? null;
  body.nThreads = value.nThreads ?? null;
  body.nThreadsBatch = value.nThreadsBatch ?? null;
  body.nGpuLayers = value.nGpuLayers ?? null;
  body.flashAttention = kPbFlashAttention[value.flashAttention ?? "auto"];
  body.cacheTypeK = value.cacheTypeK ?? null;
  body.cacheTypeV = value.cacheTypeV ?? null;
  body.useMmap = value.useMmap ?? null;
  body.useMlock = value.useMlock ?? null;
  body.checkTensors = value.checkTensors ?? null;
  body.rpcServers = [...(value.rpcServers ?? [])];
  body.ignoreMemory = value.ignoreMemory ?? false;
  return body;
}

function optionalOptions(value: EngineOptions | undefined): pb.EngineOptionsT | null {
  return value === undefined ? null : engineOptions(value);
}
