import { describe, expect, it } from "vitest";
import * as pb from "../protocol/generated/inferno_generated";
import type { Reply } from "../protocol/types";
import { reply, runStarted } from "./decode";
import { readEnvelope } from "./envelope";
import { SparseBuilder } from "./sparse-builder";

function envelopeOf(type: pb.Body, body: pb.EnvelopeT["body"]): pb.Envelope {
  const builder = new SparseBuilder(256);
  pb.Envelope.finishEnvelopeBuffer(builder, new pb.EnvelopeT(1, 1, 0, 0, type, body).pack(builder));
  return readEnvelope(builder.asUint8Array());
}

const replyOf = (type: pb.Body, body: pb.EnvelopeT["body"]): Reply | undefined =>
  reply(envelopeOf(type, body));

describe("an answer of the server", () => {
  it("about a model's file holds its tokenizer, metadata, tensors and examples", () => {
    const info = new pb.ModelInfoT("m");
    info.tokenizer = new pb.TokenizerInfoT("BPE", "gpt-2", 300, null, new pb.TokenT(2, null, [0xc3]));
    info.metadata = [new pb.MetadataEntryT("k", "array[string]", "a, b", 2n)];
    info.tensors = [new pb.TensorInfoT("w", "F32", [4n, 2n], 32n)];
    info.examples = [
      new pb.ExampleT("Say", "Once"),
      new pb.ExampleT("Ask", null, [new pb.ChatMessageT("user", "Hi")], "why"),
    ];
    info.options = new pb.EngineOptionsT(4096, null, null, null, null, null, pb.FlashAttention.Off);
    const answer = replyOf(pb.Body.ModelInfo, info);
    expect(answer).toMatchObject({
      kind: "modelInfo",
      info: {
        tokenizer: {
          model: "BPE",
          bos: undefined,
          eos: { id: 2, isText: false, bytes: Uint8Array.of(0xc3) },
        },
        metadata: [{ key: "k", type: "array[string]", value: "a, b", count: 2 }],
        tensors: [{ name: "w", shape: [4, 2], sizeBytes: 32 }],
        examples: [
          { title: "Say", prompt: { kind: "text", text: "Once" }, note: undefined },
          {
            title: "Ask",
            prompt: { kind: "chat", messages: [{ role: "user", content: "Hi" }] },
            note: "why",
          },
        ],
        options: { nCtx: 4096, nBatch: undefined, flashAttention: "off" },
      },
    });
  });

  it("writes out what could hide in names and sentences, and leaves paths as they are", () => {
    const file = new pb.ModelFileT("/m/\u202egpj.gguf", "\u202egpj.gguf", 1n);
    const answer = replyOf(pb.Body.ModelList, new pb.ModelListT([file]));
    expect(answer).toMatchObject({
      list: { files: [{ path: "/m/\u202egpj.gguf", name: "⟨U+202E⟩gpj.gguf" }] },
    });
    const info = new pb.ModelInfoT("a\u2066b");
    info.metadata = [new pb.MetadataEntryT("k\u0007", "string", "v\u200b\n")];
    info.tensors = [new pb.TensorInfoT("w\ufeff", "F32", [4n], 16n)];
    expect(replyOf(pb.Body.ModelInfo, info)).toMatchObject({
      info: {
        name: "a⟨U+2066⟩b",
        metadata: [{ key: "k⟨U+0007⟩", value: "v⟨U+200B⟩\n" }],
        tensors: [{ name: "w⟨U+FEFF⟩" }],
      },
    });
  });

  it("about a prompt holds its tokens and the text that the template made", () => {
    const tokens = new pb.TokensT([new pb.TokenT(1, "<s>", [], pb.TokenKind.Control)], "<s>Hi", [], 512);
    expect(replyOf(pb.Body.Tokens, tokens)).toMatchObject({
      kind: "tokens",
      tokens: { tokens: [{ id: 1, kind: "control", isText: true }], rendered: "<s>Hi", nCtx: 512 },
    });
  });

  it("about a chain is the whole chain, a ban among its biases", () => {
    const stage = new pb.SamplerStageT(pb.StageKind.LogitBias);
    stage.biases = [new pb.LogitBiasT(7, 0, true)];
    expect(replyOf(pb.Body.SamplerChecked, new pb.SamplerCheckedT([stage]))).toEqual({
      kind: "samplerChecked",
      sampler: [{ kind: "logitBias", parameters: {}, biases: [{ id: 7, bias: Number.NEGATIVE_INFINITY }] }],
      errors: [],
    });
  });

  it("about a chain with faults is no chain, but where each fault is", () => {
    const fault = new pb.ErrorT(pb.ErrorCode.BadGrammar, "no root", null, 0, 12);
    expect(replyOf(pb.Body.SamplerChecked, new pb.SamplerCheckedT([], [fault]))).toMatchObject({
      sampler: undefined,
      errors: [{ code: "BadGrammar", stage: 0, offset: 12 }],
    });
  });
});

it("a list of runs says of each when it was asked for, and how it ended", () => {
  const ended = new pb.RunSummaryT(3, 1, "m", 9, 4, true);
  ended.nPrompt = 5;
  ended.reason = pb.FinishReason.EndOfText;
  ended.askedS = 1_700_000_000n;
  const answer = replyOf(pb.Body.RunList, new pb.RunListT([ended, new pb.RunSummaryT(4)]));
  expect(answer).toMatchObject({
    runs: [
      { run: 3, nPrompt: 5, reason: "endOfText", askedMs: 1_700_000_000_000 },
      { run: 4, nPrompt: undefined, reason: undefined, askedMs: undefined },
    ],
  });
});

it("a list of runs says of each what is kept with it, and whether it is of an earlier start", () => {
  const old = new pb.RunSummaryT(3, 0, "m", 9, 4, true);
  old.recorded = true;
  old.interrupted = true;
  old.title = "Dragons";
  old.tags = ["good"];
  const failed = new pb.RunSummaryT(4, 1);
  failed.notRecorded = "the disk is full";
  const answer = replyOf(pb.Body.RunList, new pb.RunListT([old, failed]));
  expect(answer).toMatchObject({
    runs: [
      {
        isRecorded: true,
        isInterrupted: true,
        isFromEarlierStart: true,
        notRecorded: undefined,
        title: "Dragons",
        note: undefined,
        tags: ["good"],
      },
      { isRecorded: false, isFromEarlierStart: false, notRecorded: "the disk is full", title: undefined },
    ],
  });
});

it("a run that starts says its limits and what it records", () => {
  const started = new pb.RunStartedT(1, "m", [], 0, 3, 512, 300, "<s>Hi");
  started.limits = new pb.LimitsT(0, ["x"]);
  started.capture = new pb.CaptureT(64);
  const table = envelopeOf(pb.Body.RunStarted, started).body(new pb.RunStarted()) as pb.RunStarted;
  expect(runStarted(table)).toMatchObject({
    rendered: "<s>Hi",
    limits: { nPredict: 0, stop: ["x"], ignoreEos: false, timeMs: undefined },
    capture: { nCandidates: 64, prompt: true, trace: true },
  });
});
