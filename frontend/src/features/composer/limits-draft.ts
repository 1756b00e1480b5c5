import { linesOf } from "../../parts/escapes";
import type { Capture, Limits } from "../../protocol/types";
import { kUint32Max, type NumberRule, numberIn, problemIn } from "./number-field";

/** When a run ends, what is recorded of it, and its seed: as typed. */
export interface LimitsDraft {
  readonly seed: string;
  readonly maxTokens: string;
  readonly seconds: string;
  /** One a line, with escapes. */
  readonly stop: string;
  readonly ignoreEos: boolean;
  readonly candidates: string;
  readonly promptCandidates: string;
  readonly recordsPrompt: boolean;
  readonly recordsTrace: boolean;
}

export type LimitsField = "seed" | "maxTokens" | "seconds" | "candidates" | "promptCandidates";

export const kDefaultLimits: LimitsDraft = {
  seed: "",
  maxTokens: "256",
  seconds: "",
  stop: "",
  ignoreEos: false,
  candidates: "",
  promptCandidates: "",
  recordsPrompt: true,
  recordsTrace: true,
};

const kMaxCandidates = 1024;
const kMaxStopStrings = 64;

export const kLimitRules: Readonly<Record<LimitsField, NumberRule>> = {
  // The engine takes the largest number for “a random one”.
  seed: { isWhole: true, least: 0, most: kUint32Max - 1 },
  maxTokens: { isWhole: true, least: 0, most: kUint32Max },
  seconds: { isWhole: false, least: 0.001, most: kUint32Max / 1000 },
  candidates: { isWhole: true, least: 1, most: kMaxCandidates },
  promptCandidates: { isWhole: true, least: 0, most: kMaxCandidates },
};

export function limitProblem(draft: LimitsDraft, field: LimitsField): string | undefined {
  return problemIn(draft[field], kLimitRules[field]);
}

export function stopProblem(draft: LimitsDraft): string | undefined {
  const count = linesOf(draft.stop).length;
  return count > kMaxStopStrings
    ? `There can be ${kMaxStopStrings} stop strings; these are ${count}.`
    : undefined;
}

const kFields: readonly LimitsField[] = ["seed", "maxTokens", "seconds", "candidates", "promptCandidates"];

export function limitsProblem(draft: LimitsDraft): string | undefined {
  return (
    stopProblem(draft) ?? kFields.map((field) => limitProblem(draft, field)).find((one) => one !== undefined)
  );
}

function number(draft: LimitsDraft, field: LimitsField): number | undefined {
  return numberIn(draft[field], kLimitRules[field]);
}

/** Undefined: a random one. */
export function seedOf(draft: LimitsDraft): number | undefined {
  return number(draft, "seed");
}

export function limitsOf(draft: LimitsDraft): Limits {
  const nPredict = number(draft, "maxTokens");
  const seconds = number(draft, "seconds");
  const stop = linesOf(draft.stop);
  return {
    ...(nPredict === undefined ? {} : { nPredict }),
    ...(seconds === undefined ? {} : { timeMs: Math.max(1, Math.round(seconds * 1000)) }),
    ...(stop.length === 0 ? {} : { stop }),
    ...(draft.ignoreEos ? { ignoreEos: true } : {}),
  };
}

/** Undefined: everything as the server does it unasked. */
export function captureOf(draft: LimitsDraft): Capture | undefined {
  const nCandidates = number(draft, "candidates");
  const nPromptCandidates = number(draft, "promptCandidates");
  const capture: Capture = {
    ...(nCandidates === undefined ? {} : { nCandidates }),
    ...(nPromptCandidates === undefined ? {} : { nPromptCandidates }),
    ...(draft.recordsPrompt ? {} : { prompt: false }),
    ...(draft.recordsTrace ? {} : { trace: false }),
  };
  return Object.keys(capture).length === 0 ? undefined : capture;
}

/** The section in a line, while it is closed. */
export function limitsWords(draft: LimitsDraft): string {
  const nStop = linesOf(draft.stop).length;
  const parts = [
    draft.seconds.trim() === "" ? "" : `${draft.seconds.trim()} s`,
    nStop === 0 ? "" : `${nStop} stop string${nStop === 1 ? "" : "s"}`,
    draft.ignoreEos ? "goes on after the end of text" : "",
    draft.candidates.trim() === "" ? "" : `${draft.candidates.trim()} candidates`,
    draft.recordsPrompt && draft.recordsTrace ? "" : "records less",
  ].filter((part) => part !== "");
  return parts.length === 0 ? "ends with the text; everything recorded" : parts.join(" · ");
}
