import { ByteBuffer } from "flatbuffers";
import { describe, expect, it } from "vitest";
import { asModelId, asRunId } from "../base/brand";
import * as pb from "../protocol/generated/inferno_generated";
import type { Prompt, Request, RunLabel, StartRun } from "../protocol/types";
import { encode } from "./encode";

function startRun(changes: Partial<StartRun>): pb.StartRun {
  const start: StartRun = {
    model: asModelId(1),
    prompt: { kind: "text", text: "", parseSpecial: false },
    sampler: [],
    seed: undefined,
    limits: {},
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
    expect(
      startRun({ limits: { nPredict: 0 } })
        .limits()
        ?.nPredict(),
    ).toBe(0);
    expect(startRun({ limits: {} }).limits()?.nPredict()).toBeNull();
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

  it("takes token ids, and a choice about BOS, as they are", () => {
    expect(
      startRun({ prompt: { kind: "ids", ids: [1, 0, 5] } })
        .prompt()
        ?.idsArray(),
    ).toEqual(Int32Array.of(1, 0, 5));
    const prompt: Prompt = { kind: "text", text: "a", parseSpecial: true, addBos: false };
    expect(startRun({ prompt }).prompt()?.addBos()).toBe(false);
  });

  it("says that a token is banned with a field of its own, because numbers are finite", () => {
    const biases = [
      { id: 3, bias: Number.NEGATIVE_INFINITY },
      { id: 4, bias: -1.5 },
    ];
    const stage = startRun({ sampler: [{ kind: "logitBias", parameters: {}, biases }] })
      .sampler(0)
      ?.unpack();
    expect(stage?.biases).toEqual([new pb.LogitBiasT(3, 0, true), new pb.LogitBiasT(4, -1.5, false)]);
  });

  it("holds a grammar, breakers, limits and what to record", () => {
    const start = startRun({
      sampler: [
        { kind: "grammar", parameters: {}, grammar: 'root ::= "a"', root: "root" },
        { kind: "dry", parameters: { multiplier: 0.8 }, breakers: ["\n"] },
      ],
      limits: { nPredict: 5, stop: ["END"], ignoreEos: true, timeMs: 100 },
      capture: { nCandidates: 128, prompt: false },
    }).unpack();
    expect(start.sampler.map((stage) => [stage.grammar, stage.root, stage.breakers])).toEqual([
      ['root ::= "a"', "root", []],
      [null, null, ["\n"]],
    ]);
    expect(start.limits).toEqual(new pb.LimitsT(5, ["END"], true, 100));
    expect(start.capture).toEqual(new pb.CaptureT(128, false, null, true));
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

describe("a request to change what is kept with a run", () => {
  const updateRun = (label: RunLabel) => {
    const bytes = encode({ kind: "updateRun", run: asRunId(3), label }, 7);
    return pb.Envelope.getRootAsEnvelope(new ByteBuffer(bytes)).body(new pb.UpdateRun()) as pb.UpdateRun;
  };
  // What a server sees: the offset of a field that is not there is 0.
  const kTagsSlot = 10;
  const hasTags = (table: pb.UpdateRun) => table.bb?.__offset(table.bb_pos, kTagsSlot) !== 0;

  it("leaves alone what it does not name", () => {
    const table = updateRun({ title: "Dragons" });
    expect([table.run(), table.title(), table.note(), hasTags(table)]).toEqual([3, "Dragons", null, false]);
  });

  it("tells an emptied text, and no tags any more, from no change", () => {
    const table = updateRun({ note: "", tags: [] });
    expect([table.title(), table.note(), hasTags(table), table.tagsLength()]).toEqual([null, "", true, 0]);
  });

  it("holds all tags, with what else is changed", () => {
    const table = updateRun({ title: "", tags: ["a", "b"] });
    expect([table.title(), table.tags(0), table.tags(1), table.tagsLength()]).toEqual(["", "a", "b", 2]);
  });
});

it("a search and a deletion name what they are about", () => {
  const bodyOf = (request: Request) => {
    const envelope = pb.Envelope.getRootAsEnvelope(new ByteBuffer(encode(request, 7)));
    return envelope.unpack().body;
  };
  expect(bodyOf({ kind: "searchRuns", text: "dragon", inGenerated: true })).toEqual(
    new pb.SearchRunsT("dragon", null, true),
  );
  expect(bodyOf({ kind: "deleteRun", run: asRunId(3) })).toEqual(new pb.DeleteRunT(3));
});
