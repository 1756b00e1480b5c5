import { describe, expect, it } from "vitest";
import { hasProblem, kDefaultDraft, problemWith, samplerChain, seedOf } from "./sampler-draft";

describe("the sampler settings", () => {
  it("make llama.cpp's usual chain", () => {
    expect(samplerChain(kDefaultDraft).map(({ kind }) => kind)).toEqual([
      "topK",
      "topP",
      "minP",
      "temperature",
      "distribution",
    ]);
  });

  it("leave out the stages that are switched off", () => {
    const off = { ...kDefaultDraft, topK: "0", topP: "1", minP: "", temperature: "1.5" };
    expect(samplerChain(off)).toEqual([
      { kind: "temperature", parameters: { temperature: 1.5 } },
      { kind: "distribution", parameters: {} },
    ]);
  });

  it("take the most probable token at temperature 0", () => {
    expect(samplerChain({ ...kDefaultDraft, temperature: "0" })).toEqual([
      { kind: "greedy", parameters: {} },
    ]);
  });

  it("tell a seed of 0 from an empty field", () => {
    expect(seedOf({ ...kDefaultDraft, seed: "0" })).toBe(0);
    expect(seedOf({ ...kDefaultDraft, seed: " " })).toBeUndefined();
  });

  it.each([
    ["topK", "1.5"],
    ["topK", "many"],
    ["topP", "1.1"],
    ["minP", "-0.1"],
    ["seed", "4294967296"],
    ["temperature", "NaN"],
    ["maxTokens", "-1"],
  ] as const)("say in words what is wrong with %s %s", (field, value) => {
    const draft = { ...kDefaultDraft, [field]: value };
    expect(problemWith(draft, field)).toMatch(/number/);
    expect(hasProblem(draft)).toBe(true);
  });

  it("take a decimal comma", () => {
    expect(samplerChain({ ...kDefaultDraft, temperature: "0,5" })).toContainEqual({
      kind: "temperature",
      parameters: { temperature: 0.5 },
    });
  });
});
