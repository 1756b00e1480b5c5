// What the composer keeps in the browser: the draft, the last prompts, and the
// person's own chains. Everything has a bound; a full or forbidden storage only
// means that it is not kept.

import {
  type Fields,
  fieldsOf,
  flagOr,
  listOf,
  oneOf,
  parseStored,
  textFields,
  textOr,
} from "../../base/stored-value";
import type { ChatMessage, Prompt } from "../../protocol/types";
import { type BiasDraft, type ChainDraft, kDefaultChain, newStage, type StageDraft } from "./chain-draft";
import type { ChainPreset } from "./chain-presets";
import { kDefaultLimits, type LimitsDraft } from "./limits-draft";
import { kDefaultPrompt, type PromptDraft, sizeOf } from "./prompt-draft";
import { isChooser, isEditable } from "./stage-catalog";

export type DraftStorage = Pick<Storage, "getItem" | "setItem">;

/** The parts of the composer that are opened and closed. */
export interface OpenParts {
  readonly tokens: boolean;
  readonly chain: boolean;
  readonly limits: boolean;
}

export interface Draft {
  readonly prompt: PromptDraft;
  readonly chain: ChainDraft;
  readonly limits: LimitsDraft;
  readonly open: OpenParts;
}

export const kDefaultDraft: Draft = {
  prompt: kDefaultPrompt,
  chain: kDefaultChain,
  limits: kDefaultLimits,
  open: { tokens: true, chain: false, limits: false },
};

const kVersion = 1;
const kDraftKey = "inferno.draft";
const kHistoryKey = "inferno.prompts";
const kPresetsKey = "inferno.chains";
/** A longer draft is not kept: browsers give a site some five million characters. */
export const kMaxKeptLength = 500_000;
const kMaxPromptLength = 20_000;
const kMaxHistory = 20;

function load(storage: DraftStorage, key: string): Fields {
  const fields = parseStored(storage.getItem(key));
  return fields["version"] === kVersion ? fields : {};
}

/** True: it is kept. */
function save(storage: DraftStorage, key: string, fields: Fields): boolean {
  const text = JSON.stringify({ version: kVersion, ...fields });
  if (text.length > kMaxKeptLength) return false;
  try {
    storage.setItem(key, text);
    return true;
  } catch {
    // Full, or forbidden by the person.
    return false;
  }
}

export function saveDraft(storage: DraftStorage, draft: Draft): boolean {
  return save(storage, kDraftKey, { ...draft });
}

export function loadDraft(storage: DraftStorage): Draft {
  const fields = load(storage, kDraftKey);
  const open = fieldsOf(fields["open"]);
  return {
    prompt: readPrompt(fieldsOf(fields["prompt"])),
    chain: readChain(fields["chain"]) ?? kDefaultDraft.chain,
    limits: readLimits(fieldsOf(fields["limits"])),
    open: {
      tokens: flagOr(open["tokens"], kDefaultDraft.open.tokens),
      chain: flagOr(open["chain"], kDefaultDraft.open.chain),
      limits: flagOr(open["limits"], kDefaultDraft.open.limits),
    },
  };
}

function readPrompt(fields: Fields): PromptDraft {
  const messages = listOf(fields["messages"], readMessage) ?? [];
  const chatTemplate = fields["chatTemplate"];
  return {
    kind: oneOf(fields["kind"], ["text", "chat", "ids"], kDefaultPrompt.kind),
    text: textOr(fields["text"], kDefaultPrompt.text),
    parseSpecial: flagOr(fields["parseSpecial"], kDefaultPrompt.parseSpecial),
    bos: oneOf(fields["bos"], ["auto", "on", "off"], kDefaultPrompt.bos),
    messages: messages.length > 0 ? messages : kDefaultPrompt.messages,
    chatTemplate: typeof chatTemplate === "string" ? chatTemplate : undefined,
    ids: textOr(fields["ids"], kDefaultPrompt.ids),
  };
}

function readMessage(item: unknown): ChatMessage | undefined {
  const { role, content } = fieldsOf(item);
  return typeof role === "string" && typeof content === "string" ? { role, content } : undefined;
}

