import { type KeyboardEvent, useId, useMemo, useRef, useState } from "react";
import type { RunId } from "../../../base/brand";
import { formatCount, plural } from "../../../base/format";
import { decodeWithEscapes } from "../../../base/utf8";
import { quoted } from "../../../base/visible-text";
import type { RunSummary } from "../../../protocol/types";
import { runName } from "../../../protocol/words";
import { type Command, useCommands } from "../../../state/commands";
import { useStudioState } from "../../../state/hooks";
import { openView } from "../../../state/route";
import type { RunRecord } from "../../../state/run-record";
import { useReplay } from "../../../state/use-replay";
import { Button } from "../../../widgets/button";
import { Help } from "../../../widgets/help";
import { TokenChip } from "../../../widgets/token-chip";
import styles from "./branches-view.module.css";
import { type BranchRow, type Family, familyOf } from "./family";
import { type Difference, useDifferences } from "./use-differences";

const kRowPx = 34;
const kColumnPx = 240;
const kNoRuns: readonly RunSummary[] = [];

/** The runs that come from one another, as a tree from left to right; choosing one opens it. */
export function BranchesView({ record }: { readonly record: RunRecord }) {
  const runs = useStudioState((state) => state.runs) ?? kNoRuns;
  const found = useStudioState((state) => state.foundRuns);
  const { run } = record;
  const family = useMemo(() => {
    const listed = new Set(runs.map((one) => one.run));
    const all = [...runs, ...[...found.values()].filter((one) => !listed.has(one.run))];
    return familyOf(all, run);
  }, [runs, found, run]);
  const differences = useDifferences(family.rows);
  useWalkCommands(family, run);
  return (
    <section className={styles["view"]} aria-label="Branches">
      <p className={styles["head"]}>
        {family.rows.length <= 1
          ? "This run has no branches yet. “Stand here again”, or another candidate in the inspector, makes one."
          : plural(family.rows.length, "run")}{" "}
        <Help term="branchTree" />
        <Verify record={record} />
      </p>
      {family.rows.length > 0 && <Tree family={family} current={run} differences={differences} />}
    </section>
  );
}

/** Whether the run comes out the same once more. */
function Verify({ record }: { readonly record: RunRecord }) {
  const { obstacle, start, error } = useReplay(record);
  return (
    <>
      <Button isDisabled={obstacle !== undefined} onPress={start}>
        Verify run {record.run} by a replay
      </Button>{" "}
      <Help term="replay" /> {obstacle ?? error?.message}
    </>
  );
}

interface TreeProps {
  readonly family: Family;
  readonly current: RunId;
  readonly differences: ReadonlyMap<RunId, Difference>;
}

function Tree({ family, current, differences }: TreeProps) {
  const { rows, columns } = family;
  const treeRef = useRef<HTMLDivElement>(null);
  const id = useId();
  const currentRow = Math.max(
    0,
    rows.findIndex(({ run }) => run.run === current),
  );
  const [activeRun, setActiveRun] = useState<RunId>();
  const found = rows.findIndex(({ run }) => run.run === activeRun);
  const active = found < 0 ? currentRow : found;
  const go = (row: number) => {
    const to = rows[row];
    if (to === undefined) return;
    setActiveRun(to.run.run);
    treeRef.current?.querySelector(`[data-row="${row}"]`)?.scrollIntoView?.({ block: "nearest" });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const to = destination(event.key, active, rows);
    if (to !== undefined) go(to);
    else if (event.key === "Enter" || event.key === " ") open(rows[active]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      ref={treeRef}
      role="tree"
      aria-label="Runs that come from one another"
      tabIndex={0}
      aria-activedescendant={`${id}-${active}`}
      className={styles["tree"]}
      onKeyDown={onKeyDown}
    >
      <div
        role="presentation"
        className={styles["plot"]}
        style={{ height: rows.length * kRowPx, width: columns.length * kColumnPx + 200 }}
      >
        <Lines rows={rows} current={currentRow} />
        {rows.map((row, index) => (
          <Item
            key={row.run.run}
            id={`${id}-${index}`}
            index={index}
            row={row}
            rows={rows}
            isCurrent={row.run.run === current}
            isActive={index === active}
            difference={differences.get(row.run.run)}
          />
        ))}
      </div>
    </div>
  );
}

function open(row: BranchRow | undefined): void {
  if (row !== undefined) openView(row.run.run, row.run.forkPosition, "branches");
}

/** Up and down by rows; left to the run that it comes from, right to its first branch. */
function destination(key: string, from: number, rows: readonly BranchRow[]): number | undefined {
  switch (key) {
    case "ArrowUp":
      return Math.max(0, from - 1);
    case "ArrowDown":
      return Math.min(rows.length - 1, from + 1);
    case "ArrowLeft":
      return rows[from]?.parentRow ?? from;
    case "ArrowRight": {
      const child = rows.findIndex(({ parentRow }) => parentRow === from);
      return child < 0 ? from : child;
    }
    case "Home":
      return 0;
    case "End":
      return rows.length - 1;
    default:
      return undefined;
  }
}

const xOf = (column: number) => 16 + column * kColumnPx;
const yOf = (row: number) => row * kRowPx + kRowPx / 2;

function Lines({ rows, current }: { readonly rows: readonly BranchRow[]; readonly current: number }) {
  return (
    <svg aria-hidden="true" className={styles["lines"]}>
      {rows.map(({ run, begin, end, parentRow }, row) => (
        <path
          key={run.run}
          data-current={row === current}
          d={`${parentRow === undefined ? "" : `M${xOf(begin)} ${yOf(parentRow)}V${yOf(row)}`}M${xOf(begin)} ${yOf(row)}H${xOf(end) - 10}`}
        />
      ))}
    </svg>
  );
}

interface ItemProps {
  readonly id: string;
  readonly index: number;
  readonly row: BranchRow;
  readonly rows: readonly BranchRow[];
  readonly isCurrent: boolean;
  readonly isActive: boolean;
  readonly difference: Difference | undefined;
}

function Item({ id, index, row, rows, isCurrent, isActive, difference }: ItemProps) {
  const { run, depth, begin, end, parentRow } = row;
  const siblings = rows.filter((one) => one.parentRow === parentRow);
  const hasChildren = rows.some((one) => one.parentRow === index);
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the tree has the focus and names its active item
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree itself takes the keys
    <div
      id={id}
      role="treeitem"
      data-row={index}
      data-active={isActive}
      aria-level={depth + 1}
      aria-posinset={siblings.indexOf(row) + 1}
      aria-setsize={siblings.length}
      aria-expanded={hasChildren ? true : undefined}
      aria-selected={isCurrent}
      aria-label={spoken(run, difference)}
      className={styles["item"]}
      style={{ top: index * kRowPx, left: xOf(begin) + 6, width: xOf(end) - xOf(begin) - 12 }}
      onClick={() => open(row)}
    >
      {depth === 0 ? (
        <span className={styles["name"]}>
          {runName(run)} <small>{sharedWords(run)}</small>
        </span>
      ) : (
        <Node run={run} difference={difference} />
      )}
      <span className={styles["end"]}>{endWords(run)}</span>
    </div>
  );
}

