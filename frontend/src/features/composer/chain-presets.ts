import { type ChainDraft, kDefaultChain, newChain } from "./chain-draft";

export interface ChainPreset {
  readonly name: string;
  readonly help: string;
  readonly chain: ChainDraft;
}

/** The chains that come with the studio. */
export const kPresets: readonly ChainPreset[] = [
  {
    name: "llama.cpp’s default",
    help: "Top-k 40, top-p 0.95, min-p 0.05, temperature 0.8, then a random draw.",
    chain: kDefaultChain,
  },
  {
    name: "Greedy",
    help: "Always the most probable token: the same text each time.",
    chain: newChain([], "greedy"),
  },
  {
    name: "Untouched",
    help: "Draws from the model’s own distribution; nothing is removed.",
    chain: newChain([]),
  },
  {
    name: "Precise",
    help: "Little chance: for facts, code and formats.",
    chain: newChain([
      ["topK", { k: "40" }],
      ["topP", { p: "0.9" }],
      ["temperature", { temperature: "0.2" }],
    ]),
  },
  {
    name: "Creative",
    help: "Less obvious words, fewer repetitions: DRY, min-p, XTC and a temperature above 1.",
    chain: newChain([
      ["dry", { multiplier: "0.8" }],
      ["minP", { p: "0.05" }],
      ["xtc", { probability: "0.5", threshold: "0.1" }],
      ["temperature", { temperature: "1.1" }],
    ]),
  },
  {
    name: "Mirostat 2",
    help: "Keeps the surprise of the text near 5 bits.",
    chain: newChain([["temperature", { temperature: "1" }]], "mirostat2"),
  },
];
