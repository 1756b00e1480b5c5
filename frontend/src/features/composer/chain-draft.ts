import { linesOf, writeEscapes } from "../../parts/escapes";
import type { LogitBias, SamplerStage } from "../../protocol/types";
import { numberIn, problemIn } from "./number-field";
import {
  type ChooserKind,
  type EditableKind,
  isChooser,
  isEditable,
  kParameters,
  removesTokens,
  usualPlace,
} from "./stage-catalog";

export interface BiasDraft {
  readonly id: number;
  /** The token's text with visible spaces, as the model of that time had it; empty: not known. */
  readonly label: string;
  readonly bans: boolean;
  readonly bias: string;
}

/** A stage as it stands in the editor: what was typed, right or wrong. */
export interface StageDraft {
  /** Its identity while it is moved about. */
  readonly key: number;
  readonly kind: EditableKind;
  readonly isOn: boolean;
  /** By parameter; an empty or absent one takes the engine's default. */
  readonly fields: Readonly<Record<string, string>>;
  /** One a line, with escapes; empty: the engine's own. */
  readonly breakers: string;
  readonly biases: readonly BiasDraft[];
  readonly language: "gbnf" | "jsonSchema";
  readonly grammar: string;
  readonly root: string;
  readonly jsonSchema: string;
}

/** The chain in the editor. That the one stage that chooses stands apart makes wrong chains impossible. */
export interface ChainDraft {
  readonly filters: readonly StageDraft[];
  readonly chooser: StageDraft;
}

export const kFirstGrammar = 'root ::= "yes" | "no"\n';
export const kFirstSchema = `{
  "type": "object",
  "properties": {
    "name": { "type": "string" },
    "age": { "type": "integer", "minimum": 0 }
  },
  "required": ["name", "age"]
}
`;

export function newStage(
  kind: EditableKind,
  key: number,
  fields: Readonly<Record<string, string>> = {},
): StageDraft {
  return {
    key,
    kind,
    isOn: true,
    fields,
    breakers: "",
    biases: [],
    language: "gbnf",
    grammar: kind === "grammar" ? kFirstGrammar : "",
    root: "",
    jsonSchema: kind === "grammar" ? kFirstSchema : "",
  };
}

/** A chain of stages with what is typed into their fields, in their order. */
export function newChain(
  filters: readonly (readonly [EditableKind, Readonly<Record<string, string>>])[],
  chooser: ChooserKind = "distribution",
): ChainDraft {
  return {
    filters: filters.map(([kind, fields], index) => newStage(kind, index + 1, fields)),
    chooser: newStage(chooser, 0),
  };
}

export const kDefaultChain = newChain([
  ["topK", { k: "40" }],
  ["topP", { p: "0.95" }],
  ["minP", { p: "0.05" }],
  ["temperature", { temperature: "0.8" }],
]);

function nextKey(chain: ChainDraft): number {
  return Math.max(chain.chooser.key, ...chain.filters.map(({ key }) => key)) + 1;
}

/** Adds a stage where one of its kind usually stands. */
export function addStage(chain: ChainDraft, kind: EditableKind): ChainDraft {
  const at = usualPlace(
    kind,
    chain.filters.map((stage) => stage.kind),
  );
  return { ...chain, filters: chain.filters.toSpliced(at, 0, newStage(kind, nextKey(chain))) };
}

export function removeStage(chain: ChainDraft, key: number): ChainDraft {
  return { ...chain, filters: chain.filters.filter((stage) => stage.key !== key) };
}

/** Puts the stage to another place; places beyond the ends are the ends. */
export function moveStage(chain: ChainDraft, key: number, to: number): ChainDraft {
  const stage = chain.filters.find((one) => one.key === key);
  if (stage === undefined) return chain;
  const others = chain.filters.filter((one) => one !== stage);
  const place = Math.max(0, Math.min(others.length, to));
  return { ...chain, filters: others.toSpliced(place, 0, stage) };
}

export function changeStage(chain: ChainDraft, key: number, changes: Partial<StageDraft>): ChainDraft {
  const change = (stage: StageDraft) => (stage.key === key ? { ...stage, ...changes } : stage);
  return { filters: chain.filters.map(change), chooser: change(chain.chooser) };
}

export function chooseBy(chain: ChainDraft, kind: ChooserKind): ChainDraft {
  if (chain.chooser.kind === kind) return chain;
  return { ...chain, chooser: newStage(kind, chain.chooser.key) };
}

