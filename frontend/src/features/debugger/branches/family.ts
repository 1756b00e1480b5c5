import type { Position, RunId } from "../../../base/brand";
import type { RunSummary } from "../../../protocol/types";

/** A run as a row of the tree of branches. */
export interface BranchRow {
  readonly run: RunSummary;
  /** 0: the run that all others come from. */
  readonly depth: number;
  /** Row of the run that it leaves; undefined: none is known. */
  readonly parentRow: number | undefined;
  /** Columns where its line begins and ends. */
  readonly begin: number;
  readonly end: number;
}

export interface Family {
  readonly rows: readonly BranchRow[];
  /** Positions at which something branches off, rising; the first is 0. What lies between is shared and collapsed. */
  readonly columns: readonly Position[];
}

/** All runs that come from the same one as `run` does, in the order in which a tree is read. */
export function familyOf(runs: readonly RunSummary[], run: RunId): Family {
  const byId = new Map(runs.map((one) => [one.run, one] as const));
  const root = rootOf(byId, run);
  if (root === undefined) return { rows: [], columns: [] };
  const children = childrenOf(runs);
  const members: {
    readonly run: RunSummary;
    readonly depth: number;
    readonly parentRow: number | undefined;
  }[] = [];
  const seen = new Set<RunId>();
  const visit = (one: RunSummary, depth: number, parentRow: number | undefined) => {
    if (seen.has(one.run)) return;
    seen.add(one.run);
    const row = members.length;
    members.push({ run: one, depth, parentRow });
    for (const child of children.get(one.run) ?? []) visit(child, depth + 1, row);
  };
  visit(root, 0, undefined);
  const forks = members.filter(({ depth, run: one }) => depth > 0 && one.isReplay !== true);
  const positions = new Set<number>([0, ...forks.map((one) => forkOf(one.run))]);
  const columns = [...positions].sort((a, b) => a - b) as Position[];
  const rows: BranchRow[] = [];
  for (const member of members) {
    const { depth, parentRow, run: one } = member;
    const parentBegin = rows[parentRow ?? 0]?.begin ?? 0;
    // A replay decodes all tokens again: it begins where its run does.
    const own = one.isReplay === true ? parentBegin : columns.indexOf(forkOf(one));
    const begin = depth === 0 ? 0 : own;
    rows.push({ ...member, begin, end: Math.max(begin + 1, endColumn(columns, one)) });
  }
  return { rows, columns };
}

const forkOf = ({ forkPosition }: RunSummary): Position => forkPosition ?? (0 as Position);

function rootOf(byId: ReadonlyMap<RunId, RunSummary>, run: RunId): RunSummary | undefined {
  const seen = new Set<RunId>();
  let one = byId.get(run);
  while (one?.parent !== undefined && !seen.has(one.run)) {
    seen.add(one.run);
    const parent = byId.get(one.parent);
    // The run that it came from may be deleted.
    if (parent === undefined) return one;
    one = parent;
  }
  return one;
}

function childrenOf(runs: readonly RunSummary[]): ReadonlyMap<RunId, readonly RunSummary[]> {
  const children = new Map<RunId, RunSummary[]>();
  for (const run of runs) {
    if (run.parent === undefined || run.parent === run.run) continue;
    const siblings = children.get(run.parent);
    if (siblings === undefined) children.set(run.parent, [run]);
    else siblings.push(run);
  }
  // Later forks first: their lines then end before those of earlier forks begin to cross them.
  for (const siblings of children.values()) siblings.sort((a, b) => forkOf(b) - forkOf(a) || a.run - b.run);
  return children;
}

/** The column behind the last fork that its tokens reach. */
function endColumn(columns: readonly Position[], { nPrompt = 0, nGenerated }: RunSummary): number {
  const length = nPrompt + nGenerated;
  const reached = columns.filter((position) => position <= Math.max(1, length)).length;
  return Math.max(1, reached);
}
