import { describe, expect, it } from "vitest";
import { linesOf, readEscapes, writeEscapes } from "../../parts/escapes";
import {
  addStage,
  type ChainDraft,
  chainOf,
  chainProblem,
  changeStage,
  chooseBy,
  followsRemoval,
  kDefaultChain,
  moveStage,
  newChain,
  removeStage,
  samplerOf,
} from "./chain-draft";
import { kPresets } from "./chain-presets";
import { readChain, textOfChain } from "./chain-text";
import { isCertain, type Knob, kKnobs, knobPlaceholder, knobProblem, knobValue, turnKnob } from "./knobs";
import { captureOf, kDefaultLimits, limitProblem, limitsOf, limitsProblem, seedOf } from "./limits-draft";
import { placeOfByte } from "./text-place";

const kinds = (chain: ChainDraft) => samplerOf(chain).map(({ kind }) => kind);
const knob = (label: string): Knob => {
  const found = kKnobs.find((one) => one.label === label);
  if (found === undefined) throw new Error(`no knob ${label}`);
  return found;
};

describe("the sampler chain", () => {
  it("is llama.cpp's usual one at first", () => {
    expect(samplerOf(kDefaultChain)).toEqual([
      { kind: "topK", parameters: { k: 40 } },
      { kind: "topP", parameters: { p: 0.95 } },
      { kind: "minP", parameters: { p: 0.05 } },
      { kind: "temperature", parameters: { temperature: 0.8 } },
      { kind: "distribution", parameters: {} },
    ]);
  });

  it("ends with exactly one stage that chooses, whatever is done to it", () => {
    const chain = chooseBy(removeStage(addStage(kDefaultChain, "xtc"), 1), "mirostat2");
    expect(kinds(chain)).toEqual(["topP", "minP", "xtc", "temperature", "mirostat2"]);
  });

  it("takes a new stage in where llama.cpp would have it: a grammar before what removes tokens", () => {
    const chain = addStage(addStage(kDefaultChain, "grammar"), "dynamicTemperature");
    expect(kinds(chain)).toEqual([
      "grammar",
      "topK",
      "topP",
      "minP",
      "temperature",
      "dynamicTemperature",
      "distribution",
    ]);
    expect(followsRemoval(chain, 0)).toBe(false);
    expect(followsRemoval(chain, 2)).toBe(true);
    expect(followsRemoval(changeStage(chain, 1, { isOn: false }), 2)).toBe(false);
  });

  it("sends the stages in the order they were moved to, and not beyond its ends", () => {
    expect(kinds(moveStage(kDefaultChain, 4, 0))).toEqual([
      "temperature",
      "topK",
      "topP",
      "minP",
      "distribution",
    ]);
    expect(kinds(moveStage(kDefaultChain, 1, 99))).toEqual([
      "topP",
      "minP",
      "temperature",
      "topK",
      "distribution",
    ]);
    expect(moveStage(kDefaultChain, 77, 0)).toBe(kDefaultChain);
  });

  it("leaves a stage out that is switched off, faults and all", () => {
    const wrong = changeStage(kDefaultChain, 2, { fields: { p: "1.5" } });
    expect(chainProblem(wrong)).toBe("p: A number from 0 to 1.");
    const off = changeStage(wrong, 2, { isOn: false });
    expect(chainProblem(off)).toBeUndefined();
    expect(kinds(off)).not.toContain("topP");
  });

  it("leaves the engine its default where a field is empty", () => {
    expect(samplerOf(newChain([["penalties", { repeat: "", lastN: "-1" }]]))[0]).toEqual({
      kind: "penalties",
      parameters: { lastN: -1 },
    });
  });

  it("bans a token with an infinite bias, and adds what was typed to another", () => {
    const biases = [
      { id: 5, label: "cat", bans: true, bias: "7" },
      { id: 6, label: "dog", bans: false, bias: "-1,5" },
    ];
    const chain = changeStage(newChain([["logitBias", {}]]), 1, { biases });
    expect(samplerOf(chain)[0]?.biases).toEqual([
      { id: 5, bias: Number.NEGATIVE_INFINITY },
      { id: 6, bias: -1.5 },
    ]);
  });

  it("sends the grammar or the schema, never both", () => {
    const chain = newChain([["grammar", {}]]);
    expect(samplerOf(chain)[0]).toEqual({
      kind: "grammar",
      parameters: {},
      grammar: 'root ::= "yes" | "no"\n',
    });
    const schema = samplerOf(changeStage(chain, 1, { language: "jsonSchema" }))[0];
    expect(schema).not.toHaveProperty("grammar");
    expect(schema?.jsonSchema).toContain('"object"');
  });

  it("takes over the chain of a run, without the noise of 32-bit floats", () => {
    const chain = chainOf([
      { kind: "temperature", parameters: { temperature: 0.800000011920929 } },
      { kind: "distribution", parameters: { seed: 7 } },
    ]);
    expect(chain?.filters[0]?.fields).toEqual({ temperature: "0.8" });
    expect(chain?.chooser.kind).toBe("distribution");
  });

  it("takes over none that the editor can't hold", () => {
    expect(chainOf([{ kind: "topK", parameters: {} }])).toBeUndefined();
    expect(chainOf([{ kind: "unknown", parameters: {} }])).toBeUndefined();
    const twoChoose = [
      { kind: "greedy", parameters: {} },
      { kind: "distribution", parameters: {} },
    ] as const;
    expect(chainOf(twoChoose)).toBeUndefined();
  });

  it.each(kPresets.map(({ name, chain }) => [name, chain] as const))(
    "has nothing wrong as %s",
    (_, chain) => {
      expect(chainProblem(chain)).toBeUndefined();
      const keys = [...chain.filters, chain.chooser].map(({ key }) => key);
      expect(new Set(keys).size).toBe(keys.length);
    },
  );
});

