import { describe, expect, it } from "vitest";
import { aStep, columnsOf } from "../../connection/fake-connection";
import type { StepDetail } from "../../protocol/types";
import { TokenColumns } from "../../state/token-columns";
import { salience, spokenToken, usualStepUs } from "./surprise";

function tokensOf(changes: readonly Partial<StepDetail>[]): TokenColumns {
  const tokens = new TokenColumns();
  tokens.append(columnsOf(changes.map((change, position) => aStep(position, "a", change))));
  return tokens;
}

describe("how much a token stands out", () => {
  const scale = { nVocab: 1024, usualUs: 1000 };

  it("has fixed ends for every measure", () => {
    const tokens = tokensOf([
      { rawLogprob: 0, finalProb: 1, entropy: 0, rank: 1, decodeUs: 1000 },
      { rawLogprob: Number.NEGATIVE_INFINITY, finalProb: 0, entropy: 10, rank: 1024, decodeUs: 8000 },
    ]);
    for (const measure of ["rawProb", "finalProb", "entropy", "rank", "time"] as const) {
      expect(salience(tokens, 0, measure, scale), measure).toBe(0);
      expect(salience(tokens, 1, measure, scale), measure).toBeCloseTo(1, 6);
    }
  });

  it("is not known where the measure is not", () => {
    const nothing = { rawLogprob: undefined, finalProb: undefined, entropy: undefined, rank: undefined };
    const tokens = tokensOf([{ ...nothing, decodeUs: 1000 }]);
    for (const measure of ["rawProb", "finalProb", "entropy", "rank"] as const) {
      expect(salience(tokens, 0, measure, scale), measure).toBeUndefined();
    }
    expect(salience(tokens, 0, "time", { nVocab: 1024, usualUs: undefined })).toBeUndefined();
  });
});

describe("the usual time of a step", () => {
  it("is the median of the first generated ones, whatever the prompt took", () => {
    const times = [90_000, 100, 100, 5000, 120, 110];
    const tokens = tokensOf(times.map((decodeUs, position) => ({ decodeUs, isPrompt: position === 0 })));
    expect(usualStepUs(tokens, 1)).toBe(110);
  });

  it("stays the same once enough steps have come", () => {
    const early = Array.from({ length: 64 }, () => ({ decodeUs: 100 }));
    const late = Array.from({ length: 500 }, () => ({ decodeUs: 900 }));
    expect(usualStepUs(tokensOf([...early, ...late]), 0)).toBe(100);
  });

  it("is spoken with each token when time is what tints them", () => {
    const tokens = tokensOf([{ decodeUs: 1500 }]);
    expect(spokenToken(tokens, 0, "time")).toBe("a, 41 percent, rank 1, entropy 2.1 bits, 1.50 ms");
    expect(spokenToken(tokens, 0)).toBe("a, 41 percent, rank 1, entropy 2.1 bits");
  });
});
