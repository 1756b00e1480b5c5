import { describe, expect, it } from "vitest";
import { asRunId } from "../base/brand";
import { FakeConnection } from "../connection/fake-connection";
import {
  kWouldBeChanged,
  kWouldBeForced,
  kWouldBeSame,
  kWouldBeUndetermined,
  kWouldBeUnrecorded,
} from "../connection/what-if-columns";
import { Studio } from "./studio";

function begin() {
  const server = new FakeConnection();
  const studio = new Studio(server);
  studio.whatIf.begin(asRunId(1), [{ kind: "greedy", parameters: {} }]);
  const outcome = () => {
    const { trial } = studio.whatIf.store.getState();
    if (trial === undefined) throw new Error("nothing is being tried");
    return trial.outcome;
  };
  return { server, studio, outcome };
}

describe("what another chain would have made of a run", () => {
  it("is gathered from its pieces", () => {
    const { server, outcome } = begin();
    server.whatIfPiece([
      { position: 5, status: kWouldBeSame, token: 1 },
      { position: 6, status: kWouldBeChanged, token: 2 },
      { position: 7, status: kWouldBeForced },
    ]);
    server.whatIfPiece([
      { position: 8, status: kWouldBeUnrecorded },
      { position: 9, status: kWouldBeUndetermined },
    ]);
    expect([outcome().nSteps, outcome().nUntold, [...outcome().changed]]).toEqual([4, 1, [6, 8]]);
    expect([5, 6, 7, 8, 9].map((position) => outcome().isChanged(position))).toEqual([
      false,
      true,
      false,
      true,
      false,
    ]);
    expect([outcome().token(6)?.id, outcome().token(8)]).toEqual([2, undefined]);
  });

  it("leads from one change to the next, in both directions", () => {
    const { server, outcome } = begin();
    server.whatIfPiece(
      [2, 3, 4, 5].map((position) => ({
        position,
        status: position % 2 === 1 ? kWouldBeChanged : kWouldBeSame,
      })),
    );
    expect([
      outcome().neighbour(3, 1),
      outcome().neighbour(5, 1),
      outcome().neighbour(5, -1),
      outcome().neighbour(3, -1),
    ]).toEqual([5, undefined, 3, undefined]);
  });

  it("is about the newest question only", () => {
    const { server, studio, outcome } = begin();
    studio.whatIf.begin(asRunId(1), []);
    server.whatIfPiece([{ position: 1, status: kWouldBeChanged, token: 2 }]);
    expect(outcome().nSteps).toBe(1);
    studio.whatIf.end();
    expect(studio.whatIf.store.getState().trial).toBeUndefined();
  });
});
