import { describe, expect, it } from "vitest";
import { asModelId, asPosition, asRunId } from "../../../base/brand";
import type { RunSummary } from "../../../protocol/types";
import { familyOf } from "./family";

function aRun(run: number, parent?: number, forkPosition?: number): RunSummary {
  return {
    run: asRunId(run),
    model: asModelId(1),
    modelName: "m",
    lastSeq: 1,
    nGenerated: 20,
    nPrompt: 5,
    finished: true,
    paused: false,
    prompt: "p",
    parent: parent === undefined ? undefined : asRunId(parent),
    forkPosition: forkPosition === undefined ? undefined : asPosition(forkPosition),
  };
}

const runsOf = (all: readonly RunSummary[], run: number) =>
  familyOf(all, asRunId(run)).rows.map((row) => [row.run.run, row.depth, row.parentRow]);

describe("the tree of branches", () => {
  it("holds all that come from the same run, whichever of them is asked for, and no other", () => {
    const all = [aRun(1), aRun(2, 1, 8), aRun(3, 2, 12), aRun(4), aRun(5, 4, 6)];
    const expected = [
      [1, 0, undefined],
      [2, 1, 0],
      [3, 2, 1],
    ];
    expect(runsOf(all, 1)).toEqual(expected);
    expect(runsOf(all, 3)).toEqual(expected);
  });

  it("begins with a branch whose own run was deleted", () => {
    expect(runsOf([aRun(2, 1, 8), aRun(3, 2, 12)], 3)).toEqual([
      [2, 0, undefined],
      [3, 1, 0],
    ]);
  });

  it("gives what is shared between two forks one column, however long it is", () => {
    const { columns, rows } = familyOf([aRun(1), aRun(2, 1, 8), aRun(3, 1, 20), aRun(4, 2, 8)], asRunId(1));
    expect(columns).toEqual([0, 8, 20]);
    expect(rows.map(({ run, begin, end }) => [run.run, begin, end])).toEqual([
      [1, 0, 3],
      [3, 2, 3],
      [2, 1, 3],
      [4, 1, 3],
    ]);
  });

  it("does not go round in circles that a broken record might tell of", () => {
    expect(familyOf([aRun(1, 2, 3), aRun(2, 1, 3)], asRunId(1)).rows.length).toBeLessThanOrEqual(2);
  });
});