describe("the chain as text", () => {
  it("is read back as it was written, grammar, breakers and bans included", () => {
    const stages = samplerOf(
      changeStage(
        changeStage(
          newChain([
            ["dry", { multiplier: "0.5" }],
            ["logitBias", {}],
            ["grammar", {}],
          ]),
          1,
          { breakers: "\\n\n:" },
        ),
        2,
        { biases: [{ id: 3, label: "", bans: true, bias: "" }] },
      ),
    );
    const reading = readChain(textOfChain(stages));
    expect(reading.kind === "chain" && samplerOf(reading.chain)).toEqual(stages);
  });

  it("may name stages and parameters as the protocol does", () => {
    const reading = readChain('[{"kind":"TopP","p":0.9,"min_keep":2},{"kind":"Greedy"}]');
    expect(reading.kind === "chain" && samplerOf(reading.chain)).toEqual([
      { kind: "topP", parameters: { p: 0.9, minKeep: 2 } },
      { kind: "greedy", parameters: {} },
    ]);
  });

  it.each([
    ["{", /not JSON/],
    ["{}", /is a list/],
    ['[{"kind":"topQ"}]', /Stage 1: has the unknown kind “topQ”/],
    ['[{"kind":"topK","p":1},{"kind":"greedy"}]', /Stage 1: topK has no “p”/],
    ['[{"kind":"topK","k":"4"},{"kind":"greedy"}]', /“k” is not a number/],
    ['[{"kind":"logitBias","biases":[{"id":1.5}]},{"kind":"greedy"}]', /biases/],
    ['[{"kind":"greedy"},{"kind":"greedy"}]', /exactly one stage that chooses/],
    ["[]", /exactly one stage that chooses/],
  ])("says in words what is wrong with %s", (text, words) => {
    expect(readChain(text)).toMatchObject({ kind: "problem", words: expect.stringMatching(words) });
  });
});

