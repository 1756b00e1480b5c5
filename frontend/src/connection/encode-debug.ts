// What the debugger asks, as messages.
import { assertNever } from "../base/assert";
import type { RunId } from "../base/brand";
import type { Breakpoint, DebugRequest, Fork, Watch } from "../protocol/debug-types";
import * as pb from "../protocol/generated/inferno_generated";
import { encodedStage } from "./encode-parts";
import { kPbConditionKinds } from "./enums";

interface DebugBody {
  readonly type: pb.Body;
  readonly body: pb.EnvelopeT["body"];
  readonly run?: RunId;
}

export function debugBody(request: DebugRequest): DebugBody {
  switch (request.kind) {
    case "setBreakpoints": {
      const body = new pb.SetBreakpointsT(request.breakpoints.map(encodedBreakpoint));
      return { type: pb.Body.SetBreakpoints, body, run: request.run };
    }
    case "setWatches": {
      const body = new pb.SetWatchesT(request.watches.map(encodedWatch));
      return { type: pb.Body.SetWatches, body, run: request.run };
    }
    case "banTokens": {
      const body = new pb.BanTokensT([...request.ids], request.nSteps);
      return { type: pb.Body.BanTokens, body, run: request.run };
    }
    case "setSampler": {
      const body = new pb.SetSamplerT(request.sampler.map(encodedStage), request.seed ?? null);
      return { type: pb.Body.SetSampler, body, run: request.run };
    }
    case "explore": {
      const { run, position, tokens, nBranches, nTokens, sampled } = request.explore;
      const body = new pb.ExploreT(run, position, [...(tokens ?? [])], nBranches, nTokens, sampled);
      return { type: pb.Body.Explore, body };
    }
    case "expandTree": {
      const { run, position, maxDepth, minProb, maxChildren, maxNodes } = request.expand;
      const body = new pb.ExpandTreeT(run, position, maxDepth, minProb, maxChildren, maxNodes);
      return { type: pb.Body.ExpandTree, body };
    }
    case "compareRuns":
      return { type: pb.Body.CompareRuns, body: new pb.CompareRunsT(request.run, request.other) };
    default:
      return assertNever(request);
  }
}

export function encodedBreakpoint({ id, conditions, disabled, ignore, once }: Breakpoint): pb.BreakpointT {
  const tables = conditions.map(
    ({ kind, ids, text, threshold, n, stage }) =>
      new pb.ConditionT(
        kPbConditionKinds[kind],
        [...(ids ?? [])],
        text ?? null,
        threshold ?? null,
        n ?? null,
        stage ?? null,
      ),
  );
  return new pb.BreakpointT(id, tables, disabled, ignore, once);
}

export function encodedWatch({ id, word, ids }: Watch): pb.WatchT {
  return new pb.WatchT(id, word ?? null, [...(ids ?? [])]);
}

export function encodedFork({ run, position, tokens, text, replay }: Fork): pb.ForkT {
  return new pb.ForkT(run, position, [...(tokens ?? [])], text ?? null, replay ?? false);
}
