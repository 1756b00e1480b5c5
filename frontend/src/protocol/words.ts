// The protocol's kinds in words.
import { quoted, withVisibleControls } from "../base/visible-text";
import type { Finished, FinishReason, PauseReason, RunSummary, SamplerStage, StageKind } from "./types";

const kStageNames: Readonly<Record<StageKind, string>> = {
  topK: "top-k",
  topP: "top-p",
  minP: "min-p",
  typical: "typical",
  temperature: "temperature",
  dynamicTemperature: "dynamic temperature",
  xtc: "XTC",
  topNSigma: "top-n-sigma",
  mirostat1: "mirostat 1",
  mirostat2: "mirostat 2",
  penalties: "penalties",
  dry: "DRY",
  adaptiveP: "adaptive-p",
  logitBias: "logit bias",
  grammar: "grammar",
  greedy: "greedy",
  distribution: "random draw",
  unknown: "unknown stage",
};

export function stageName(kind: StageKind): string {
  return kStageNames[kind];
}

/** The parameter that a reader looks for first, where a stage has one. */
const kMainParameter: Readonly<Partial<Record<StageKind, string>>> = {
  topK: "k",
  topP: "p",
  minP: "p",
  typical: "p",
  temperature: "temperature",
  dynamicTemperature: "temperature",
  xtc: "probability",
  topNSigma: "n",
  mirostat1: "tau",
  mirostat2: "tau",
  penalties: "repeat",
  dry: "multiplier",
  adaptiveP: "target",
  distribution: "seed",
};

/** Numbers travel as 32-bit floats: 0.8 comes as 0.800000011920929. */
export function formatParameter(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
}

export function mainParameter(stage: SamplerStage): string | undefined {
  const name = kMainParameter[stage.kind];
  const value = name === undefined ? undefined : stage.parameters[name];
  return value === undefined ? undefined : formatParameter(value);
}

const kFinishWords: Readonly<Record<FinishReason, string>> = {
  endOfText: "The model ended the text.",
  limit: "The token limit was reached.",
  stopString: "A stop string was met.",
  stopped: "Stopped by you.",
  contextFull: "The context is full.",
  timeLimit: "The time limit was reached.",
  failed: "The run failed.",
  engineDied: "The engine process died.",
};

export function finishWords(finished: Finished): string {
  if (finished.reason === "stopString" && finished.stopString !== undefined) {
    return `The stop string ${quoted(finished.stopString)} was met.`;
  }
  return kFinishWords[finished.reason];
}

const kPauseWords: Readonly<Record<PauseReason, string>> = {
  asked: "Paused.",
  stepped: "Paused after one step.",
  start: "Paused before the first token.",
  breakpoint: "Paused at a breakpoint.",
};

export function pauseWords(reason: PauseReason): string {
  return kPauseWords[reason];
}

/** What a run is called, to be read: its title, else the beginning of its prompt. */
export function runName(run: RunSummary): string {
  return withVisibleControls(run.title ?? (run.prompt.trim() || `run ${run.run}`));
}
