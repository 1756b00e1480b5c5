import type { SamplerStage } from "../../protocol/types";

/** The sampler settings as typed. An empty field means: not used (seed: random, tokens: no limit). */
export interface SamplerDraft {
  readonly temperature: string;
  readonly topK: string;
  readonly topP: string;
  readonly minP: string;
  readonly seed: string;
  readonly maxTokens: string;
}

export const kDefaultDraft: SamplerDraft = {
  temperature: "0.8",
  topK: "40",
  topP: "0.95",
  minP: "0.05",
  seed: "",
  maxTokens: "256",
};

interface Rule {
  readonly isWhole: boolean;
  readonly least: number;
  readonly most: number;
  readonly words: string;
}

const kUint32Max = 4_294_967_295;

const kRules: Readonly<Record<keyof SamplerDraft, Rule>> = {
  temperature: { isWhole: false, least: 0, most: 100, words: "A number from 0 (no chance) upwards" },
  topK: { isWhole: true, least: 0, most: 2_147_483_647, words: "A whole number; 0 or empty: not used" },
  topP: { isWhole: false, least: 0, most: 1, words: "A number from 0 to 1; 1 or empty: not used" },
  minP: { isWhole: false, least: 0, most: 1, words: "A number from 0 to 1; 0 or empty: not used" },
  seed: {
    isWhole: true,
    least: 0,
    most: kUint32Max,
    words: "A whole number up to 4294967295; empty: random",
  },
  maxTokens: {
    isWhole: true,
    least: 0,
    most: kUint32Max,
    words: "A whole number; empty: until the text ends",
  },
};

/** The number a field holds; undefined: empty. NaN: none that the field takes. */
function numberIn(draft: SamplerDraft, field: keyof SamplerDraft): number | undefined {
  const text = draft[field].trim().replace(",", ".");
  if (text === "") return undefined;
  const value = Number(text);
  const rule = kRules[field];
  const fits = value >= rule.least && value <= rule.most && (!rule.isWhole || Number.isInteger(value));
  return fits ? value : Number.NaN;
}

/** What is wrong with a field, in words; undefined: nothing. */
export function problemWith(draft: SamplerDraft, field: keyof SamplerDraft): string | undefined {
  return Number.isNaN(numberIn(draft, field)) ? `${kRules[field].words}.` : undefined;
}

export function hasProblem(draft: SamplerDraft): boolean {
  return (Object.keys(kRules) as (keyof SamplerDraft)[]).some(
    (field) => problemWith(draft, field) !== undefined,
  );
}

/** With temperature 0 nothing is drawn, and the filters can't change what is taken. */
export function isGreedy(draft: SamplerDraft): boolean {
  return numberIn(draft, "temperature") === 0;
}

/** The chain the settings describe, in llama.cpp's usual order. */
export function samplerChain(draft: SamplerDraft): SamplerStage[] {
  if (isGreedy(draft)) return [{ kind: "greedy", parameters: {} }];
  const topK = numberIn(draft, "topK") ?? 0;
  const topP = numberIn(draft, "topP") ?? 1;
  const minP = numberIn(draft, "minP") ?? 0;
  const temperature = numberIn(draft, "temperature");
  const chain: SamplerStage[] = [];
  if (topK > 0) chain.push({ kind: "topK", parameters: { k: topK } });
  if (topP < 1) chain.push({ kind: "topP", parameters: { p: topP } });
  if (minP > 0) chain.push({ kind: "minP", parameters: { p: minP } });
  if (temperature !== undefined) chain.push({ kind: "temperature", parameters: { temperature } });
  chain.push({ kind: "distribution", parameters: {} });
  return chain;
}

export function seedOf(draft: SamplerDraft): number | undefined {
  return numberIn(draft, "seed");
}

export function maxTokensOf(draft: SamplerDraft): number | undefined {
  return numberIn(draft, "maxTokens");
}
