import { type KeyboardEvent, useId, useMemo, useRef, useState } from "react";
import { tintLevel } from "../../../base/colour";
import { formatProbability } from "../../../base/format";
import { decodeWithEscapes } from "../../../base/utf8";
import { quoted, withVisibleSpaces } from "../../../base/visible-text";
import type { ProbabilityTree, TreeNode } from "../../../protocol/debug-types";
import { Button } from "../../../widgets/button";
import styles from "./explore.module.css";
import { layoutOf, pathTo, rowCount, type TreeItem } from "./tree-layout";

const kRowPx = 30;
const kColumnPx = 190;

interface TreePlotProps {
  readonly tree: ProbabilityTree;
  readonly obstacle: string | undefined;
  readonly onBranch: (tokens: readonly number[]) => void;
}

/** The tree from left to right; Enter, or a second click, makes a branch of the path to a node. */
export function TreePlot({ tree, obstacle, onBranch }: TreePlotProps) {
  const items = useMemo(() => layoutOf(tree), [tree]);
  const [chosen, setActive] = useState(0);
  const active = Math.min(chosen, items.length - 1);
  const id = useId();
  const ref = useRef<HTMLDivElement>(null);
  const branch = (index: number) => {
    const last = items[index]?.nodes.at(-1);
    if (obstacle === undefined && last !== undefined) {
      onBranch(pathTo(tree.nodes, last).map(({ token }) => token.id));
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const to = destination(event.key, active, items);
    if (to !== undefined) {
      setActive(to);
      ref.current
        ?.querySelector(`[data-item="${to}"]`)
        ?.scrollIntoView?.({ block: "nearest", inline: "nearest" });
    } else if (event.key === "Enter") branch(active);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  if (items.length === 0) return null;
  const depth = items.reduce((most, item) => Math.max(most, item.depth), 0);
  return (
    <div className={styles["plotFrame"]}>
      <div
        ref={ref}
        role="tree"
        aria-label="Probable continuations"
        tabIndex={0}
        aria-activedescendant={`${id}-${active}`}
        className={styles["tree"]}
        onKeyDown={onKeyDown}
      >
        <div
          role="presentation"
          className={styles["plot"]}
          style={{ height: rowCount(items) * kRowPx, width: (depth + 1) * kColumnPx + 160 }}
        >
          <Lines items={items} />
          {items.map((item, index) => (
            <Node
              key={item.nodes[0]}
              id={`${id}-${index}`}
              index={index}
              item={item}
              items={items}
              nodes={tree.nodes}
              isActive={index === active}
              onPress={() => setActive(index)}
              onBranch={() => branch(index)}
            />
          ))}
        </div>
      </div>
      <ActivePath tree={tree} item={items[active]} obstacle={obstacle} onBranch={() => branch(active)} />
    </div>
  );
}

/** Left and right along a path, up and down among the rows. */
function destination(key: string, from: number, items: readonly TreeItem[]): number | undefined {
  const item = items[from];
  const byRow = (row: number) => {
    const inRow = items.map((one, index) => ({ ...one, index })).filter((one) => one.row === row);
    const near = inRow.findLast((one) => one.depth <= (item?.depth ?? 0)) ?? inRow[0];
    return near?.index ?? from;
  };
  switch (key) {
    case "ArrowLeft":
      return item?.parent ?? from;
    case "ArrowRight": {
      const child = items.findIndex(({ parent }) => parent === from);
      return child < 0 ? from : child;
    }
    case "ArrowUp":
      return byRow((item?.row ?? 0) - 1);
    case "ArrowDown":
      return byRow((item?.row ?? 0) + 1);
    case "Home":
      return 0;
    case "End":
      return items.length - 1;
    default:
      return undefined;
  }
}

const xOf = (depth: number) => 12 + depth * kColumnPx;
const yOf = (row: number) => row * kRowPx + kRowPx / 2;

function Lines({ items }: { readonly items: readonly TreeItem[] }) {
  return (
    <svg aria-hidden="true" className={styles["lines"]}>
      {items.map(({ nodes, parent, depth, row }) => {
        const from = parent === undefined ? undefined : items[parent];
        if (from === undefined) return null;
        const x = xOf(depth) - 8;
        return (
          <path key={nodes[0]} d={`M${xOf(from.depth)} ${yOf(from.row)}H${x}V${yOf(row)}H${xOf(depth)}`} />
        );
      })}
    </svg>
  );
}

interface NodeProps {
  readonly id: string;
  readonly index: number;
  readonly item: TreeItem;
  readonly items: readonly TreeItem[];
  readonly nodes: readonly TreeNode[];
  readonly isActive: boolean;
  readonly onPress: () => void;
  readonly onBranch: () => void;
}

function Node({ id, index, item, items, nodes, isActive, onPress, onBranch }: NodeProps) {
  const first = nodes[item.nodes[0] ?? 0];
  const last = nodes[item.nodes.at(-1) ?? 0];
  const siblings = items.filter(({ parent }) => parent === item.parent);
  if (first === undefined || last === undefined) return null;
  const text = textOf(item, nodes);
  const path = Math.exp(last.pathLogprob);
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the tree has the focus and names its active item
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree itself takes the keys
    <div
      id={id}
      role="treeitem"
      data-item={index}
      data-active={isActive}
      aria-level={item.depth + 1}
      aria-posinset={siblings.indexOf(item) + 1}
      aria-setsize={siblings.length}
      aria-expanded={items.some(({ parent }) => parent === index) ? true : undefined}
      aria-selected={isActive}
      aria-label={`${quoted(text)}, path ${formatProbability(path)}${last.endOfText ? ", ends the text" : ""}`}
      className={styles["node"]}
      style={{ top: item.row * kRowPx + 2, left: xOf(item.depth), maxWidth: kColumnPx - 18 }}
      title={`${text}\nthis token ${formatProbability(Math.exp(first.rawLogprob))}, the whole path ${formatProbability(path)}`}
      onClick={isActive ? onBranch : onPress}
    >
      <span className={styles["nodeText"]} style={{ backgroundColor: tintOf(first) }}>
        {withVisibleSpaces(text) || "∅"}
      </span>
      <small>
        {formatProbability(path)}
        {last.endOfText && " ■"}
      </small>
    </div>
  );
}

function textOf({ nodes: indices }: TreeItem, nodes: readonly TreeNode[]): string {
  return indices.map((index) => decodeWithEscapes(nodes[index]?.token.bytes ?? new Uint8Array())).join("");
}

function tintOf({ rawLogprob }: TreeNode): string {
  return `var(--tint-${tintLevel(1 - Math.sqrt(Math.exp(rawLogprob)))})`;
}

interface ActivePathProps {
  readonly tree: ProbabilityTree;
  readonly item: TreeItem | undefined;
  readonly obstacle: string | undefined;
  readonly onBranch: () => void;
}

/** What the active node stands for, and what can be made of it. */
function ActivePath({ tree, item, obstacle, onBranch }: ActivePathProps) {
  const last = item?.nodes.at(-1);
  if (last === undefined) return null;
  const path = pathTo(tree.nodes, last);
  const node = path.at(-1);
  const text = path.map(({ token }) => decodeWithEscapes(token.bytes)).join("");
  return (
    <p className={styles["active"]}>
      <span>
        {quoted(text)}: {formatProbability(Math.exp(node?.pathLogprob ?? 0))} of all continuations
        {node?.entropy !== undefined && `, then ${node.entropy.toFixed(2)} bits undecided`}
      </span>
      <Button isDisabled={obstacle !== undefined} onPress={onBranch}>
        Make it a branch
      </Button>
      {obstacle !== undefined && <small>{obstacle}</small>}
    </p>
  );
}
