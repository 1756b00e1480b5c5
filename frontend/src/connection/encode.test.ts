import { ByteBuffer } from "flatbuffers";
import { describe, expect, it } from "vitest";
import { asModelId, asRunId } from "../base/brand";
import * as pb from "../protocol/generated/inferno_generated";
import type { Prompt, StartRun } from "../protocol/types";
import { encode } from "./encode";

function startRun(changes: Partial<StartRun>): pb.StartRun {
  const start: StartRun = {
    model: asModelId(1),
    prompt: { kind: "text", text: "", parseSpecial: false },
    sampler: [],
    seed: undefined,
    nPredict: undefined,
    startPaused: false,
    ...changes,
  };
  const bytes = encode({ kind: "startRun", start }, 7);
  const envelope = pb.Envelope.getRootAsEnvelope(new ByteBuffer(bytes));
  expect(envelope.request()).toBe(7);
  return envelope.body(new pb.StartRun()) as pb.StartRun;
}

describe("a request to start a run", () => {
  it("tells a seed of 0 from no seed at all", () => {
    expect(startRun({ seed: 0 }).seed()).toBe(0);
    expect(startRun({ seed: undefined }).seed()).toBeNull();
  });

  it("tells a limit of 0 tokens from no limit", () => {
    expect(startRun({ nPredict: 0 }).limits()?.nPredict()).toBe(0);
    expect(startRun({ nPredict: undefined }).limits()?.nPredict()).toBeNull();
  });

  it("holds only the parameters that a stage was given, 0 among them", () => {
    const stage = startRun({ sampler: [{ kind: "minP", parameters: { p: 0 } }] }).sampler(0);
    expect(stage?.kind()).toBe(pb.StageKind.MinP);
    expect(stage?.p()).toBe(0);
    expect(stage?.temperature()).toBeNull();
  });

  it("holds exactly one of text, messages and ids, even if the text is empty", () => {
    const fieldsOf = (prompt: Prompt) => {
      const table = startRun({ prompt }).prompt();
      return [table?.text(), table?.messagesLength(), table?.idsArray()];
    };
    expect(fieldsOf({ kind: "text", text: "", parseSpecial: false })).toEqual(["", 0, null]);
    expect(fieldsOf({ kind: "chat", messages: [{ role: "user", content: "Hi" }] })).toEqual([null, 1, null]);
  });

  it("leaves the use of BOS to the tokenizer", () => {
    expect(startRun({}).prompt()?.addBos()).toBeNull();
  });
});

it("a subscription names the last number that was received", () => {
  const bytes = encode({ kind: "subscribe", run: asRunId(3), after: 41, credits: 10 }, 1);
  const body = pb.Envelope.getRootAsEnvelope(new ByteBuffer(bytes)).body(new pb.Subscribe()) as pb.Subscribe;
  expect([body.run(), body.after(), body.credits()]).toEqual([3, 41, 10]);
});
