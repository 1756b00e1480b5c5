import { describe, expect, it } from "vitest";
import { asRunId } from "../base/brand";
import * as pb from "../protocol/generated/inferno_generated";
import type { SamplerStage } from "../protocol/types";
import { readEnvelope } from "./envelope";
import { RunTracker } from "./run-tracker";
import { RunWhatIf } from "./run-what-if";
import { SparseBuilder } from "./sparse-builder";
import {
  kWouldBeChanged,
  kWouldBeForced,
  kWouldBeNotKept,
  kWouldBeSame,
  kWouldBeUndetermined,
} from "./what-if-columns";

const kGreedy: readonly SamplerStage[] = [{ kind: "greedy", parameters: {} }];
const kSharp: readonly SamplerStage[] = [
  { kind: "topK", parameters: { k: 2 } },
  { kind: "temperature", parameters: { temperature: 0.5 } },
  { kind: "distribution", parameters: {} },
];

/** A step among tokens 0, 1 and 2 with shares 4, 2 and 1 of 7; `chosen` was drawn with `draw`. */
function step(
  position: number,
  chosen: number,
  draw: number | null,
  changes: Partial<pb.StepT> = {},
): pb.StepT {
  const logits = [Math.log(4), Math.log(2), 0];
  const made = new pb.StepT(position, new pb.TokenT(chosen, `t${chosen}`), logits[chosen] ?? 0, -1);
  made.logSumExp = Math.log(7);
  made.tailMass = 0;
  made.rank = chosen + 1;
  made.candidates = logits.map(
    (logit, id) => new pb.CandidateT(id, `t${id}`, [], pb.TokenKind.Normal, logit, logit - Math.log(7), 0.3),
  );
  made.nTop = 3;
  made.draw = draw;
  return Object.assign(made, changes);
}

function track(messages: readonly (readonly pb.StepT[])[], keepBytes = 1e9): RunTracker {
  const tracker = new RunTracker(asRunId(1), keepBytes);
  const accept = (seq: number, type: pb.Body, body: pb.EnvelopeT["body"]) => {
    const builder = new SparseBuilder(256);
    pb.Envelope.finishEnvelopeBuffer(builder, new pb.EnvelopeT(1, 0, 1, seq, type, body).pack(builder));
    const bytes = new Uint8Array(builder.asUint8Array());
    tracker.accept(readEnvelope(bytes), bytes);
  };
  const chain = [pb.StageKind.TopK, pb.StageKind.Distribution].map((kind) => new pb.SamplerStageT(kind));
  accept(1, pb.Body.RunStarted, new pb.RunStartedT(1, "m", chain, 0, 1, 64, 3));
  accept(2, pb.Body.PromptTokens, new pb.PromptTokensT([new pb.StepT(0, new pb.TokenT(9, "p"))]));
  messages.forEach((steps, index) => {
    accept(index + 3, pb.Body.Steps, new pb.StepsT([...steps]));
  });
  return tracker;
}

const whole = (tracker: RunTracker, chain: readonly SamplerStage[]) =>
  new RunWhatIf(tracker, chain).advance(1000, () => 0);

describe("another chain on a whole run", () => {
  it("says of every generated step whether the same token would have come, and which else", () => {
    const piece = whole(track([[step(1, 0, 0.1), step(2, 1, 0.7)], [step(3, 2, 0.9)]]), kSharp);
    // Shares 4 and 1 of 5 are left of the squares of 4 and 2.
    expect([...piece.columns.position]).toEqual([1, 2, 3]);
    expect([...piece.columns.status]).toEqual([kWouldBeSame, kWouldBeChanged, kWouldBeChanged]);
    expect([...piece.columns.token]).toEqual([0, 0, 1]);
    expect(piece.columns.low[1]).toBeCloseTo(0.2, 6);
    expect(piece.columns.low[2]).toBeNaN();
    expect(piece.tokens.map(({ id, bytes }) => [id, new TextDecoder().decode(bytes)])).toEqual([
      [0, "t0"],
      [1, "t1"],
    ]);
    expect(piece.isCaughtUp).toBe(true);
  });

  it("says why where it can't tell", () => {
    const piece = whole(track([[step(1, 0, null), step(2, 1, 0.5, { forced: true, draw: null })]]), kSharp);
    expect([...piece.columns.status]).toEqual([kWouldBeUndetermined, kWouldBeForced]);
    expect(piece.reasons).toEqual([["The run drew no random number here that another chain could use.", 1]]);
  });

  it("goes on with steps that come later, and works in pieces", () => {
    const tracker = track([[step(1, 0, 0.1)], [step(2, 0, 0.1)], [step(3, 1, 0.1)]]);
    const job = new RunWhatIf(tracker, kGreedy);
    let clock = 0;
    const piece = () => job.advance(1.5, () => clock++);
    const seen: number[] = [];
    for (let round = 0; round < 10 && !job.isCaughtUp; ++round) seen.push(...piece().columns.position);
    expect(seen).toEqual([1, 2, 3]);
  });

  it("has a row for steps whose record was dropped", () => {
    const piece = whole(track([[step(1, 0, 0.1)], [step(2, 0, 0.1)], [step(3, 0, 0.1)]], 1), kGreedy);
    expect([...piece.columns.status]).toEqual([kWouldBeNotKept, kWouldBeNotKept, kWouldBeSame]);
  });

  it("counts the tokens before a step, those of the prompt included, for penalties", () => {
    const chain: readonly SamplerStage[] = [
      { kind: "penalties", parameters: { lastN: 2, repeat: 1, presence: 9 } },
      { kind: "greedy", parameters: {} },
    ];
    const piece = whole(track([[step(1, 0, 0.1), step(2, 1, 0.1), step(3, 2, 0.1), step(4, 0, 0.1)]]), chain);
    expect([...piece.columns.token]).toEqual([0, 1, 2, 0]);
  });
});
