import { act, fireEvent, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { createRef } from "react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { asPosition, asRunId } from "../../base/brand";
import { aLoadedModel, aStep, aToken, FakeConnection } from "../../connection/fake-connection";
import { kWouldBeChanged, kWouldBeSame, kWouldBeUndetermined } from "../../connection/what-if-columns";
import type { Candidate, SamplerStage, StepDetail } from "../../protocol/types";
import { StudioContext } from "../../state/hooks";
import { Studio } from "../../state/studio";
import { Inspector } from "./inspector";

/** Shares of 8, 4, 2 and 1 of 15. */
const kWeights = [8, 4, 2, 1];
const kTexts = [" dog", " cat", " cow", " emu"];
const kRunChain: readonly SamplerStage[] = [
  { kind: "topK", parameters: { k: 4 } },
  { kind: "temperature", parameters: { temperature: 1 } },
  { kind: "distribution", parameters: { seed: 7 } },
];

const candidates: readonly Candidate[] = kWeights.map((weight, index) => ({
  token: aToken(index, kTexts[index] ?? ""),
  logit: Math.log(weight),
  rawLogprob: Math.log(weight / 15),
  finalProb: weight / 15,
  removedBy: undefined,
}));

/** “ cat” was drawn with 0.7: beyond the 8 of 15 of “ dog”. */
const drawn = aStep(1, " cat", {
  token: aToken(1, " cat"),
  candidates,
  nTop: 4,
  nFinal: 4,
  rank: 2,
  rawLogprob: Math.log(4 / 15),
  finalProb: 4 / 15,
  logSumExp: Math.log(15),
  tailMass: 0,
  draw: 0.7,
});

async function inspect(step: StepDetail = drawn, changes: { readonly nVocab?: number } = {}) {
  const server = new FakeConnection();
  const studio = new Studio(server);
  const record = studio.record(asRunId(1));
  await act(async () => {
    server.ready();
    server.models({ loaded: [aLoadedModel()] });
    server.started(1, { sampler: kRunChain, nVocab: 4, ...changes });
    server.steps(1, [aStep(0, "The", { isPrompt: true }), step]);
  });
  await act(async () => {
    render(
      <StudioContext value={studio}>
        <Inspector record={record} selected={asPosition(1)} panelRef={createRef()} />
      </StudioContext>,
    );
  });
  return { server, studio, person: userEvent.setup() };
}

const slide = (name: string, value: number) =>
  fireEvent.change(screen.getByLabelText(`${name}, slider`), { target: { value: String(value) } });
const button = (name: string | RegExp) => screen.getByRole("button", { name });
const row = (name: RegExp) => screen.getByRole("row", { name });
const rested = () => act(() => new Promise((resolve) => setTimeout(resolve, 150)));

beforeEach(() => {
  window.location.hash = "";
});

describe("someone who asks what other settings would have done", () => {
  it("finds the run's own numbers, and the usual ones that the run did not use, switched off", async () => {
    await inspect();
    const values = ["Top-k", "Temperature", "Top-p", "Min-p"].map(
      (name) => (screen.getByLabelText(name) as HTMLInputElement).value,
    );
    expect(values).toEqual(["4", "1", "1", "0"]);
  });

  it("reads at once which token would have come, and sees every candidate's share", async () => {
    await inspect();
    slide("Temperature", 0.5);
    // The squares 64, 16, 4 and 1 of 85: the draw falls on the first.
    expect(screen.getByText(/“␣dog” would have come instead of “␣cat”/).textContent).toContain(
      "“␣cat”: 26.7 % → 18.8 %.",
    );
    expect(within(row(/dog.*\(would have come\)/)).getByText("75.3 %")).toBeDefined();
  });

  it("sees what would have been cut", async () => {
    await inspect();
    slide("Top-p", 0.5);
    expect(screen.getByText(/“␣cat” would have been removed/)).toBeDefined();
    expect(within(row(/cat \(chosen\)/)).getByText("cut")).toBeDefined();
  });

  it("can type a number, and is told of one that can't be", async () => {
    const { person } = await inspect();
    const field = screen.getByLabelText("Top-k");
    await person.clear(field);
    await person.type(field, "1.5");
    expect(screen.getByText("A whole number from 0 upwards.")).toBeDefined();
    await person.clear(field);
    await person.type(field, "1");
    expect(screen.getByText(/“␣dog” would have come instead/)).toBeDefined();
  });

  it("sees bounds, and why, where too little was recorded", async () => {
    await inspect({ ...drawn, tailMass: 0.2, logSumExp: Math.log(15 / 0.8), draw: 0.2 }, { nVocab: 1000 });
    await act(async () => slide("Top-k", 0));
    slide("Top-p", 0.97);
    expect(screen.getByText(/top-p 0.97 reaches beyond the 4 recorded candidates/)).toBeDefined();
    expect(row(/cat \(chosen\)/).textContent).toMatch(/\d %–\d/);
  });

  it("learns what would have become of the whole run, and can go there", async () => {
    const { server, person } = await inspect();
    slide("Temperature", 0.5);
    await rested();
    expect(server.triedChains.at(-1)?.[1]).toEqual({ kind: "temperature", parameters: { temperature: 0.5 } });
    await act(async () =>
      server.whatIfPiece(
        [
          { position: 1, status: kWouldBeSame, token: 3 },
          { position: 2, status: kWouldBeChanged, token: 5 },
          { position: 3, status: kWouldBeUndetermined },
        ],
        [["The draw falls among tokens that were not recorded.", 1]],
      ),
    );
    expect(
      screen.getByText(
        "1 of 3 tokens would have come out differently, first at position 2. 1 can’t be told.",
      ),
    ).toBeDefined();
    expect(screen.getByText(/1 token: The draw falls among tokens/)).toBeDefined();
    expect(button("Previous difference").getAttribute("disabled")).not.toBeNull();
    await person.click(button("Next difference"));
    expect(window.location.hash).toBe("#/run/1/2");
    window.location.hash = "";
    await person.click(screen.getByText("Where"));
    await person.click(button(/^2.*would have been.*t5/));
    expect(window.location.hash).toBe("#/run/1/2");
  });

  it("can use the settings for the next run", async () => {
    const { studio, person } = await inspect();
    slide("Temperature", 0.5);
    await person.click(button("Use these settings for the next run"));
    expect(studio.draftRequests.take()?.sampler?.[1]?.parameters).toEqual({ temperature: 0.5 });
    expect(screen.getByText("The prompt’s settings are these now.")).toBeDefined();
  });

  it("gets back to how it was", async () => {
    const { studio, person } = await inspect();
    slide("Temperature", 0.5);
    await rested();
    expect(studio.whatIf.store.getState().trial).toBeDefined();
    await person.click(button("As in the run"));
    expect(screen.queryByText(/would have come/)).toBeNull();
    expect(studio.whatIf.store.getState().trial).toBeUndefined();
  });

  it("can have the most probable token taken", async () => {
    const { person } = await inspect();
    await person.click(screen.getByRole("radio", { name: "most probable" }));
    expect(screen.getByText(/“␣dog” would have come instead/)).toBeDefined();
  });

  it("is told that nothing was sampled at a token of the prompt", async () => {
    await inspect({ ...drawn, isPrompt: true });
    slide("Temperature", 0.5);
    expect(screen.getByText(/Nothing was sampled at this token/)).toBeDefined();
  });
});

describe("someone who wants another token in this place", () => {
  it("goes on from the tokens before it with the settings of the run", async () => {
    const { server, person } = await inspect();
    server.answer("startRun", { kind: "runQueued", run: asRunId(9), nAhead: 0 });
    await person.click(button("Go on with “␣cow” instead, in a branch"));
    const start = server.requests.find((request) => request.kind === "startRun");
    expect(start).toMatchObject({
      start: {
        fork: { run: 1, position: 1, tokens: [2] },
        sampler: undefined,
        seed: undefined,
      },
    });
    expect(window.location.hash).toBe("#/run/9");
  });

  it("is told why it could not be done", async () => {
    const { server, person } = await inspect();
    server.answer("startRun", { code: "WrongState", message: "The model is busy.", hint: undefined });
    await person.click(button("Go on with “␣cow” instead, in a branch"));
    expect(screen.getByRole("alert").textContent).toContain("The model is busy.");
  });

  it("is offered nothing when the model is gone", async () => {
    const { server } = await inspect();
    await act(async () => server.models({ loaded: [] }));
    expect(screen.queryByRole("button", { name: /instead, in a branch/ })).toBeNull();
  });
});

describe("remarks", () => {
  it("name a near tie, and an unlikely token", async () => {
    const tied = candidates.with(1, { ...(candidates[1] as Candidate), rawLogprob: Math.log(7.6 / 15) });
    await inspect({ ...drawn, candidates: tied, rawLogprob: Math.log(0.004), rank: 12 });
    expect(
      screen.getByText(/A near tie: the model held “␣dog” \(53.3 %\) and “␣cat” \(50.7 %\)/),
    ).toBeDefined();
    expect(
      screen.getByText(/An unlikely token: the model itself gave it 0.40 %, as its number 12/),
    ).toBeDefined();
  });
});

vi.setConfig({ testTimeout: 20_000 });
