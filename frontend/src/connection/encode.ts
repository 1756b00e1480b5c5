import { assertNever } from "../base/assert";
import type { RunId } from "../base/brand";
import * as pb from "../protocol/generated/inferno_generated";
import type { Prompt, Request, SamplerStage, StartRun } from "../protocol/types";
import { kPbStageKinds } from "./enums";
import { SparseBuilder } from "./sparse-builder";

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
      return { type: pb.Body.LoadModel, body: new pb.LoadModelT(message.path) };
    case "cancelLoad":
      return { type: pb.Body.CancelLoad, body: new pb.CancelLoadT(message.model) };
    case "unloadModel":
      return { type: pb.Body.UnloadModel, body: new pb.UnloadModelT(message.model) };
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
    default:
      return assertNever(message);
  }
}

function startRun(start: StartRun): pb.StartRunT {
  const body = new pb.StartRunT();
  body.model = start.model;
  body.prompt = prompt(start.prompt);
  body.sampler = start.sampler.map(samplerStage);
  body.seed = start.seed ?? null;
  body.limits = new pb.LimitsT(start.nPredict ?? null);
  body.startPaused = start.startPaused;
  // The connection subscribes by itself, with credits, as after a reconnect.
  body.subscribe = false;
  return body;
}

function prompt(value: Prompt): pb.PromptT {
  if (value.kind === "text") return new pb.PromptT(value.text, [], [], value.parseSpecial);
  return new pb.PromptT(
    null,
    value.messages.map((message) => new pb.ChatMessageT(message.role, message.content)),
  );
}

function samplerStage(stage: SamplerStage): pb.SamplerStageT {
  return Object.assign(new pb.SamplerStageT(kPbStageKinds[stage.kind]), stage.parameters);
}
