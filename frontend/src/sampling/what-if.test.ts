import { describe, expect, it } from "vitest";
import type { SamplerStage, StageKind } from "../protocol/types";
import type { RecordedStep } from "./recorded-step";
import { record, reference } from "./testing/reference";
import { WhatIf, type WouldBe } from "./what-if";

const stage = (kind: StageKind, parameters: Record<string, number> = {}): SamplerStage => ({
  kind,
  parameters,
});
const kDraw = stage("distribution");

function tryChain(
  step: RecordedStep,
  chain: readonly SamplerStage[],
  history: readonly number[] = [],
): WouldBe {
  const whatIf = new WhatIf({ chain, runChain: [], nCtx: 2048 });
  return whatIf.step(step, { ids: history, length: history.length });
}

/** Four tokens with logits ln 8, ln 4, ln 2, ln 1 by rising id: shares 8, 4, 2 and 1 of 15. */
const kFour = Float32Array.of(Math.log(8), Math.log(4), Math.log(2), 0);
const whole = (draw = 0.5) => record(kFour, 4, 0, draw);
const shares = ({ low }: WouldBe) =>
  [...low].map((p) => (Number.isNaN(p) ? undefined : Number(p.toFixed(6))));
const of = (part: number, all: number) => Number((part / all).toFixed(6));

describe("what if, computed by hand", () => {
  it.each<[string, readonly SamplerStage[], readonly (number | undefined)[]]>([
    ["nothing", [], [of(8, 15), of(4, 15), of(2, 15), of(1, 15)]],
    [
      "temperature 2 takes roots",
      [stage("temperature", { temperature: 2 })],
      [8, 4, 2, 1].map((weight) => of(Math.sqrt(weight), Math.sqrt(8) + 2 + Math.SQRT2 + 1)),
    ],
    [
      "temperature 0.5 takes squares",
      [stage("temperature", { temperature: 0.5 })],
      [of(64, 85), of(16, 85), of(4, 85), of(1, 85)],
    ],
    [
      "temperature 0 leaves one",
      [stage("temperature", { temperature: 0 })],
      [1, undefined, undefined, undefined],
    ],
    ["top-k 2", [stage("topK", { k: 2 })], [of(8, 12), of(4, 12), undefined, undefined]],
    [
      "top-p 0.6 keeps up to the token that reaches it",
      [stage("topP", { p: 0.6 })],
      [of(8, 12), of(4, 12), undefined, undefined],
    ],
    [
      "top-p 0.1 keeps as many as it must",
      [stage("topP", { p: 0.1, minKeep: 3 })],
      [of(8, 14), of(4, 14), of(2, 14), undefined],
    ],
    [
      "min-p 0.3 measures against the best",
      [stage("minP", { p: 0.3 })],
      [of(8, 12), of(4, 12), undefined, undefined],
    ],
    [
      "XTC that always acts leaves the last above its threshold",
      [stage("xtc", { probability: 1, threshold: 0.1 })],
      [undefined, undefined, of(2, 3), of(1, 3)],
    ],
    [
      "typical 0.2 keeps the least surprising",
      [stage("typical", { p: 0.2 })],
      [undefined, 1, undefined, undefined],
    ],
    [
      "top-n-sigma 1 measures against the spread",
      [stage("topNSigma", { n: 1 })],
      [of(8, 12), of(4, 12), undefined, undefined],
    ],
  ])("%s", (_, stages, expected) => {
    const result = tryChain(whole(), [...stages, kDraw]);
    expect(result.exactness).toBe("exact");
    expect(shares(result)).toEqual(expected);
  });

  it("greedy gives everything to the first of the most probable", () => {
    const result = tryChain(whole(), [stage("greedy")]);
    expect(shares(result)).toEqual([1, 0, 0, 0]);
    expect(result.token).toEqual({ kind: "token", id: 0 });
  });

  it("a ban leaves the others their shares of the rest", () => {
    const ban: SamplerStage = { ...stage("logitBias"), biases: [{ id: 0, bias: Number.NEGATIVE_INFINITY }] };
    const result = tryChain(whole(), [ban, kDraw]);
    expect(shares(result)).toEqual([undefined, of(4, 7), of(2, 7), of(1, 7)]);
    expect(result.removedBy[0]).toBe(0);
  });

  it("a penalty divides positive logits, and multiplies what is not positive", () => {
    const result = tryChain(whole(), [stage("penalties", { repeat: 3, lastN: 8 }), kDraw], [0, 3, 3]);
    expect(shares(result)).toEqual([of(2, 9), of(4, 9), of(2, 9), of(1, 9)]);
  });

  it("frequency and presence are subtracted, and older tokens are forgotten", () => {
    const parameters = { repeat: 1, frequency: Math.log(2), presence: Math.log(2), lastN: 2 };
    const result = tryChain(whole(), [stage("penalties", parameters), kDraw], [1, 0, 0]);
    expect(shares(result)).toEqual([of(1, 8), of(4, 8), of(2, 8), of(1, 8)]);
  });

  it("DRY without breakers takes off the token that would go on with a repetition", () => {
    const chain: readonly SamplerStage[] = [
      { ...stage("dry", { multiplier: Math.log(2), base: 2, allowedLength: 2, lastN: 64 }), breakers: [] },
      kDraw,
    ];
    // After “7 8”, 0 followed before; “6 7 8” was followed by 1.
    const result = tryChain(whole(), chain, [9, 7, 8, 0, 6, 7, 8, 1, 6, 7, 8]);
    expect(shares(result)).toEqual([of(4, 8), of(1, 8), of(2, 8), of(1, 8)]);
  });
});