function readLimits(fields: Fields): LimitsDraft {
  const text = (name: keyof LimitsDraft & string) => textOr(fields[name], String(kDefaultLimits[name]));
  return {
    seed: text("seed"),
    maxTokens: text("maxTokens"),
    seconds: text("seconds"),
    stop: text("stop"),
    ignoreEos: flagOr(fields["ignoreEos"], kDefaultLimits.ignoreEos),
    candidates: text("candidates"),
    promptCandidates: text("promptCandidates"),
    recordsPrompt: flagOr(fields["recordsPrompt"], kDefaultLimits.recordsPrompt),
    recordsTrace: flagOr(fields["recordsTrace"], kDefaultLimits.recordsTrace),
  };
}

function readChain(value: unknown): ChainDraft | undefined {
  const fields = fieldsOf(value);
  const filters = listOf(fields["filters"], readStage);
  const chooser = readStage(fields["chooser"]);
  if (filters === undefined || chooser === undefined || !isChooser(chooser.kind)) return undefined;
  const kept = filters.filter(({ kind }) => !isChooser(kind));
  // Keys are the page's own business: they are given anew.
  return {
    filters: kept.map((stage, index) => ({ ...stage, key: index + 1 })),
    chooser: { ...chooser, key: 0, isOn: true },
  };
}

function readStage(item: unknown): StageDraft | undefined {
  const fields = fieldsOf(item);
  const kind = textOr(fields["kind"], "");
  if (!isEditable(kind)) return undefined;
  const fresh = newStage(kind, 0);
  return {
    ...fresh,
    isOn: flagOr(fields["isOn"], true),
    fields: textFields(fields["fields"]),
    breakers: textOr(fields["breakers"], fresh.breakers),
    biases: listOf(fields["biases"], readBias) ?? [],
    language: oneOf(fields["language"], ["gbnf", "jsonSchema"], fresh.language),
    grammar: textOr(fields["grammar"], fresh.grammar),
    root: textOr(fields["root"], fresh.root),
    jsonSchema: textOr(fields["jsonSchema"], fresh.jsonSchema),
  };
}

function readBias(item: unknown): BiasDraft | undefined {
  const { id, label, bans, bias } = fieldsOf(item);
  if (typeof id !== "number" || !Number.isInteger(id)) return undefined;
  return { id, label: textOr(label, ""), bans: flagOr(bans, false), bias: textOr(bias, "") };
}

/** The last prompts that were run, the newest first. */
export function loadHistory(storage: DraftStorage): readonly Prompt[] {
  return listOf(load(storage, kHistoryKey)["prompts"], readKeptPrompt) ?? [];
}

function readKeptPrompt(item: unknown): Prompt | undefined {
  const fields = fieldsOf(item);
  if (fields["kind"] === "text" && typeof fields["text"] === "string") {
    const addBos = fields["addBos"];
    const parseSpecial = flagOr(fields["parseSpecial"], false);
    const base = { kind: "text", text: fields["text"], parseSpecial } as const;
    return typeof addBos === "boolean" ? { ...base, addBos } : base;
  }
  if (fields["kind"] === "chat") {
    const messages = listOf(fields["messages"], readMessage) ?? [];
    const chatTemplate = fields["chatTemplate"];
    if (messages.length === 0) return undefined;
    return typeof chatTemplate === "string"
      ? { kind: "chat", messages, chatTemplate }
      : { kind: "chat", messages };
  }
  const ids = listOf(fields["ids"], (id) => (typeof id === "number" ? id : undefined));
  return fields["kind"] === "ids" && ids !== undefined ? { kind: "ids", ids } : undefined;
}

/** With the prompt in front; the same one is there once. Very long ones are not kept. */
export function withHistory(history: readonly Prompt[], prompt: Prompt): readonly Prompt[] {
  if (sizeOf(prompt) > kMaxPromptLength) return history;
  const text = JSON.stringify(prompt);
  return [prompt, ...history.filter((one) => JSON.stringify(one) !== text)].slice(0, kMaxHistory);
}

export function saveHistory(storage: DraftStorage, prompts: readonly Prompt[]): boolean {
  return save(storage, kHistoryKey, { prompts });
}

/** The chains that the person has given a name. */
export function loadPresets(storage: DraftStorage): readonly ChainPreset[] {
  return listOf(load(storage, kPresetsKey)["chains"], readPreset) ?? [];
}

function readPreset(item: unknown): ChainPreset | undefined {
  const fields = fieldsOf(item);
  const name = textOr(fields["name"], "");
  const chain = readChain(fields["chain"]);
  return name === "" || chain === undefined ? undefined : { name, help: "", chain };
}

export function savePresets(storage: DraftStorage, chains: readonly ChainPreset[]): boolean {
  return save(storage, kPresetsKey, { chains });
}