const kBiasRule = { isWhole: false, least: -1e6, most: 1e6 };

export function biasProblem(bias: BiasDraft): string | undefined {
  return bias.bans ? undefined : problemIn(bias.bias, kBiasRule);
}

/** Whether a stage before this place may have removed what a grammar there would allow. */
export function followsRemoval(chain: ChainDraft, place: number): boolean {
  return chain.filters.slice(0, place).some(({ kind, isOn }) => isOn && removesTokens(kind));
}

/** What is wrong with what was typed into a stage; undefined: nothing that the page can see. */
export function stageProblem(stage: StageDraft): string | undefined {
  for (const parameter of kParameters[stage.kind]) {
    const problem = problemIn(stage.fields[parameter.name], parameter);
    if (problem !== undefined) return `${parameter.label}: ${problem}`;
  }
  return stage.biases.map(biasProblem).find((problem) => problem !== undefined);
}

/** The stages that are sent, in their order. */
export function usedStages(chain: ChainDraft): readonly StageDraft[] {
  return [...chain.filters.filter(({ isOn }) => isOn), chain.chooser];
}

export function chainProblem(chain: ChainDraft): string | undefined {
  return usedStages(chain)
    .map(stageProblem)
    .find((problem) => problem !== undefined);
}

/** The chain as the server takes it; what is typed wrongly is left out (see `chainProblem`). */
export function samplerOf(chain: ChainDraft): SamplerStage[] {
  return usedStages(chain).map(samplerStage);
}

function samplerStage(stage: StageDraft): SamplerStage {
  const parameters: Record<string, number> = {};
  for (const parameter of kParameters[stage.kind]) {
    const value = numberIn(stage.fields[parameter.name], parameter);
    if (value !== undefined) parameters[parameter.name] = value;
  }
  return { kind: stage.kind, parameters, ...extrasOf(stage) };
}

/** What a stage reads besides numbers. */
function extrasOf(stage: StageDraft): Partial<SamplerStage> {
  switch (stage.kind) {
    case "dry":
      return stage.breakers === "" ? {} : { breakers: linesOf(stage.breakers) };
    case "logitBias":
      return { biases: stage.biases.map(logitBias) };
    case "grammar":
      if (stage.language === "jsonSchema") return { jsonSchema: stage.jsonSchema };
      return { grammar: stage.grammar, ...(stage.root.trim() === "" ? {} : { root: stage.root.trim() }) };
    default:
      return {};
  }
}

function logitBias({ id, bans, bias }: BiasDraft): LogitBias {
  return { id, bias: bans ? Number.NEGATIVE_INFINITY : (numberIn(bias, kBiasRule) ?? 0) };
}

function draftOf(stage: SamplerStage, kind: EditableKind, key: number): StageDraft {
  // 32-bit floats come as 0.800000011920929.
  const shown = (value: number) => String(Number.isInteger(value) ? value : Number(value.toPrecision(6)));
  return {
    ...newStage(kind, key),
    fields: Object.fromEntries(
      Object.entries(stage.parameters).map(([name, value]) => [name, shown(value)] as const),
    ),
    breakers: (stage.breakers ?? []).map(writeEscapes).join("\n"),
    biases: (stage.biases ?? []).map(({ id, bias }) => {
      const bans = bias === Number.NEGATIVE_INFINITY;
      return { id, label: "", bans, bias: bans ? "" : shown(bias) };
    }),
    language: stage.jsonSchema === undefined ? "gbnf" : "jsonSchema",
    ...(stage.grammar === undefined ? {} : { grammar: stage.grammar }),
    ...(stage.jsonSchema === undefined ? {} : { jsonSchema: stage.jsonSchema }),
    root: stage.root ?? "",
  };
}

/** The chain of a run in the editor; undefined if it is none that the editor can hold. */
export function chainOf(stages: readonly SamplerStage[]): ChainDraft | undefined {
  const drafts: StageDraft[] = [];
  for (const [index, stage] of stages.entries()) {
    if (!isEditable(stage.kind)) return undefined;
    drafts.push(draftOf(stage, stage.kind, index));
  }
  const chooser = drafts.at(-1);
  const filters = drafts.slice(0, -1);
  if (chooser === undefined || !isChooser(chooser.kind)) return undefined;
  return filters.some(({ kind }) => isChooser(kind)) ? undefined : { filters, chooser };
}
