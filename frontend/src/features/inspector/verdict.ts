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

/** Candidates whose raw probabilities differ by less than this factor are as good as tied. */
const kNearTie = 1.1;
const kUnlikely = 0.01;
const kNearBorder = 0.002;

/** What else is worth a sentence about a step. */
export function remarksOn(step: StepDetail): readonly string[] {
  return [nearTie(step), unlikely(step), borderline(step)].filter((remark) => remark !== undefined);
}

function nearTie({ candidates, nTop }: StepDetail): string | undefined {
  const [first, second] = candidates;
  if (nTop < 2 || first?.rawLogprob === undefined || second?.rawLogprob === undefined) return undefined;
  if (Math.exp(first.rawLogprob - second.rawLogprob) >= kNearTie) return undefined;
  const [p, q] = [
    formatProbability(Math.exp(first.rawLogprob)),
    formatProbability(Math.exp(second.rawLogprob)),
  ];
  return `A near tie: the model held ${quoted(tokenText(first))} (${p}) and ${quoted(tokenText(second))} (${q}) almost equally likely.`;
}

function unlikely({ rawLogprob, rank, isPrompt }: StepDetail): string | undefined {
  if (rawLogprob === undefined || isPrompt || Math.exp(rawLogprob) >= kUnlikely) return undefined;
  const place = rank === undefined ? "" : `, as its number ${rank}`;
  return `An unlikely token: the model itself gave it ${formatProbability(Math.exp(rawLogprob))}${place}.`;
}

/** A draw that a little more or less would have made fall on another token. */
function borderline({ draw, candidates, token, nFinal, stages }: StepDetail): string | undefined {
  const left = candidates.filter(({ finalProb }) => finalProb !== undefined && finalProb > 0);
  // The order of the draw is that of the candidates only behind a stage that sorts, and without others between them.
  const sorts = stages.some(({ kind, changed }) => changed && (kind === "topK" || kind === "topP"));
  if (draw === undefined || left.length !== nFinal || left.length < 2 || !sorts) return undefined;
  const place = left.findIndex((one) => one.token.id === token.id);
  const before = left.slice(0, Math.max(0, place)).reduce((sum, one) => sum + (one.finalProb ?? 0), 0);
  const after = before + (left[place]?.finalProb ?? 0);
  const neighbour =
    draw - before < kNearBorder ? left[place - 1] : after - draw < kNearBorder ? left[place + 1] : undefined;
  if (neighbour === undefined) return undefined;
  return `A close draw: with a slightly ${draw - before < kNearBorder ? "smaller" : "larger"} number than ${draw.toFixed(4)}, ${quoted(tokenText(neighbour))} would have come.`;
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
