// The four settings that are always in sight. They are fields of stages of the
// chain, not settings beside it.
import { addStage, type ChainDraft, changeStage, type StageDraft } from "./chain-draft";
import { problemIn } from "./number-field";
import { kParameters } from "./stage-catalog";

export interface Knob {
  readonly label: string;
  readonly kind: "temperature" | "topK" | "topP" | "minP";
  readonly parameter: string;
}

export const kKnobs: readonly Knob[] = [
  { label: "Temperature", kind: "temperature", parameter: "temperature" },
  { label: "Top-k", kind: "topK", parameter: "k" },
  { label: "Top-p", kind: "topP", parameter: "p" },
  { label: "Min-p", kind: "minP", parameter: "p" },
];

function stageOf(chain: ChainDraft, knob: Knob): StageDraft | undefined {
  const all = chain.filters.filter(({ kind }) => kind === knob.kind);
  return all.find(({ isOn }) => isOn) ?? all[0];
}

function infoOf(knob: Knob) {
  return kParameters[knob.kind].find(({ name }) => name === knob.parameter);
}

export function knobValue(chain: ChainDraft, knob: Knob): string {
  const stage = stageOf(chain, knob);
  return stage?.isOn === true ? (stage.fields[knob.parameter] ?? "") : "";
}

/** What an empty knob means: the stage is off, or takes its default. */
export function knobPlaceholder(chain: ChainDraft, knob: Knob): string {
  return stageOf(chain, knob)?.isOn === true ? (infoOf(knob)?.otherwise ?? "") : "off";
}

export function knobProblem(chain: ChainDraft, knob: Knob): string | undefined {
  const rule = infoOf(knob);
  return rule === undefined ? undefined : problemIn(knobValue(chain, knob), rule);
}

/** An emptied knob switches its stage off; a filled one switches it on, or adds it. */
export function turnKnob(chain: ChainDraft, knob: Knob, value: string): ChainDraft {
  const stage = stageOf(chain, knob);
  if (stage === undefined) {
    if (value.trim() === "") return chain;
    return turnKnob(addStage(chain, knob.kind), knob, value);
  }
  const isOn = value.trim() !== "";
  return changeStage(chain, stage.key, { isOn, fields: { ...stage.fields, [knob.parameter]: value } });
}

/** At temperature 0 only the most probable token is left. */
export function isCertain(chain: ChainDraft): boolean {
  return chain.filters.some(
    ({ kind, isOn, fields }) => kind === "temperature" && isOn && Number(fields["temperature"] || "1") === 0,
  );
}
