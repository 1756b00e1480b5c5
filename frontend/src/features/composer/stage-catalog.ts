// Every sampler stage as the editor offers it: what it reads, in which ranges,
// and what the engine takes where nothing is given.
import type { StageKind } from "../../protocol/types";
import { kHuge, kInt32Max, kUint32Max, type NumberRule } from "./number-field";

/** `unknown` is how the page names what a newer server sends; nobody can ask for it. */
export type EditableKind = Exclude<StageKind, "unknown">;

export interface ParameterInfo extends NumberRule {
  /** As the protocol names it, in camelCase. */
  readonly name: string;
  readonly label: string;
  /** What an empty field means. */
  readonly otherwise: string;
}

type Range = readonly [least: number, most: number];
const kUnit: Range = [0, 1];
const kPositive: Range = [0, kHuge];

function real(name: string, label: string, otherwise: number, [least, most]: Range): ParameterInfo {
  return { name, label, otherwise: String(otherwise), isWhole: false, least, most };
}

function whole(name: string, label: string, otherwise: number, range: Range): ParameterInfo {
  return { ...real(name, label, otherwise, range), isWhole: true };
}

const kMinKeep = whole("minKeep", "min keep", 1, [0, kUint32Max]);
// The engine takes the largest number for "a random one".
const kSeed = { ...whole("seed", "own seed", 0, [0, kUint32Max - 1]), otherwise: "the run’s" };
const kTemperature = real("temperature", "temperature", 0.8, kPositive);
const kLastN = whole("lastN", "look back", 64, [-1, kInt32Max]);
const kTau = real("tau", "tau", 5, kPositive);
const kEta = real("eta", "eta", 0.1, kPositive);

/** What each stage reads; in words: the glossary, and parameter-help.ts. */
export const kParameters: Readonly<Record<EditableKind, readonly ParameterInfo[]>> = {
  topK: [whole("k", "k", 40, [0, kInt32Max])],
  topP: [real("p", "p", 0.95, kUnit), kMinKeep],
  minP: [real("p", "p", 0.05, kUnit), kMinKeep],
  typical: [real("p", "p", 1, kUnit), kMinKeep],
  temperature: [kTemperature],
  dynamicTemperature: [
    kTemperature,
    real("range", "range", 0, kPositive),
    real("exponent", "exponent", 1, kPositive),
  ],
  xtc: [
    real("probability", "probability", 0.5, kUnit),
    real("threshold", "threshold", 0.1, kUnit),
    kMinKeep,
    kSeed,
  ],
  topNSigma: [real("n", "n", 1, kPositive)],
  penalties: [
    kLastN,
    real("repeat", "repeat", 1.1, [0.001, kHuge]),
    real("frequency", "frequency", 0, [-kHuge, kHuge]),
    real("presence", "presence", 0, [-kHuge, kHuge]),
  ],
  dry: [
    real("multiplier", "multiplier", 0.8, kPositive),
    real("base", "base", 1.75, kPositive),
    whole("allowedLength", "allowed length", 2, [0, 1 << 20]),
    kLastN,
  ],
  logitBias: [],
  grammar: [],
  distribution: [kSeed],
  greedy: [],
  mirostat1: [kTau, kEta, whole("m", "m", 100, [1, kInt32Max]), kSeed],
  mirostat2: [kTau, kEta, kSeed],
  adaptiveP: [real("target", "target", 0.5, [-1, 1]), real("decay", "decay", 0.9, [0, 0.99]), kSeed],
};

/** The stages that choose a token: a chain ends with exactly one of them. */
export const kChoosers = ["distribution", "greedy", "mirostat1", "mirostat2", "adaptiveP"] as const;
export type ChooserKind = (typeof kChoosers)[number];

/** llama.cpp's usual order: what changes single tokens first, then what removes, the temperature last. */
const kUsualOrder: readonly EditableKind[] = [
  "logitBias",
  "grammar",
  "penalties",
  "dry",
  "topNSigma",
  "topK",
  "typical",
  "topP",
  "minP",
  "xtc",
  "temperature",
  "dynamicTemperature",
];

/** Where a stage of this kind belongs among others: before the first that usually comes after it. */
export function usualPlace(kind: EditableKind, among: readonly EditableKind[]): number {
  const later = kUsualOrder.slice(kUsualOrder.indexOf(kind) + 1);
  const found = among.findIndex((other) => later.includes(other));
  return found === -1 ? among.length : found;
}

const kRemoving: readonly StageKind[] = ["topNSigma", "topK", "typical", "topP", "minP", "xtc"];

/** Whether the stage may take tokens away that a later one would need. */
export function removesTokens(kind: StageKind): boolean {
  return kRemoving.includes(kind);
}

export const kFilters = (Object.keys(kParameters) as EditableKind[]).filter((kind) => !isChooser(kind));

export function isChooser(kind: StageKind): kind is ChooserKind {
  return (kChoosers as readonly StageKind[]).includes(kind);
}

export function isEditable(kind: string): kind is EditableKind {
  return Object.hasOwn(kParameters, kind);
}
