import type { ProbabilityTree, TreeNode } from "../../../protocol/debug-types";

/** Nodes that follow one another without a choice, as one. */
export interface TreeItem {
  /** Indices into the tree's nodes, from the first of the stretch on. */
  readonly nodes: readonly number[];
  readonly parent: number | undefined;
  readonly depth: number;
  /** A first child goes on in its parent's row; every other one begins a row. */
  readonly row: number;
}

/** Lays the tree out from left to right: stretches with a single child are collapsed, the likeliest path comes first. */
export function layoutOf({ nodes }: ProbabilityTree): readonly TreeItem[] {
  const children = childrenOf(nodes);
  const items: TreeItem[] = [];
  let nRows = 0;
  const visit = (first: number, parent: number | undefined, depth: number, row: number) => {
    const stretch = [first];
    let next = children.get(first) ?? [];
    while (next.length === 1 && next[0] !== undefined) {
      stretch.push(next[0]);
      next = children.get(next[0]) ?? [];
    }
    const own = items.length;
    items.push({ nodes: stretch, parent, depth, row });
    next.forEach((child, index) => {
      visit(child, own, depth + 1, index === 0 ? row : nRows++);
    });
  };
  for (const root of children.get(undefined) ?? []) visit(root, undefined, 0, nRows++);
  return items;
}

export function rowCount(items: readonly TreeItem[]): number {
  return items.reduce((most, { row }) => Math.max(most, row + 1), 0);
}

/** By parent, the likeliest first. */
function childrenOf(nodes: readonly TreeNode[]): ReadonlyMap<number | undefined, readonly number[]> {
  const children = new Map<number | undefined, number[]>();
  nodes.forEach(({ parent }, index) => {
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [index]);
    else siblings.push(index);
  });
  for (const siblings of children.values()) {
    siblings.sort((a, b) => (nodes[b]?.rawLogprob ?? 0) - (nodes[a]?.rawLogprob ?? 0));
  }
  return children;
}

/** The nodes from the root to one, itself included. */
export function pathTo(nodes: readonly TreeNode[], index: number): readonly TreeNode[] {
  const path: TreeNode[] = [];
  for (let at: number | undefined = index; at !== undefined; ) {
    const node: TreeNode | undefined = nodes[at];
    if (node === undefined) break;
    path.unshift(node);
    at = node.parent;
  }
  return path;
}