describe("the knobs", () => {
  it("show and change the stages of the chain", () => {
    const chain = turnKnob(kDefaultChain, knob("Top-k"), "7");
    expect(knobValue(chain, knob("Top-k"))).toBe("7");
    expect(samplerOf(chain)[0]).toEqual({ kind: "topK", parameters: { k: 7 } });
  });

  it("switch a stage off when they are emptied, and on again", () => {
    const off = turnKnob(kDefaultChain, knob("Top-p"), "");
    expect(kinds(off)).not.toContain("topP");
    expect(knobPlaceholder(off, knob("Top-p"))).toBe("off");
    expect(kinds(turnKnob(off, knob("Top-p"), "0.5"))).toEqual(kinds(kDefaultChain));
  });

  it("put a missing stage where it belongs", () => {
    const chain = turnKnob(newChain([["temperature", { temperature: "1" }]]), knob("Min-p"), "0.1");
    expect(kinds(chain)).toEqual(["minP", "temperature", "distribution"]);
  });

  it.each([
    ["Top-k", "1.5"],
    ["Top-k", "many"],
    ["Top-p", "1.1"],
    ["Min-p", "-0.1"],
    ["Temperature", "NaN"],
  ])("say in words what is wrong with %s %s", (label, value) => {
    const chain = turnKnob(kDefaultChain, knob(label), value);
    expect(knobProblem(chain, knob(label))).toMatch(/number/);
    expect(chainProblem(chain)).toMatch(/number/);
  });

  it("tell that temperature 0 leaves no chance", () => {
    expect(isCertain(kDefaultChain)).toBe(false);
    expect(isCertain(turnKnob(kDefaultChain, knob("Temperature"), "0"))).toBe(true);
  });

  it("take a decimal comma", () => {
    expect(samplerOf(turnKnob(kDefaultChain, knob("Temperature"), "0,5"))).toContainEqual({
      kind: "temperature",
      parameters: { temperature: 0.5 },
    });
  });
});

describe("the limits", () => {
  it("tell a seed of 0 from an empty field", () => {
    expect(seedOf({ ...kDefaultLimits, seed: "0" })).toBe(0);
    expect(seedOf({ ...kDefaultLimits, seed: " " })).toBeUndefined();
  });

  it("send what was typed, and no more", () => {
    expect(limitsOf({ ...kDefaultLimits, maxTokens: "" })).toEqual({});
    const typed = {
      ...kDefaultLimits,
      maxTokens: "0",
      seconds: "1.5",
      stop: "\\n\\n\n\nEND",
      ignoreEos: true,
    };
    expect(limitsOf(typed)).toEqual({ nPredict: 0, timeMs: 1500, stop: ["\n\n", "END"], ignoreEos: true });
    expect(captureOf(kDefaultLimits)).toBeUndefined();
    expect(captureOf({ ...kDefaultLimits, candidates: "200", recordsTrace: false })).toEqual({
      nCandidates: 200,
      trace: false,
    });
  });

  it("refuse what the server would refuse", () => {
    expect(limitProblem({ ...kDefaultLimits, seed: "4294967296" }, "seed")).toMatch(/number/);
    expect(limitsProblem({ ...kDefaultLimits, candidates: "1025" })).toBe("A whole number from 1 to 1024.");
    expect(limitsProblem({ ...kDefaultLimits, stop: "a\n".repeat(65) })).toMatch(
      /64 stop strings; these are 65/,
    );
  });
});

describe("escapes", () => {
  it.each([
    ["\\n", "\n"],
    ["a\\tb", "a\tb"],
    ["\\\\n", "\\n"],
    ["\\u{1F600}", "😀"],
    ["\\q", "\\q"],
    ["\\u{FFFFFF}", "\\u{FFFFFF}"],
  ])("%s is read as what it stands for", (written, read) => {
    expect(readEscapes(written)).toBe(read);
  });

  it.each(["\n\t\r", " a ", "\\n", "plain"])("come back as they were: %j", (text) => {
    expect(readEscapes(writeEscapes(text))).toBe(text);
  });

  it("leave empty lines out", () => {
    expect(linesOf("a\n\n\\n")).toEqual(["a", "\n"]);
  });
});

describe("the place of a byte", () => {
  it.each([
    ["root", 0, 1, 1],
    ["ab\ncd", 4, 2, 2],
    ["é\nx", 3, 2, 1],
    ["😀b", 4, 1, 2],
    ["ab", 99, 1, 3],
    ["a\n", 2, 2, 1],
  ])("in %j at %i is line %i, column %i", (text, offset, line, column) => {
    expect(placeOfByte(text, offset)).toMatchObject({ line, column });
  });

  it("never stands inside of a character", () => {
    expect(placeOfByte("😀b", 2)).toEqual({ line: 1, column: 1, index: 0 });
  });
});
