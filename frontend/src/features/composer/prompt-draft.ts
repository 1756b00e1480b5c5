import { withVisibleControls } from "../../base/visible-text";
import type { ChatMessage, Prompt } from "../../protocol/types";

export type PromptKind = Prompt["kind"];
/** `auto`: as the tokenizer of the model says. */
export type BosChoice = "auto" | "on" | "off";

/** The prompt as it stands in the editor; each kind keeps what was written. */
export interface PromptDraft {
  readonly kind: PromptKind;
  readonly text: string;
  readonly parseSpecial: boolean;
  readonly bos: BosChoice;
  readonly messages: readonly ChatMessage[];
  /** Instead of the model's own; undefined: the model's own. */
  readonly chatTemplate: string | undefined;
  readonly ids: string;
}

export const kDefaultPrompt: PromptDraft = {
  kind: "text",
  text: "Once upon a time",
  parseSpecial: false,
  bos: "auto",
  messages: [{ role: "user", content: "" }],
  chatTemplate: undefined,
  ids: "",
};

export interface IdsProblem {
  readonly words: string;
  /** Where it is in the text. */
  readonly begin: number;
  readonly end: number;
}

export interface IdsReading {
  readonly ids: readonly number[];
  readonly problem: IdsProblem | undefined;
}

const kMaxId = 2_147_483_647;

/** Ids parted by spaces, commas or line ends, in brackets or not; up to the first that is none. */
export function readIds(text: string, nVocab: number | undefined): IdsReading {
  const ids: number[] = [];
  for (const match of text.matchAll(/[^\s,;[\]]+/g)) {
    const [word] = match;
    const fault = faultOf(word, nVocab);
    if (fault !== undefined) {
      const words = `“${word}”, at place ${ids.length + 1}, ${fault}`;
      return { ids, problem: { words, begin: match.index, end: match.index + word.length } };
    }
    ids.push(Number(word));
  }
  return { ids, problem: undefined };
}

function faultOf(word: string, nVocab: number | undefined): string | undefined {
  if (!/^\d+$/.test(word)) return "is not a token id: ids are whole numbers from 0.";
  const id = Number(word);
  if (nVocab !== undefined && nVocab > 0 && id >= nVocab)
    return `is not in the vocabulary: its ids end at ${nVocab - 1}.`;
  return id > kMaxId ? "is too large for a token id." : undefined;
}

/** The prompt that the server takes; undefined: what is written is none. */
export function promptOf(draft: PromptDraft, nVocab: number | undefined): Prompt | undefined {
  switch (draft.kind) {
    case "text": {
      const { text, parseSpecial, bos } = draft;
      return { kind: "text", text, parseSpecial, ...(bos === "auto" ? {} : { addBos: bos === "on" }) };
    }
    case "chat": {
      const { messages, chatTemplate } = draft;
      return { kind: "chat", messages, ...(chatTemplate === undefined ? {} : { chatTemplate }) };
    }
    case "ids": {
      const { ids, problem } = readIds(draft.ids, nVocab);
      return problem === undefined && ids.length > 0 ? { kind: "ids", ids } : undefined;
    }
  }
}

/** The draft with a prompt from elsewhere in it: an example, or one of an earlier run. */
export function withPrompt(draft: PromptDraft, prompt: Prompt): PromptDraft {
  switch (prompt.kind) {
    case "text": {
      const bos = prompt.addBos === undefined ? "auto" : prompt.addBos ? "on" : "off";
      return { ...draft, kind: "text", text: prompt.text, parseSpecial: prompt.parseSpecial, bos };
    }
    case "chat":
      return { ...draft, kind: "chat", messages: prompt.messages, chatTemplate: prompt.chatTemplate };
    case "ids":
      return { ...draft, kind: "ids", ids: prompt.ids.join(" ") };
  }
}

const kTitleLength = 70;

/** The beginning of a prompt, for a list of prompts. */
export function titleOf(prompt: Prompt): string {
  const text =
    prompt.kind === "text"
      ? prompt.text
      : prompt.kind === "ids"
        ? prompt.ids.slice(0, 20).join(" ")
        : (prompt.messages.findLast(({ role }) => role === "user")?.content ?? "");
  const line = withVisibleControls(text.replace(/\s+/g, " ").trim());
  if (line === "") return "(empty)";
  return line.length > kTitleLength ? `${line.slice(0, kTitleLength)}…` : line;
}

/** Characters in the draft, by which its cost is bounded. */
export function sizeOf(prompt: Prompt): number {
  if (prompt.kind === "text") return prompt.text.length;
  if (prompt.kind === "ids") return prompt.ids.length * 6;
  const template = prompt.chatTemplate?.length ?? 0;
  return prompt.messages.reduce((sum, { content }) => sum + content.length, template);
}