describe("the token that would have come", () => {
  const drawn = (draw: number, ...stages: SamplerStage[]) => tryChain(whole(draw), [...stages, kDraw]).token;

  it("is the first whose running sum reaches the number drawn", () => {
    expect(drawn(0.53)).toEqual({ kind: "token", id: 0 });
    expect(drawn(0.54)).toEqual({ kind: "token", id: 1 });
    expect(drawn(0.99)).toEqual({ kind: "token", id: 3 });
    expect(drawn(0.99, stage("topK", { k: 2 }))).toEqual({ kind: "token", id: 1 });
  });

  it("is sought in the order of ids where no stage sorts", () => {
    const logits = Float32Array.of(0, Math.log(4), Math.log(3));
    const token = (chain: readonly SamplerStage[]) =>
      tryChain(record(logits, 3, 1, 0.1), [...chain, kDraw]).token;
    expect(token([])).toEqual({ kind: "token", id: 0 });
    expect(token([stage("topK", { k: 3 })])).toEqual({ kind: "token", id: 1 });
  });

  it("is not named where rounding decides", () => {
    expect(drawn(8 / 15)).toMatchObject({ kind: "undetermined" });
  });

  it("is not named where nothing was drawn", () => {
    const { token } = tryChain(record(kFour, 4, 0, undefined), [kDraw]);
    expect(token).toMatchObject({
      kind: "undetermined",
      reason: expect.stringMatching(/drew no random number/),
    });
  });
});

describe("what was not recorded", () => {
  const logits = Float32Array.from({ length: 200 }, (_, id) => 4 - id * 0.02);
  const step = record(logits, 10, 0, 0.5);

  it("does not matter behind a top-k within the record", () => {
    expect(tryChain(step, [stage("topK", { k: 10 }), kDraw]).exactness).toBe("exact");
  });

  it("makes bounds, and the reason is said", () => {
    const result = tryChain(step, [stage("topP", { p: 0.9 }), kDraw]);
    expect(result.exactness).toBe("bounded");
    expect(result.reason).toBe("top-p 0.9 reaches beyond the 10 recorded candidates.");
  });

  it("is known to come where the draw goes beyond everything recorded", () => {
    const late = record(logits, 10, 0, 0.99);
    expect(tryChain(late, [stage("topK", { k: 100 }), kDraw]).token).toEqual({ kind: "unrecorded" });
  });

  it("is one known mass where nothing changes it", () => {
    const result = tryChain(step, [kDraw]);
    expect(result.exactness).toBe("exact");
    expect(result.tail.low).toBeCloseTo(step.tailMass, 5);
    expect(result.token).toMatchObject({ kind: "undetermined" });
  });

  it.each<[SamplerStage, RegExp]>([
    [stage("topNSigma", { n: 1 }), /top-n-sigma needs the logits of all/],
    [stage("typical", { p: 0.9 }), /typical needs the logits of all/],
    [stage("grammar"), /grammar allows is not computed/],
    [stage("xtc", { probability: 0.5, threshold: 0.001 }), /dice of its own/],
  ])("makes a stage that needs it say so", (needing, reason) => {
    const result = tryChain(step, [needing, kDraw]);
    expect(result).toMatchObject({ exactness: "unknown", reason: expect.stringMatching(reason) });
  });
});

