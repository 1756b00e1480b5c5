import { formatProbability, plural } from "../../base/format";
import { decodeWithEscapes } from "../../base/utf8";
import { quoted } from "../../base/visible-text";
import type { Candidate, SamplerStage, StageTrace, StepDetail } from "../../protocol/types";
import { stageName } from "../../protocol/words";

/** What decided, as a sentence; `decider` is the part of it to stress. */
export interface Verdict {
  readonly decider: string;
  readonly sentence: string;
}

export function tokenText(candidate: { readonly token: { readonly bytes: Uint8Array } }): string {
  return decodeWithEscapes(candidate.token.bytes);
}

/** The sampler stage that a candidate's `removedBy` or a trace's `stage` points at, in words. */
export function stageAt(sampler: readonly SamplerStage[], index: number): string {
  const stage = sampler[index];
  return stage === undefined ? `stage ${index + 1}` : stageName(stage.kind);
}

/** Why this token is here: said only from what was recorded. */
export function verdictOf(step: StepDetail, sampler: readonly SamplerStage[]): Verdict {
  if (step.isPrompt) return promptVerdict(step);
  if (step.forced)
    return { decider: "You", sentence: "forced this token; the sampler chain did not choose it." };
  const chooser = step.stages.find((stage) => stage.selected !== undefined);
  if (chooser === undefined) {
    return { decider: "Not known", sentence: "what decided: no sampler trace was recorded for this step." };
  }
  const decider = stageAt(sampler, chooser.stage);
  return {
    decider: capitalised(decider),
    sentence: `${choiceSentence(step, chooser)} ${favouriteSentence(step, sampler)}`,
  };
}

function promptVerdict(step: StepDetail): Verdict {
  if (step.rawLogprob === undefined) {
    const why =
      step.position === 0
        ? "nothing comes before it that could predict it."
        : "no probability was recorded for it.";
    return { decider: "The prompt", sentence: `holds this token; ${why}` };
  }
  const p = formatProbability(Math.exp(step.rawLogprob));
  return {
    decider: "The prompt",
    sentence: `holds this token; the model would have given it ${p}${step.rank === undefined ? "" : `, rank ${step.rank}`}.`,
  };
}

function choiceSentence(step: StepDetail, chooser: StageTrace): string {
  const text = quoted(decodeWithEscapes(step.token.bytes));
  const left = step.nFinal ?? chooser.nIn;
  if (chooser.kind === "greedy")
    return `took the most probable of ${plural(chooser.nIn, "candidate")}, ${text}.`;
  if (left === 1) return `had no choice: ${text} was the only candidate left.`;
  const share =
    step.finalProb === undefined ? "a share that is not known" : formatProbability(step.finalProb);
  return `decided among ${plural(left, "candidate")}; ${text} had ${share} of the final distribution.`;
}

/** What became of the candidate that the model itself held most probable. */
function favouriteSentence(step: StepDetail, sampler: readonly SamplerStage[]): string {
  const favourite = step.candidates[0];
  if (favourite === undefined) return "";
  if (favourite.token.id === step.token.id) return "It was the model’s own first choice.";
  const name = quoted(tokenText(favourite));
  if (favourite.removedBy !== undefined) {
    return `The model’s first choice, ${name}, had been removed by ${stageAt(sampler, favourite.removedBy)}.`;
  }
  return `The model’s first choice, ${name}${finalShare(favourite)}, was still available.`;
}

function finalShare(candidate: Candidate): string {
  return candidate.finalProb === undefined ? "" : ` (${formatProbability(candidate.finalProb)})`;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
