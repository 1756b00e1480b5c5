import { describe, expect, it } from "vitest";
import { asModelId, asPosition, asRunId } from "../base/brand";
import * as pb from "../protocol/generated/inferno_generated";
import type { Request } from "../protocol/types";
import { TokenColumns } from "../state/token-columns";
import { reply } from "./decode";
import { encode } from "./encode";
import { readEnvelope } from "./envelope";
import { RunTracker } from "./run-tracker";
import { SparseBuilder } from "./sparse-builder";

const kRun = asRunId(3);

function encoded(type: pb.Body, body: pb.EnvelopeT["body"], seq = 0): Uint8Array {
  const builder = new SparseBuilder(256);
  pb.Envelope.finishEnvelopeBuffer(builder, new pb.EnvelopeT(1, 1, kRun, seq, type, body).pack(builder));
  return new Uint8Array(builder.asUint8Array());
}

const asked = (request: Request) => readEnvelope(encode(request, 9)).unpack();
const replyTo = (type: pb.Body, body: pb.EnvelopeT["body"]) => reply(readEnvelope(encoded(type, body)));

function step(position: number, text: string, watched: pb.WatchedT[] = []): pb.StepT {
  const table = new pb.StepT(position, new pb.TokenT(100 + position, text));
  table.watched = watched;
  return table;
}

/** A tracker that has been told these messages, numbered from 1. */
function told(...messages: readonly (readonly [pb.Body, pb.EnvelopeT["body"]])[]): RunTracker {
  const tracker = new RunTracker(kRun, 1e6);
  messages.forEach(([type, body], index) => {
    const bytes = encoded(type, body, index + 1);
    expect(tracker.accept(readEnvelope(bytes), bytes)).toBe("accepted");
  });
  return tracker;
}

describe("what the debugger asks", () => {
  it("holds every parameter of a condition that was given, 0 among them, and no other", () => {
    const condition = { kind: "rawProbBelow", threshold: 0 } as const;
    const breakpoint = { id: 1, conditions: [condition], disabled: false, ignore: 2, once: true };
    const { body, run } = asked({ kind: "setBreakpoints", run: kRun, breakpoints: [breakpoint] });
    expect(run).toBe(3);
    expect(body).toMatchObject({
      breakpoints: [
        {
          id: 1,
          ignore: 2,
          once: true,
          conditions: [
            { kind: pb.ConditionKind.RawProbBelow, threshold: 0, n: null, text: null, stage: null },
          ],
        },
      ],
    });
  });

  it("leaves to a branch what is not said, so that the server takes it from the run", () => {
    const fork = { run: kRun, position: asPosition(12), tokens: [7] };
    const { body } = asked({ kind: "startRun", start: { model: asModelId(1), startPaused: true, fork } });
    expect(body).toMatchObject({
      prompt: null,
      seed: null,
      limits: null,
      capture: null,
      sampler: [],
      startPaused: true,
      fork: { run: 3, position: 12, tokens: [7], text: null, replay: false },
    });
  });

  it("names the run of an exploration in the message itself", () => {
    const explore = { run: kRun, position: asPosition(4), nBranches: 3, nTokens: 5, sampled: true };
    expect(asked({ kind: "explore", explore }).body).toMatchObject({
      run: 3,
      position: 4,
      nBranches: 3,
      nTokens: 5,
      sampled: true,
    });
  });
});

