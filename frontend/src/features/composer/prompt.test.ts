import { beforeEach, describe, expect, it } from "vitest";
import type { Prompt } from "../../protocol/types";
import { changeStage, kDefaultChain } from "./chain-draft";
import {
  type DraftStorage,
  kDefaultDraft,
  kMaxKeptLength,
  loadDraft,
  loadHistory,
  loadPresets,
  saveDraft,
  saveHistory,
  savePresets,
  withHistory,
} from "./draft-storage";
import { kDefaultPrompt, promptOf, readIds, titleOf, withPrompt } from "./prompt-draft";

describe("token ids", () => {
  it("may be parted by spaces, commas or lines, in brackets or not", () => {
    expect(readIds("[1, 2,3]\n4;5", 512)).toEqual({ ids: [1, 2, 3, 4, 5], problem: undefined });
  });

  it.each([
    ["1 2x 3", "“2x”, at place 2, is not a token id: ids are whole numbers from 0.", 2, 4],
    ["1 -2", "“-2”, at place 2, is not a token id: ids are whole numbers from 0.", 2, 4],
    ["512", "“512”, at place 1, is not in the vocabulary: its ids end at 511.", 0, 3],
  ])("that are none are told with their place: %s", (text, words, begin, end) => {
    expect(readIds(text, 512).problem).toEqual({ words, begin, end });
  });

  it("of a model not known yet are bounded by what an id can be", () => {
    expect(readIds("4294967295", undefined).problem?.words).toMatch(/too large/);
  });
});

describe("the prompt", () => {
  it("asks for no BOS, or one, only where the person says so", () => {
    expect(promptOf(kDefaultPrompt, 512)).not.toHaveProperty("addBos");
    expect(promptOf({ ...kDefaultPrompt, bos: "off" }, 512)).toMatchObject({ addBos: false });
    expect(promptOf({ ...kDefaultPrompt, bos: "on" }, 512)).toMatchObject({ addBos: true });
  });

  it("of ids is none while it is empty or wrong", () => {
    expect(promptOf({ ...kDefaultPrompt, kind: "ids", ids: "" }, 512)).toBeUndefined();
    expect(promptOf({ ...kDefaultPrompt, kind: "ids", ids: "1 x" }, 512)).toBeUndefined();
    expect(promptOf({ ...kDefaultPrompt, kind: "ids", ids: "1 2" }, 512)).toEqual({
      kind: "ids",
      ids: [1, 2],
    });
  });

  it.each<Prompt>([
    { kind: "text", text: "Hi", parseSpecial: true, addBos: false },
    { kind: "chat", messages: [{ role: "user", content: "Hi" }], chatTemplate: "{{ x }}" },
    { kind: "ids", ids: [1, 2] },
  ])("can be taken over from a run: $kind", (prompt) => {
    expect(promptOf(withPrompt(kDefaultPrompt, prompt), 512)).toEqual(prompt);
  });

  it("has its beginning as a title, in one line", () => {
    expect(titleOf({ kind: "text", text: " a\n  b", parseSpecial: false })).toBe("a b");
    expect(titleOf({ kind: "text", text: "x".repeat(200), parseSpecial: false })).toHaveLength(71);
    expect(titleOf({ kind: "chat", messages: [] })).toBe("(empty)");
  });
});

class FakeStorage implements DraftStorage {
  readonly items = new Map<string, string>();
  isFull = false;

  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    if (this.isFull) throw new DOMException("full", "QuotaExceededError");
    this.items.set(key, value);
  }
}

let storage: FakeStorage;
beforeEach(() => {
  storage = new FakeStorage();
});

describe("what the browser keeps", () => {
  it("is the draft at first, and the same draft later", () => {
    expect(loadDraft(storage)).toEqual(kDefaultDraft);
    const draft = {
      ...kDefaultDraft,
      prompt: { ...kDefaultPrompt, kind: "chat", chatTemplate: "{{ x }}" },
      chain: changeStage(kDefaultChain, 2, { isOn: false }),
      open: { tokens: false, chain: true, limits: true },
    } as const;
    expect(saveDraft(storage, draft)).toBe(true);
    expect(loadDraft(storage)).toEqual(draft);
  });

  it.each([
    "no JSON",
    "[]",
    "null",
    '{"version":99,"prompt":{"text":"from the future"}}',
    '{"version":1,"prompt":7,"chain":{"filters":[{"kind":"greedy"},7,null],"chooser":{"kind":"topK"}},"limits":[],"open":"x"}',
  ])("may be nonsense and is then as at first: %s", (text) => {
    storage.setItem("inferno.draft", text);
    expect(loadDraft(storage)).toEqual(kDefaultDraft);
  });

  it("keeps what is sound beside what is not", () => {
    const text =
      '{"version":1,"prompt":{"text":"kept","bos":"maybe"},"chain":{"filters":[{"kind":"topK","fields":{"k":"3","p":9}},{"kind":"never"}],"chooser":{"kind":"greedy"}}}';
    storage.setItem("inferno.draft", text);
    const draft = loadDraft(storage);
    expect(draft.prompt).toMatchObject({ text: "kept", bos: "auto" });
    expect(draft.chain.filters.map(({ kind, fields }) => [kind, fields])).toEqual([["topK", { k: "3" }]]);
  });

  it("is not the draft when that is too long, or the browser has no room", () => {
    const text = "x".repeat(kMaxKeptLength);
    expect(saveDraft(storage, { ...kDefaultDraft, prompt: { ...kDefaultPrompt, text } })).toBe(false);
    storage.isFull = true;
    expect(saveDraft(storage, kDefaultDraft)).toBe(false);
  });

  it("holds the last twenty prompts, each once, the newest first", () => {
    let history: readonly Prompt[] = [];
    for (let i = 0; i < 25; ++i) history = withHistory(history, { kind: "ids", ids: [i] });
    history = withHistory(history, { kind: "ids", ids: [20] });
    expect(history).toHaveLength(20);
    expect(history[0]).toEqual({ kind: "ids", ids: [20] });
    expect(history.filter((one) => one.kind === "ids" && one.ids[0] === 20)).toHaveLength(1);
    saveHistory(storage, history);
    expect(loadHistory(storage)).toEqual(history);
  });

  it("holds the person's own chains", () => {
    savePresets(storage, [{ name: "mine", help: "", chain: kDefaultChain }]);
    expect(loadPresets(storage)).toEqual([{ name: "mine", help: "", chain: kDefaultChain }]);
  });
});
