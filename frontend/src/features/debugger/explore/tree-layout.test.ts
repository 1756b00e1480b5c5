import { describe, expect, it } from "vitest";
import { aToken } from "../../../connection/fake-connection";
import type { ProbabilityTree, TreeNode } from "../../../protocol/debug-types";
import { layoutOf, pathTo, rowCount } from "./tree-layout";

function node(text: string, p: number, parent?: number): TreeNode {
  return {
    parent,
    token: aToken(text.charCodeAt(0), text),
    rawLogprob: Math.log(p),
    pathLogprob: Math.log(p),
    rank: 1,
    entropy: undefined,
    childrenMass: undefined,
    endOfText: false,
  };
}

function tree(...nodes: readonly TreeNode[]): ProbabilityTree {
  return { nodes, rootEntropy: 1, rootMass: 1, complete: true, nDecoded: 1, ms: 1 };
}

describe("a probability tree, laid out", () => {
  const nodes = [node("a", 0.3), node("b", 0.6), node("c", 0.9, 1), node("d", 0.5, 2), node("e", 0.4, 2)];

  it("has the likeliest path first, and collapses what follows without a choice", () => {
    const items = layoutOf(tree(...nodes));
    expect(items.map((item) => [item.nodes, item.depth, item.row])).toEqual([
      [[1, 2], 0, 0],
      [[3], 1, 0],
      [[4], 1, 1],
      [[0], 0, 2],
    ]);
    expect(rowCount(items)).toBe(3);
  });

  it("tells the whole path to a node", () => {
    expect(pathTo(nodes, 4).map(({ token }) => token.id)).toEqual([98, 99, 101]);
  });

  it("is empty where nothing is probable enough", () => {
    expect(layoutOf(tree())).toEqual([]);
    expect(rowCount([])).toBe(0);
  });
});
