// What the debugger of runs says and asks: breakpoints, watches, branches, what
// could come, comparison. Types of the page's own, as in types.ts.
import type { Position, RunId } from "../base/brand";
import type { SamplerStage, StepDetail, Token } from "./types";

export type ConditionKind =
  | "tokenIs"
  | "textMatches"
  | "patternMatches"
  | "rawProbBelow"
  | "finalProbBelow"
  | "entropyAbove"
  | "rankAbove"
  | "stageRemovedTop"
  | "nearTie"
  | "tokenInTop"
  | "repetition"
  | "endOfTextAbove"
  | "positionIs"
  | "everyNth"
  | "unknown";

/** Which parameters a kind reads is said in the schema; none has a default. */
export interface Condition {
  readonly kind: ConditionKind;
  readonly ids?: readonly number[] | undefined;
  readonly text?: string | undefined;
  readonly threshold?: number | undefined;
  readonly n?: number | undefined;
  /** Index into the run's chain; undefined: any stage. */
  readonly stage?: number | undefined;
}

/** Stops a run before a token for which all conditions hold. */
export interface Breakpoint {
  readonly id: number;
  readonly conditions: readonly Condition[];
  readonly disabled: boolean;
  /** How many hits to let pass first. */
  readonly ignore: number;
  /** Disabled by its first stop. */
  readonly once: boolean;
}

/** Follows the first token of a word (with and without a space before it), or tokens by their ids. */
export interface Watch {
  readonly id: number;
  readonly word?: string | undefined;
  readonly ids?: readonly number[] | undefined;
  /** From the engine: what is followed. */
  readonly tokens?: readonly Token[] | undefined;
}

/** At one step: all tokens of a watch together, and the most probable of them. */
export interface WatchedValue {
  readonly rawProb: number | undefined;
  readonly best: number | undefined;
  readonly bestRank: number | undefined;
}

/** Where a run stood still, and which breakpoints had it so. */
export interface Stop {
  readonly position: Position;
  readonly breakpoints: readonly number[];
}

export interface TokensBanned {
  readonly ids: readonly number[];
  readonly position: Position;
  /** 0: for the rest of the run. */
  readonly nSteps: number;
}

export interface SamplerChange {
  readonly sampler: readonly SamplerStage[];
  readonly seed: number;
  readonly position: Position;
}

/** What a run tells of its debugging, in the order in which it happened. */
export type RunEvent =
  | { readonly kind: "breakpoints"; readonly breakpoints: readonly Breakpoint[] }
  | {
      readonly kind: "watches";
      readonly watches: readonly Watch[];
      /** The first position whose step follows them. */
      readonly from: Position;
    }
  | { readonly kind: "banned"; readonly banned: TokensBanned }
  | { readonly kind: "sampler"; readonly change: SamplerChange }
  | { readonly kind: "stopped"; readonly stop: Stop };

/** All of a run before a position, then these tokens (or this text), then on. */
export interface Fork {
  readonly run: RunId;
  readonly position: Position;
  readonly tokens?: readonly number[] | undefined;
  readonly text?: string | undefined;
  readonly replay?: boolean | undefined;
}

export interface Explore {
  readonly run: RunId;
  readonly position: Position;
  /** The first tokens; undefined: the most probable ones. */
  readonly tokens?: readonly number[] | undefined;
  readonly nBranches: number;
  readonly nTokens: number;
  /** With the run's chain, each branch with a seed of its own; else always the most probable. */
  readonly sampled: boolean;
}

export interface ExploredBranch {
  readonly steps: readonly StepDetail[];
  readonly sumLogprob: number;
  readonly endOfText: boolean;
}

export interface Explored {
  readonly branches: readonly ExploredBranch[];
  readonly prefixMs: number;
  readonly decodeMs: number;
}

export interface ExpandTree {
  readonly run: RunId;
  readonly position: Position;
  readonly maxDepth: number;
  readonly minProb: number;
  readonly maxChildren: number;
  readonly maxNodes: number;
}

export interface TreeNode {
  /** Index of its parent, smaller than its own; undefined: at the root. */
  readonly parent: number | undefined;
  readonly token: Token;
  readonly rawLogprob: number;
  readonly pathLogprob: number;
  readonly rank: number;
  /** Of what comes next, bits; undefined: not looked at. */
  readonly entropy: number | undefined;
  readonly childrenMass: number | undefined;
  readonly endOfText: boolean;
}

export interface ProbabilityTree {
  readonly nodes: readonly TreeNode[];
  readonly rootEntropy: number | undefined;
  readonly rootMass: number | undefined;
  /** False: the bound on nodes was met first. */
  readonly complete: boolean;
  readonly nDecoded: number;
  readonly ms: number;
}

export type Verdict = "identical" | "withinTolerance" | "different" | "notComparable";

export interface RunsCompared {
  readonly verdict: Verdict;
  readonly nCompared: number;
  readonly nIdentical: number;
  readonly firstDifference: Position | undefined;
  readonly firstOtherToken: Position | undefined;
  readonly maxLogitDifference: number | undefined;
  readonly words: string;
  readonly reasons: readonly string[];
}

/** What the debugger asks of the server. */
export type DebugRequest =
  | { readonly kind: "setBreakpoints"; readonly run: RunId; readonly breakpoints: readonly Breakpoint[] }
  | { readonly kind: "setWatches"; readonly run: RunId; readonly watches: readonly Watch[] }
  | {
      readonly kind: "banTokens";
      readonly run: RunId;
      readonly ids: readonly number[];
      readonly nSteps: number;
    }
  | {
      readonly kind: "setSampler";
      readonly run: RunId;
      readonly sampler: readonly SamplerStage[];
      /** Undefined: the run's. */
      readonly seed?: number | undefined;
    }
  | { readonly kind: "explore"; readonly explore: Explore }
  | { readonly kind: "expandTree"; readonly expand: ExpandTree }
  | { readonly kind: "compareRuns"; readonly run: RunId; readonly other: RunId };

export type DebugReply =
  | { readonly kind: "explored"; readonly explored: Explored }
  | { readonly kind: "tree"; readonly tree: ProbabilityTree }
  | { readonly kind: "runsCompared"; readonly compared: RunsCompared };