describe("for the run's own chain", () => {
  it("what could not be computed is taken as it was recorded", () => {
    const chain = [stage("mirostat2", { tau: 5, eta: 0.1 })];
    const whatIf = new WhatIf({ chain, runChain: chain, nCtx: 512 });
    const recorded = { ...whole(), finalProb: [0.7, 0.3, Number.NaN, Number.NaN], removedBy: [-1, -1, 0, 0] };
    const result = whatIf.step(recorded, { ids: [], length: 0 });
    expect([result.exactness, result.token]).toEqual(["exact", { kind: "token", id: 0 }]);
    expect(shares(result)).toEqual([0.7, 0.3, undefined, undefined]);
  });
});

/** Small, fast and repeatable (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

describe("against the whole vocabulary", () => {
  const random = randomNumbers(20);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const randomStage = (): SamplerStage =>
    pick([
      () => stage("topK", { k: pick([1, 5, 20, 40, 90]) }),
      () => stage("topP", { p: pick([0.3, 0.8, 0.95, 0.99]), minKeep: pick([1, 1, 3]) }),
      () => stage("minP", { p: pick([0.001, 0.05, 0.2]), minKeep: pick([1, 1, 4]) }),
      () => stage("temperature", { temperature: pick([0.5, 0.8, 1, 1.3, 2]) }),
      () => stage("penalties", { lastN: pick([8, 64]), repeat: pick([1, 1.3]), frequency: pick([0, 0.2]) }),
      () => ({
        ...stage("logitBias"),
        biases: [{ id: Math.floor(random() * 120), bias: pick([-1, 2, Number.NEGATIVE_INFINITY]) }],
      }),
    ])();

  it("every bound holds, what is called exact is exact, and a token that is named comes", () => {
    const seen = { exact: 0, bounded: 0, unknown: 0, named: 0, unrecorded: 0 };
    for (let round = 0; round < 1500; ++round) {
      const spread = pick([1, 2, 4]);
      const logits = Float32Array.from(
        { length: 120 },
        () => (random() + random() + random() - 1.5) * 4 * spread,
      );
      const history = Array.from({ length: 12 }, () => Math.floor(random() * 120));
      const chain = [...Array.from({ length: 1 + Math.floor(random() * 4) }, randomStage), kDraw];
      const draw = random();
      const truth = reference(logits, chain, history, draw);
      const recorded = record(logits, pick([8, 16, 64]), Math.floor(random() * 120), draw);
      const result = tryChain(recorded, chain, history);
      const step = JSON.stringify({ round, chain, reason: result.reason });
      seen[result.exactness] += 1;
      checkAgainst(truth, result, recorded, step);
      if (result.token.kind === "token") {
        seen.named += 1;
        expect(result.token.id, step).toBe(truth.token);
      } else if (result.token.kind === "unrecorded") seen.unrecorded += 1;
    }
    // Each outcome was met often enough to mean something.
    expect(Math.min(seen.exact, seen.bounded, seen.named)).toBeGreaterThan(300);
  });

  /** Plain comparisons: an expectation for each of half a million would take seconds. */
  function checkAgainst(
    truth: ReturnType<typeof reference>,
    result: WouldBe,
    { ids, count }: RecordedStep,
    step: string,
  ): void {
    if (result.exactness === "unknown") return;
    const wrong: string[] = [];
    const { low: fewest, high: most } = result.nFinal;
    if (truth.nFinal < fewest || truth.nFinal > most) wrong.push(`${truth.nFinal} not in ${fewest}–${most}`);
    for (let i = 0; i < count; ++i) {
      const p = truth.probability.get(ids[i] ?? -1);
      const low = result.low[i] ?? 0;
      const isRemoved = Number.isNaN(low);
      const isWithin = (p ?? 0) >= (isRemoved ? 0 : low) - 2e-6 && (p ?? 0) <= (result.high[i] ?? 0) + 2e-6;
      if (!isWithin) wrong.push(`candidate ${i}: ${p} not in ${low}–${result.high[i]}`);
      if (result.exactness === "exact" && (p === undefined) !== isRemoved)
        wrong.push(`candidate ${i}: removed?`);
    }
    expect(wrong, step).toEqual([]);
  }
});
