import { describe, expect, it } from "vitest";
import { aStep, columnsOf } from "../../connection/fake-connection";
import { TokenColumns } from "../../state/token-columns";
import { RunProfile } from "./run-profile";
import { kTracks, roundedUp } from "./tracks";

function profileOf(...changes: Parameters<typeof aStep>[2][]): RunProfile {
  const tokens = new TokenColumns();
  const profile = new RunProfile(kTracks);
  changes.forEach((change, position) => {
    tokens.append(columnsOf([aStep(position, "a", change)]));
    profile.update(tokens);
  });
  return profile;
}

describe("the summary of a stretch", () => {
  const profile = profileOf(
    { isPrompt: true, rawLogprob: undefined, decodeUs: 1000 },
    { rawLogprob: Math.log(0.5), decodeUs: 2000 },
    { rawLogprob: Math.log(0.125), decodeUs: 2000 },
    { rawLogprob: Math.log(0.01), decodeUs: 500 },
  );

  it("has mean surprisal, perplexity and speed from the steps' own numbers", () => {
    const summary = profile.summary(1, 3);
    expect(summary.nTokens).toBe(2);
    expect(summary.meanSurprisal).toBeCloseTo(2, 5);
    expect(summary.perplexity).toBeCloseTo(4, 4);
    expect(summary.tokensPerSecond).toBeCloseTo(500, 6);
  });

  it("leaves out what is not known, and says how many it speaks of", () => {
    expect(profile.summary(0, 2)).toMatchObject({ nTokens: 2, nPrompt: 1, nWithSurprisal: 1 });
    expect(profile.summary(0, 1)).toMatchObject({ meanSurprisal: undefined, perplexity: undefined });
  });

  it("knows the surprises", () => {
    expect([...profile.surprises]).toEqual([3]);
  });
});

it("a time axis ends at a round number", () => {
  expect([0, 7, 10, 11, 480, 1900].map(roundedUp)).toEqual([1, 10, 10, 20, 500, 2000]);
});

it("a track's height is fixed by its domain, not by what is in sight", () => {
  const context = { nVocab: 1024, usualUs: 25, longestUs: 90, isLog: false };
  const [probability, entropy, time] = kTracks;
  expect(probability?.height(0.25, context)).toBe(0.25);
  expect(probability?.height(0.001, { ...context, isLog: true })).toBeCloseTo(0.5, 6);
  expect(probability?.height(0, { ...context, isLog: true })).toBe(0);
  expect(entropy?.height(5, context)).toBe(0.5);
  expect(time?.height(50, context)).toBe(0.5);
});

describe("the time axis", () => {
  const time = kTracks[2];

  it("is not pressed flat by one slow step, which touches the top and is said to be above it", () => {
    const context = { nVocab: 1024, usualUs: 100, longestUs: 90_000, isLog: false };
    expect(time?.height(100, context)).toBe(0.2);
    expect(time?.height(90_000, context)).toBe(1);
    expect(time?.ends(context)).toEqual(["0", "≥ 500 µs"]);
  });

  it("holds all of them on the logarithmic scale", () => {
    const context = { nVocab: 1024, usualUs: 100, longestUs: 90_000, isLog: true };
    expect(time?.height(90_000, context)).toBeLessThan(1);
    expect(time?.ends(context)).toEqual(["≤ 10 µs", "100.00 ms"]);
  });

  it("takes what is usual from the first generated steps", () => {
    const profile = profileOf(
      { isPrompt: true, decodeUs: 9000 },
      { decodeUs: 100 },
      { decodeUs: 120 },
      { decodeUs: 4000 },
    );
    expect(profile.usualUs).toBe(120);
    expect(profile.longestUs).toBe(9000);
  });
});
