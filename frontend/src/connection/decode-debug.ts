// The debugger's messages as the page's own types.
import { asPosition, type Position } from "../base/brand";
import type {
  Breakpoint,
  Condition,
  DebugReply,
  Explored,
  ProbabilityTree,
  RunEvent,
  RunsCompared,
  TreeNode,
  Watch,
} from "../protocol/debug-types";
import * as pb from "../protocol/generated/inferno_generated";
import type { RunPhase } from "../protocol/types";
import { optionalString, readable, samplerStage, string, tokenOf } from "./decode-parts";
import { conditionKind, pauseReason, verdict } from "./enums";
import { bodyAs } from "./envelope";
import { stepDetail } from "./step-detail";

function condition(table: pb.ConditionT): Condition {
  return {
    kind: conditionKind(table.kind),
    ...(table.ids.length === 0 ? {} : { ids: table.ids }),
    ...(table.text === null ? {} : { text: string(table.text) }),
    ...(table.threshold === null ? {} : { threshold: table.threshold }),
    ...(table.n === null ? {} : { n: table.n }),
    ...(table.stage === null ? {} : { stage: table.stage }),
  };
}

function breakpoint(table: pb.BreakpointT): Breakpoint {
  const { id, disabled, ignore, once } = table;
  return { id, conditions: table.conditions.map(condition), disabled, ignore, once };
}

function watch(table: pb.WatchT): Watch {
  return {
    id: table.id,
    word: optionalString(table.word),
    ids: table.ids.length === 0 ? undefined : table.ids,
    tokens: table.tokens.map(tokenOf),
  };
}

export function pausedPhase(table: pb.Paused): RunPhase {
  const pending = table.pending();
  return {
    kind: "paused",
    reason: pauseReason(table.reason()),
    position: asPosition(table.position()),
    breakpoints: [...(table.breakpointsArray() ?? [])],
    pending: pending === null ? undefined : stepDetail(pending, false),
  };
}

/** What a message tells of a run's debugging; undefined: nothing. `next`: the position of the next step. */
export function runEvent(envelope: pb.Envelope, next: Position): RunEvent | undefined {
  switch (envelope.bodyType()) {
    case pb.Body.Breakpoints: {
      const { breakpoints } = bodyAs(envelope, new pb.Breakpoints()).unpack();
      return { kind: "breakpoints", breakpoints: breakpoints.map(breakpoint) };
    }
    case pb.Body.Watches: {
      const { watches } = bodyAs(envelope, new pb.Watches()).unpack();
      return { kind: "watches", watches: watches.map(watch), from: next };
    }
    case pb.Body.TokensBanned: {
      const { ids, position, nSteps } = bodyAs(envelope, new pb.TokensBanned()).unpack();
      return { kind: "banned", banned: { ids, position: asPosition(position), nSteps } };
    }
    case pb.Body.SamplerChanged: {
      const { sampler, seed, position } = bodyAs(envelope, new pb.SamplerChanged()).unpack();
      const change = { sampler: sampler.map(samplerStage), seed, position: asPosition(position) };
      return { kind: "sampler", change };
    }
    case pb.Body.Paused: {
      const paused = bodyAs(envelope, new pb.Paused());
      const breakpoints = [...(paused.breakpointsArray() ?? [])];
      return { kind: "stopped", stop: { position: asPosition(paused.position()), breakpoints } };
    }
    default:
      return undefined;
  }
}

export function debugReply(envelope: pb.Envelope): DebugReply | undefined {
  switch (envelope.bodyType()) {
    case pb.Body.Explored:
      return { kind: "explored", explored: explored(bodyAs(envelope, new pb.Explored())) };
    case pb.Body.Tree:
      return { kind: "tree", tree: tree(bodyAs(envelope, new pb.Tree()).unpack()) };
    case pb.Body.RunsCompared:
      return {
        kind: "runsCompared",
        compared: runsCompared(bodyAs(envelope, new pb.RunsCompared()).unpack()),
      };
    default:
      return undefined;
  }
}

function present<T>(count: number, at: (index: number) => T | null): T[] {
  return Array.from({ length: count }, (_, index) => at(index)).filter((item): item is T => item !== null);
}

function explored(table: pb.Explored): Explored {
  return {
    branches: present(table.branchesLength(), (i) => table.branches(i)).map((branch) => ({
      steps: present(branch.stepsLength(), (i) => branch.steps(i)).map((step) => stepDetail(step, false)),
      sumLogprob: branch.sumLogprob(),
      endOfText: branch.endOfText(),
    })),
    prefixMs: table.prefixMs(),
    decodeMs: table.decodeMs(),
  };
}

function tree(table: pb.TreeT): ProbabilityTree {
  return {
    nodes: table.nodes.map(treeNode),
    rootEntropy: table.rootEntropy ?? undefined,
    rootMass: table.rootMass ?? undefined,
    complete: table.complete,
    nDecoded: table.nDecoded,
    ms: table.ms,
  };
}

function treeNode(table: pb.TreeNodeT): TreeNode {
  if (table.token === null) throw new Error("a node of a tree without its token");
  return {
    parent: table.parent ?? undefined,
    token: tokenOf(table.token),
    rawLogprob: table.rawLogprob,
    pathLogprob: table.pathLogprob,
    rank: table.rank,
    entropy: table.entropy ?? undefined,
    childrenMass: table.childrenMass ?? undefined,
    endOfText: table.endOfText,
  };
}

function runsCompared(table: pb.RunsComparedT): RunsCompared {
  const position = (value: number | null) => (value === null ? undefined : asPosition(value));
  return {
    verdict: verdict(table.verdict),
    nCompared: table.nCompared,
    nIdentical: table.nIdentical,
    firstDifference: position(table.firstDifference),
    firstOtherToken: position(table.firstOtherToken),
    maxLogitDifference: table.maxLogitDifference ?? undefined,
    words: readable(table.words),
    reasons: table.reasons.map(readable),
  };
}