function Node({
  run,
  difference,
}: {
  readonly run: RunSummary;
  readonly difference: Difference | undefined;
}) {
  if (run.isReplay === true) return <span className={styles["name"]}>replay</span>;
  return (
    <span className={styles["name"]}>
      {difference === undefined ? (
        <small>position {run.forkPosition}</small>
      ) : (
        <>
          <TokenChip text={decodeWithEscapes(difference.token.bytes)} />
          <small>{differenceWords(difference)}</small>
        </>
      )}
    </span>
  );
}

/** With a true minus; a plus where the branch's token was the likelier one. */
function differenceWords({ logprob, token, instead }: Difference): string {
  if (instead?.id === token.id) return "same token";
  if (logprob === undefined) return "not compared";
  const sign = logprob < 0 ? "−" : "+";
  return `Δ log p ${sign}${Math.abs(logprob).toFixed(2)}`;
}

function sharedWords({ nPrompt, nGenerated }: RunSummary): string {
  return nPrompt === undefined ? "" : `${formatCount(nPrompt)} + ${plural(nGenerated, "token")}`;
}

const kEnds: Readonly<Record<NonNullable<RunSummary["reason"]>, string>> = {
  endOfText: "■ ended by itself",
  limit: "│ token limit",
  stopString: "■ stop string",
  stopped: "□ stopped",
  contextFull: "│ context full",
  timeLimit: "│ time limit",
  failed: "✕ failed",
  engineDied: "✕ engine died",
};

function endWords({ reason, paused, isInterrupted, finished }: RunSummary): string {
  if (reason !== undefined) return kEnds[reason];
  if (isInterrupted === true) return "✕ cut off";
  if (paused) return "‖ stands still";
  return finished ? "■ ended" : "… goes on";
}

function spoken(run: RunSummary, difference: Difference | undefined): string {
  const at = run.forkPosition === undefined ? "" : ` at position ${run.forkPosition}`;
  const what =
    difference === undefined
      ? runName(run)
      : `${quoted(decodeWithEscapes(difference.token.bytes))}, ${differenceWords(difference)}`;
  return `Run ${run.run}${at}: ${what}; ${endWords(run).replace(/^\S+ /, "")}`;
}

function useWalkCommands({ rows }: Family, current: RunId): void {
  const commands = useMemo<readonly Command[]>(() => {
    const at = rows.findIndex(({ run }) => run.run === current);
    const to = (id: string, title: string, row: number | undefined): Command => ({
      id: `branches.${id}`,
      title,
      group: "Branches",
      obstacle: row === undefined || rows[row] === undefined || row === at ? "There is none." : undefined,
      run: () => open(row === undefined ? undefined : rows[row]),
    });
    const child = rows.findIndex(({ parentRow }) => parentRow === at);
    return [
      to("parent", "Go to the run that this one is a branch of", rows[at]?.parentRow),
      to("child", "Go to the first branch of this run", child < 0 ? undefined : child),
      to("next", "Go to the next branch", at + 1),
      to("previous", "Go to the previous branch", at - 1),
    ];
  }, [rows, current]);
  useCommands(commands);
}
