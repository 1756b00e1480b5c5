// The enums of the wire as the words the page uses.

import type { ConditionKind, Verdict } from "../protocol/debug-types";
import * as pb from "../protocol/generated/inferno_generated";
import type {
  FinishReason,
  FlashAttention,
  ModelState,
  PauseReason,
  StageKind,
  TokenKind,
} from "../protocol/types";

export const kPbStageKinds: Readonly<Record<StageKind, pb.StageKind>> = {
  unknown: pb.StageKind.Unset,
  topK: pb.StageKind.TopK,
  topP: pb.StageKind.TopP,
  minP: pb.StageKind.MinP,
  typical: pb.StageKind.Typical,
  temperature: pb.StageKind.Temperature,
  dynamicTemperature: pb.StageKind.DynamicTemperature,
  xtc: pb.StageKind.Xtc,
  topNSigma: pb.StageKind.TopNSigma,
  mirostat1: pb.StageKind.Mirostat1,
  mirostat2: pb.StageKind.Mirostat2,
  penalties: pb.StageKind.Penalties,
  dry: pb.StageKind.Dry,
  adaptiveP: pb.StageKind.AdaptiveP,
  logitBias: pb.StageKind.LogitBias,
  grammar: pb.StageKind.Grammar,
  greedy: pb.StageKind.Greedy,
  distribution: pb.StageKind.Distribution,
};

const kStageKinds = new Map(
  (Object.keys(kPbStageKinds) as StageKind[]).map((kind) => [kPbStageKinds[kind], kind]),
);

export function stageKind(value: pb.StageKind): StageKind {
  return kStageKinds.get(value) ?? "unknown";
}

const kTokenKinds: Readonly<Record<pb.TokenKind, TokenKind>> = {
  [pb.TokenKind.Normal]: "normal",
  [pb.TokenKind.Unknown]: "unknown",
  [pb.TokenKind.Control]: "control",
  [pb.TokenKind.UserDefined]: "userDefined",
  [pb.TokenKind.Unused]: "unused",
  [pb.TokenKind.Byte]: "byte",
};

export function tokenKind(value: pb.TokenKind): TokenKind {
  return kTokenKinds[value] ?? "unknown";
}

export const kPbFlashAttention: Readonly<Record<FlashAttention, pb.FlashAttention>> = {
  auto: pb.FlashAttention.Auto,
  on: pb.FlashAttention.On,
  off: pb.FlashAttention.Off,
};

export function flashAttention(value: pb.FlashAttention): FlashAttention {
  if (value === pb.FlashAttention.On) return "on";
  return value === pb.FlashAttention.Off ? "off" : "auto";
}

const kModelStates: Readonly<Record<pb.ModelState, ModelState>> = {
  [pb.ModelState.Loading]: "loading",
  [pb.ModelState.Ready]: "ready",
  [pb.ModelState.Dead]: "dead",
};

export function modelState(value: pb.ModelState): ModelState {
  return kModelStates[value] ?? "dead";
}

const kPauseReasons: Readonly<Record<pb.PauseReason, PauseReason>> = {
  [pb.PauseReason.Asked]: "asked",
  [pb.PauseReason.Stepped]: "stepped",
  [pb.PauseReason.Start]: "start",
  [pb.PauseReason.Breakpoint]: "breakpoint",
};

export function pauseReason(value: pb.PauseReason): PauseReason {
  return kPauseReasons[value] ?? "asked";
}

const kFinishReasons: Readonly<Record<pb.FinishReason, FinishReason>> = {
  [pb.FinishReason.EndOfText]: "endOfText",
  [pb.FinishReason.Limit]: "limit",
  [pb.FinishReason.StopString]: "stopString",
  [pb.FinishReason.Stopped]: "stopped",
  [pb.FinishReason.ContextFull]: "contextFull",
  [pb.FinishReason.TimeLimit]: "timeLimit",
  [pb.FinishReason.Failed]: "failed",
  [pb.FinishReason.EngineDied]: "engineDied",
};

export function finishReason(value: pb.FinishReason): FinishReason {
  return kFinishReasons[value] ?? "failed";
}

export function errorCode(value: pb.ErrorCode): string {
  return pb.ErrorCode[value] ?? "Internal";
}

export const kPbConditionKinds: Readonly<Record<ConditionKind, pb.ConditionKind>> = {
  unknown: pb.ConditionKind.Unset,
  tokenIs: pb.ConditionKind.TokenIs,
  textMatches: pb.ConditionKind.TextMatches,
  patternMatches: pb.ConditionKind.PatternMatches,
  rawProbBelow: pb.ConditionKind.RawProbBelow,
  finalProbBelow: pb.ConditionKind.FinalProbBelow,
  entropyAbove: pb.ConditionKind.EntropyAbove,
  rankAbove: pb.ConditionKind.RankAbove,
  stageRemovedTop: pb.ConditionKind.StageRemovedTop,
  nearTie: pb.ConditionKind.NearTie,
  tokenInTop: pb.ConditionKind.TokenInTop,
  repetition: pb.ConditionKind.Repetition,
  endOfTextAbove: pb.ConditionKind.EndOfTextAbove,
  positionIs: pb.ConditionKind.PositionIs,
  everyNth: pb.ConditionKind.EveryNth,
};

const kConditionKinds = new Map(
  (Object.keys(kPbConditionKinds) as ConditionKind[]).map((kind) => [kPbConditionKinds[kind], kind]),
);

export function conditionKind(value: pb.ConditionKind): ConditionKind {
  return kConditionKinds.get(value) ?? "unknown";
}

const kVerdicts: Readonly<Record<pb.Verdict, Verdict>> = {
  [pb.Verdict.Identical]: "identical",
  [pb.Verdict.WithinTolerance]: "withinTolerance",
  [pb.Verdict.Different]: "different",
  [pb.Verdict.NotComparable]: "notComparable",
};

export function verdict(value: pb.Verdict): Verdict {
  return kVerdicts[value] ?? "notComparable";
}
