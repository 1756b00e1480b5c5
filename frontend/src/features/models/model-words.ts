import { formatCount, formatParameters } from "../../base/format";
import { withVisibleControls } from "../../base/visible-text";
import type { Capabilities, ModelInfo } from "../../protocol/types";

/** Architecture, quantisation, size and context in a line. */
export function summaryOf(info: ModelInfo, context = info.nCtx): string {
  return [
    info.quantisation,
    info.architecture,
    info.nParams > 0 ? `${formatParameters(info.nParams)} weights` : "",
    context > 0 ? `${formatCount(context)} ctx` : "",
  ]
    .filter((part) => part !== "")
    .join(" · ");
}

/** The same where there is little room: the size of the file stands beside it, and says as much as the count. */
export function shortSummaryOf(info: ModelInfo): string {
  return summaryOf({ ...info, nParams: 0 }, info.nCtxTrain);
}

export function fileName(path: string): string {
  return withVisibleControls(path.split(/[\\/]/).at(-1) ?? path);
}

/** Whether it is the small model that comes with Inferno, to try things with. */
export function isDemo(path: string): boolean {
  return /^demo\.gguf$/i.test(fileName(path));
}

export interface CapabilityWords {
  readonly title: string;
  readonly isThere: boolean;
  readonly text: string;
}

interface Sentence {
  readonly name: keyof Capabilities;
  readonly title: string;
  readonly yes: string;
  readonly no: string;
}

const kSentences: readonly Sentence[] = [
  {
    name: "generate",
    title: "Generates text",
    yes: "It has weights and a decoder: it can continue a prompt token by token.",
    no: "It has no decoder or no weights, so no run can be started with it.",
  },
  {
    name: "tokenize",
    title: "Tokenizes text",
    yes: "Its vocabulary turns text into tokens.",
    no: "It has no tokenizer: prompts can only be given as token ids.",
  },
  {
    name: "chatTemplate",
    title: "Chat template",
    yes: "It brings the recipe that turns messages into a prompt.",
    no: "It brings none: it is probably no chat model. Chat messages need a template of your own.",
  },
  {
    name: "attention",
    title: "Attention",
    yes: "Its layers look back at earlier tokens, and that can be looked at.",
    no: "Its layers keep a running state instead; there is no attention to look at.",
  },
  {
    name: "rollBack",
    title: "Going back",
    yes: "Its cache can drop the newest tokens, so a run can branch off without reading everything anew.",
    no: "Its state can't drop single tokens; to branch off, the text before is read anew.",
  },
  {
    name: "bos",
    title: "Beginning token",
    yes: "It has a token for the beginning of a text.",
    no: "It has no such token; its first prediction has nothing to go by.",
  },
  {
    name: "eos",
    title: "End token",
    yes: "It has a token with which it ends a text.",
    no: "It has no such token; generation ends only at a limit.",
  },
];

const kKinds: readonly Omit<Sentence, "no">[] = [
  {
    name: "recurrent",
    title: "Recurrent",
    yes: "Its memory of the past has a fixed size, however long the text.",
  },
  { name: "hybrid", title: "Hybrid", yes: "Some layers have attention, others a running state." },
  {
    name: "mixtureOfExperts",
    title: "Mixture of experts",
    yes: "Only some of its feed-forward networks work on each token.",
  },
  { name: "encoder", title: "Encoder", yes: "It reads the whole prompt with an encoder first." },
] as const;

/** What a model can do and what it lacks, in sentences. */
export function capabilityWords(capabilities: Capabilities): readonly CapabilityWords[] {
  const abilities = kSentences.map(({ name, title, yes, no }) => ({
    title,
    isThere: capabilities[name],
    text: capabilities[name] ? yes : no,
  }));
  const kinds = kKinds
    .filter(({ name }) => capabilities[name])
    .map(({ title, yes }) => ({ title, isThere: true, text: yes }));
  return [...abilities, ...kinds];
}