describe("what a run tells of its debugging", () => {
  it("is the token that waits, with everything recorded about it", () => {
    const pending = step(9, " cat");
    pending.rawLogprob = Math.log(0.25);
    const tracker = told([pb.Body.Paused, new pb.PausedT(pb.PauseReason.Breakpoint, 9, [4], pending)]);
    const { phase, events } = tracker.takeNews();
    expect(phase).toMatchObject({
      kind: "paused",
      reason: "breakpoint",
      position: 9,
      breakpoints: [4],
      pending: { position: 9, isPrompt: false, token: { id: 109 } },
    });
    expect(events).toEqual([{ kind: "stopped", stop: { position: 9, breakpoints: [4] } }]);
  });

  it("keeps every event between two frames, in order", () => {
    const tracker = told(
      [pb.Body.Breakpoints, new pb.BreakpointsT([new pb.BreakpointT(1)])],
      [pb.Body.TokensBanned, new pb.TokensBannedT([5], 2, 0)],
      [pb.Body.SamplerChanged, new pb.SamplerChangedT([new pb.SamplerStageT(pb.StageKind.Greedy)], 1, 3)],
    );
    expect(tracker.takeNews().events?.map(({ kind }) => kind)).toEqual(["breakpoints", "banned", "sampler"]);
    expect(tracker.hasNews).toBe(false);
  });

  it("follows watches through steps, whatever numbers clients give them, with gaps where they were not followed", () => {
    const tracker = told(
      [pb.Body.Steps, new pb.StepsT([step(0, "a")])],
      [pb.Body.Watches, new pb.WatchesT([new pb.WatchT(1, "cat"), new pb.WatchT(2, null, [7])])],
      [
        pb.Body.Steps,
        new pb.StepsT([step(1, "b", [new pb.WatchedT(0.5, 8, 1), new pb.WatchedT(0.25, 7, 3)])]),
      ],
    );
    const columns = new TokenColumns();
    const take = () => {
      const { steps } = tracker.takeNews();
      if (steps !== undefined) columns.append(steps);
    };
    take();
    // Another client names the same token by another number.
    const renamed = encoded(pb.Body.Watches, new pb.WatchesT([new pb.WatchT(5, null, [7])]), 4);
    tracker.accept(readEnvelope(renamed), renamed);
    const next = encoded(pb.Body.Steps, new pb.StepsT([step(2, "c", [new pb.WatchedT(0.75, 7, 2)])]), 5);
    tracker.accept(readEnvelope(next), next);
    take();
    const probs = (key: string) => [0, 1, 2].map((index) => columns.watchedProb(key, index));
    expect(columns.watchKeys).toEqual(["=cat", "#7"]);
    expect(probs("=cat")).toEqual([undefined, 0.5, undefined]);
    expect(probs("#7")).toEqual([undefined, 0.25, 0.75]);
    expect(columns.watchedRank("#7", 2)).toBe(2);
  });
});

describe("an answer to the debugger", () => {
  it("tells unknown positions of a comparison from position 0", () => {
    const same = new pb.RunsComparedT(pb.Verdict.Identical, 5, 5, null, null, 0, "All the same.");
    expect(replyTo(pb.Body.RunsCompared, same)).toMatchObject({
      kind: "runsCompared",
      compared: { verdict: "identical", firstDifference: undefined, maxLogitDifference: 0 },
    });
    const other = new pb.RunsComparedT(pb.Verdict.Different, 5, 0, 0, 0, 1, "No.", ["other threads"]);
    expect(replyTo(pb.Body.RunsCompared, other)).toMatchObject({
      compared: { verdict: "different", firstDifference: 0, firstOtherToken: 0, reasons: ["other threads"] },
    });
  });

  it("holds the branches of an exploration and the nodes of a tree", () => {
    const branch = new pb.ExploredBranchT([step(4, "x"), step(5, "y")], -1.5, true);
    expect(replyTo(pb.Body.Explored, new pb.ExploredT([branch], 1, 2))).toMatchObject({
      explored: {
        branches: [{ steps: [{ position: 4 }, { position: 5 }], sumLogprob: -1.5, endOfText: true }],
      },
    });
    const node = new pb.TreeNodeT(null, new pb.TokenT(1, "x"), -1, -1, 1);
    const child = new pb.TreeNodeT(0, new pb.TokenT(2, "y"), -2, -3, 2, 0.5, 0.25);
    expect(replyTo(pb.Body.Tree, new pb.TreeT([node, child], 2, 0.9, true, 2, 3))).toMatchObject({
      tree: {
        nodes: [
          { parent: undefined, entropy: undefined },
          { parent: 0, childrenMass: 0.25 },
        ],
        complete: true,
      },
    });
  });
});
