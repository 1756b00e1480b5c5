// A chain as JSON, to be copied, kept and pasted: [{"kind":"topK","k":40}, …].
import type { LogitBias, SamplerStage } from "../../protocol/types";
import { type ChainDraft, chainOf } from "./chain-draft";
import { type EditableKind, isEditable, kParameters } from "./stage-catalog";

export type ChainReading =
  | { readonly kind: "chain"; readonly chain: ChainDraft }
  | { readonly kind: "problem"; readonly words: string };

export function textOfChain(stages: readonly SamplerStage[]): string {
  const lines = stages.map((stage) => `  ${JSON.stringify(plainStage(stage))}`);
  return `[\n${lines.join(",\n")}\n]`;
}

function plainStage({ kind, parameters, biases, ...rest }: SamplerStage): object {
  // JSON has no infinity.
  const plainBias = ({ id, bias }: LogitBias) =>
    bias === Number.NEGATIVE_INFINITY ? { id, ban: true } : { id, bias };
  return { kind, ...parameters, ...(biases === undefined ? {} : { biases: biases.map(plainBias) }), ...rest };
}

export function readChain(text: string): ChainReading {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (reason) {
    return problem(`This is not JSON: ${reason instanceof Error ? reason.message : String(reason)}`);
  }
  if (!Array.isArray(value)) return problem("A chain is a list: it begins with [.");
  const stages: SamplerStage[] = [];
  for (const [index, item] of value.entries()) {
    const stage = readStage(item);
    if (typeof stage === "string") return problem(`Stage ${index + 1}: ${stage}`);
    stages.push(stage);
  }
  const chain = chainOf(stages);
  if (chain === undefined)
    return problem(
      "A chain ends with exactly one stage that chooses: distribution, greedy, mirostat1, mirostat2 or adaptiveP.",
    );
  return { kind: "chain", chain };
}

function problem(words: string): ChainReading {
  return { kind: "problem", words };
}

/** "top_k", "TopK" and "topK" are the same. */
function camelCase(name: string): string {
  const joined = name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  return joined.charAt(0).toLowerCase() + joined.slice(1);
}

/** A stage, or what is wrong with it. */
function readStage(item: unknown): SamplerStage | string {
  if (typeof item !== "object" || item === null) return "is not an object.";
  const entries = Object.entries(item).map(([name, value]) => [camelCase(name), value as unknown] as const);
  const fields = new Map(entries);
  const kind = camelCase(String(fields.get("kind") ?? ""));
  if (!isEditable(kind)) return `has the unknown kind “${String(fields.get("kind"))}”.`;
  fields.delete("kind");
  return readFields(kind, fields);
}

function readFields(kind: EditableKind, fields: ReadonlyMap<string, unknown>): SamplerStage | string {
  const parameters: Record<string, number> = {};
  const extras: Partial<Record<string, unknown>> = {};
  for (const [name, value] of fields) {
    const isParameter = kParameters[kind].some((parameter) => parameter.name === name);
    if (isParameter && typeof value === "number") parameters[name] = value;
    else if (isParameter) return `“${name}” is not a number.`;
    else if (kExtras[kind]?.includes(name) !== true) return `${kind} has no “${name}”.`;
    else extras[name] = value;
  }
  return withExtras({ kind, parameters }, extras);
}

const kExtras: Readonly<Partial<Record<EditableKind, readonly string[]>>> = {
  dry: ["breakers"],
  logitBias: ["biases"],
  grammar: ["grammar", "root", "jsonSchema"],
};

function withExtras(stage: SamplerStage, extras: Partial<Record<string, unknown>>): SamplerStage | string {
  const { breakers, biases } = extras;
  const texts: Record<string, string> = {};
  for (const name of ["grammar", "root", "jsonSchema"]) {
    const value = extras[name];
    if (value === undefined) continue;
    texts[name] = typeof value === "string" ? value : JSON.stringify(value, undefined, 2);
  }
  if (breakers !== undefined && !isListOf(breakers, (one) => typeof one === "string"))
    return "“breakers” is not a list of strings.";
  if (biases !== undefined && !isListOf(biases, isBias))
    return "“biases” is not a list of {id, bias} or {id, ban}.";
  return {
    ...stage,
    ...texts,
    ...(breakers === undefined ? {} : { breakers: breakers as readonly string[] }),
    ...(biases === undefined ? {} : { biases: (biases as readonly PlainBias[]).map(logitBias) }),
  };
}

interface PlainBias {
  readonly id: number;
  readonly bias?: number;
  readonly ban?: boolean;
}

function isListOf(value: unknown, isOne: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isOne);
}

function isBias(item: unknown): boolean {
  if (typeof item !== "object" || item === null) return false;
  const { id, bias, ban } = item as Record<string, unknown>;
  return Number.isInteger(id) && (ban === true || typeof bias === "number");
}

function logitBias({ id, bias, ban }: PlainBias): LogitBias {
  return { id, bias: ban === true ? Number.NEGATIVE_INFINITY : (bias ?? 0) };
}
