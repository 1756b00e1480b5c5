// What if, against the engine: runs one chain, and lets the engine itself say
// what another one makes of the same tokens.
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ModelId } from "../src/base/brand";
import type {
  Prompt,
  RunStarted,
  SamplerStage,
  StageKind,
  StartRun,
  StepDetail,
} from "../src/protocol/types";
import { recordedStep } from "../src/sampling/recorded-step";
import { WhatIf, type WouldBe } from "../src/sampling/what-if";
import { EngineClient } from "./support/engine-client";
import { startServer, type TestServer } from "./support/server";

const { INFERNO_BIN, INFERNO_E2E_MODEL, INFERNO_E2E_BIG_MODEL } = process.env;

const stage = (kind: StageKind, parameters: Record<string, number> = {}): SamplerStage => ({
  kind,
  parameters,
});
const kDraw = stage("distribution");
const kRunChain: readonly SamplerStage[] = [
  stage("topK", { k: 40 }),
  stage("topP", { p: 0.95 }),
  stage("minP", { p: 0.05 }),
  stage("temperature", { temperature: 0.8 }),
  kDraw,
];

const kChains: readonly (readonly [string, readonly SamplerStage[]])[] = [
  ["the run's own chain", kRunChain],
  [
    "top-k and a high temperature",
    [stage("topK", { k: 40 }), stage("temperature", { temperature: 1.7 }), kDraw],
  ],
  [
    "temperature before the cuts",
    [stage("temperature", { temperature: 1.3 }), stage("topP", { p: 0.6 }), kDraw],
  ],
  ["low temperature, no cut", [stage("temperature", { temperature: 0.5 }), kDraw]],
  ["high temperature, no cut", [stage("temperature", { temperature: 1.5 }), kDraw]],
  ["min-p alone", [stage("minP", { p: 0.1 }), kDraw]],
  ["top-p that reaches far", [stage("topP", { p: 0.999 }), kDraw]],
  ["temperature 0", [stage("topK", { k: 10 }), stage("temperature", { temperature: 0 }), kDraw]],
  ["greedy", [stage("greedy")]],
  ["typical", [stage("topK", { k: 30 }), stage("typical", { p: 0.7 }), kDraw]],
  [
    "dynamic temperature behind top-k",
    [
      stage("topK", { k: 30 }),
      stage("dynamicTemperature", { temperature: 0.9, range: 0.5, exponent: 1.2 }),
      kDraw,
    ],
  ],
  ["top-n-sigma behind top-k", [stage("topK", { k: 30 }), stage("topNSigma", { n: 1.2 }), kDraw]],
  [
    "XTC that always acts",
    [stage("topK", { k: 40 }), stage("xtc", { probability: 1, threshold: 0.1 }), kDraw],
  ],
  [
    "penalties in front",
    [stage("penalties", { lastN: 64, repeat: 1.3, frequency: 0.1, presence: 0.2 }), ...kRunChain],
  ],
  [
    "a bias and a ban",
    [
      {
        ...stage("logitBias"),
        biases: [
          { id: 13, bias: Number.NEGATIVE_INFINITY },
          { id: 310, bias: 0.7 },
        ],
      },
      stage("topK", { k: 20 }),
      kDraw,
    ],
  ],
  [
    "DRY without breakers",
    [{ ...stage("dry", { multiplier: 0.8, allowedLength: 1 }), breakers: [] }, ...kRunChain],
  ],
  ["minimum counts", [stage("topP", { p: 0.1, minKeep: 5 }), stage("minP", { p: 0.9, minKeep: 3 }), kDraw]],
];

/** Where the engine is asked what another chain makes of the same prefix. */
const kProbes = [0, 1, 2, 5, 9, 17, 30];

