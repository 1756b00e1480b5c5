import { useMemo } from "react";
import { formatNumber, formatProbability } from "../../../base/format";
import { decodeWithEscapes } from "../../../base/utf8";
import { withVisibleSpaces } from "../../../base/visible-text";
import type { ProbabilityTree } from "../../../protocol/debug-types";
import { Button } from "../../../widgets/button";
import { VirtualTable } from "../../../widgets/virtual-table";
import { pathTo } from "./tree-layout";

interface PathTableProps {
  readonly tree: ProbabilityTree;
  readonly obstacle: string | undefined;
  readonly onBranch: (tokens: readonly number[]) => void;
}

/** The tree's paths as rows, the most probable first. */
export function PathTable({ tree, obstacle, onBranch }: PathTableProps) {
  const { nodes } = tree;
  const order = useMemo(
    () =>
      nodes
        .map((_, index) => index)
        .sort((a, b) => (nodes[b]?.pathLogprob ?? 0) - (nodes[a]?.pathLogprob ?? 0)),
    [nodes],
  );
  return (
    <VirtualTable
      label="Probable continuations"
      columns={[
        { title: "continuation" },
        { title: "path p", width: 90 },
        { title: "token p", width: 90 },
        { title: "rank", width: 60 },
        { title: "entropy after", width: 110 },
        { title: "", width: 130 },
      ]}
      nRows={order.length}
      cells={(row) => {
        const index = order[row] ?? 0;
        const path = pathTo(nodes, index);
        const node = path.at(-1);
        if (node === undefined) return [];
        const text = withVisibleSpaces(path.map(({ token }) => decodeWithEscapes(token.bytes)).join(""));
        return [
          `${text}${node.endOfText ? " ■" : ""}`,
          formatProbability(Math.exp(node.pathLogprob)),
          formatProbability(Math.exp(node.rawLogprob)),
          String(node.rank),
          node.entropy === undefined ? "not looked at" : `${formatNumber(node.entropy)} bits`,
          <Button
            key="branch"
            look="quiet"
            isDisabled={obstacle !== undefined}
            aria-label={`Make it a branch: ${text}`}
            onPress={() => onBranch(path.map(({ token }) => token.id))}
          >
            Make it a branch
          </Button>,
        ];
      }}
    />
  );
}