describe.skipIf(INFERNO_BIN === undefined || INFERNO_E2E_MODEL === undefined)(
  "what if (needs INFERNO_BIN and INFERNO_E2E_MODEL)",
  () => {
    let server: TestServer;
    let client: EngineClient;
    beforeAll(async () => {
      server = await startServer();
      client = new EngineClient(server.url);
      await client.ready();
    });
    afterAll(async () => {
      client?.close();
      await server?.stop();
    });

    describe.each([
      ["a small vocabulary", INFERNO_E2E_MODEL, "Once upon a time"],
      ["a small vocabulary, another text", INFERNO_E2E_MODEL, "Tom and Lily went to the park. Tom"],
      ["a vocabulary of a hundred thousand", INFERNO_E2E_BIG_MODEL, "Hello"],
    ])("with %s", (_, path, text) => {
      const isSkipped = path === undefined;
      // A large model is slow, and the machine may have more to do.
      const nPredict = path === INFERNO_E2E_BIG_MODEL ? 12 : 40;
      let model: ModelId;
      let recorded: Awaited<ReturnType<EngineClient["finished"]>>;
      beforeAll(async () => {
        if (isSkipped) return;
        model = await client.load(resolve(path));
        recorded = await client.finished(await client.start(startOf(model, text, kRunChain, nPredict)));
        // Without the numbers drawn, no token could be foretold.
        expect(recorded.steps.slice(recorded.started.nPrompt).map(({ draw }) => typeof draw)).not.toContain(
          "undefined",
        );
      });

      it.skipIf(isSkipped).each(kChains)("%s: the engine gives what was predicted", async (_name, chain) => {
        const { started, steps } = recorded;
        const probes = path === INFERNO_E2E_BIG_MODEL ? kProbes.slice(0, 4) : kProbes;
        const seen = { exact: 0, bounded: 0, unknown: 0, tokens: 0 };
        for (const probe of probes) {
          const index = started.nPrompt + probe;
          const prefix = steps.slice(started.nPrompt, index);
          const engine = await engineStep(client, startOf(model, text, chain, nPredict), prefix);
          const step = steps[index];
          if (step === undefined) break;
          const would = predict(started, steps, { ...step, draw: engine.draw }, chain);
          seen[would.exactness] += 1;
          if (would.token.kind === "token") {
            seen.tokens += 1;
            expect(would.token.id, `probe ${probe}`).toBe(engine.token.id);
          }
          compare(would, step, engine, `probe ${probe}`);
        }
        expect(seen.unknown).toBe(0);
      });

      it.skipIf(isSkipped).each(kChains)(
        "%s: the first other token comes where it was predicted",
        async (_name, chain) => {
          const { started, steps } = recorded;
          const other = await client.finished(await client.start(startOf(model, text, chain, nPredict)));
          for (let index = started.nPrompt; index < steps.length; ++index) {
            const step = steps[index];
            const came = other.steps[index];
            if (step === undefined || came === undefined) return;
            const { token } = predict(started, steps, { ...step, draw: came.draw }, chain);
            if (step.draw !== undefined && came.draw !== undefined) expect(came.draw).toBe(step.draw);
            if (token.kind === "token") expect(token.id, `position ${index}`).toBe(came.token.id);
            if (token.kind === "unrecorded") expect(came.token.id).not.toBe(step.token.id);
            // From here on the texts differ.
            if (came.token.id !== step.token.id) return;
          }
        },
      );
    });
  },
);

function startOf(model: ModelId, text: string, sampler: readonly SamplerStage[], nPredict: number): StartRun {
  const prompt: Prompt = { kind: "text", text, parseSpecial: false };
  return { model, prompt, sampler, seed: 11, limits: { nPredict, ignoreEos: true }, startPaused: false };
}

/** The engine's own step after a prefix that is put there by hand, token by token, as it was generated. */
async function engineStep(
  client: EngineClient,
  start: StartRun,
  prefix: readonly StepDetail[],
): Promise<StepDetail> {
  const run = await client.start({
    ...start,
    limits: { ...start.limits, nPredict: prefix.length + 1 },
    startPaused: true,
  });
  for (const { token } of prefix) await client.force(run, token.id);
  await client.paused(run);
  await client.step(run);
  const { started, steps } = await client.finished(run);
  const last = steps[started.nPrompt + prefix.length];
  if (last === undefined) throw new Error("the engine gave no step");
  return last;
}

function predict(
  started: RunStarted,
  steps: readonly StepDetail[],
  step: StepDetail,
  chain: readonly SamplerStage[],
): WouldBe {
  // As if the run's own chain were none of the tried ones: nothing is taken from the record.
  const whatIf = new WhatIf({ chain, runChain: [], nCtx: started.nCtx });
  const known = recordedStep(step, started.nVocab);
  if (known === undefined) throw new Error("nothing was recorded");
  return whatIf.step(known, { ids: steps.map(({ token }) => token.id), length: step.position });
}

const kTolerance = 1e-5;

function compare(would: WouldBe, step: StepDetail, engine: StepDetail, where: string): void {
  const wrong: string[] = [];
  step.candidates.forEach(({ token, logit }, index) => {
    const theirs = engine.candidates.find((one) => one.token.id === token.id);
    if (theirs === undefined) return;
    if (theirs.logit !== logit)
      wrong.push(`candidate ${token.id}: the model gave ${theirs.logit}, not ${logit}`);
    const low = would.low[index] ?? 0;
    const p = theirs.finalProb;
    const isWithin =
      (p ?? 0) >= (Number.isNaN(low) ? 0 : low) - kTolerance &&
      (p ?? 0) <= (would.high[index] ?? 0) + kTolerance;
    if (!isWithin) wrong.push(`candidate ${token.id}: ${p} not in ${low}–${would.high[index]}`);
    if (would.exactness === "exact" && (p === undefined) !== Number.isNaN(low))
      wrong.push(`candidate ${token.id}: removed by ${theirs.removedBy}, not ${would.removedBy[index]}`);
    if (would.exactness === "exact" && (theirs.removedBy ?? -1) !== would.removedBy[index])
      wrong.push(`candidate ${token.id}: removed by ${theirs.removedBy}, not ${would.removedBy[index]}`);
  });
  for (const { stage: index, nOut } of engine.stages) {
    const bounds = would.stages[index]?.nOut;
    if (bounds !== undefined && (nOut < bounds.low || nOut > bounds.high))
      wrong.push(`stage ${index} left ${nOut}, not ${bounds.low}–${bounds.high}`);
  }
  expect(wrong, where).toEqual([]);
}
