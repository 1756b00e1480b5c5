import { act, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { createRef } from "react";
import { describe, expect, it } from "vitest";
import { asPosition, asRunId } from "../../base/brand";
import { aLoadedModel, aStep, aToken, FakeConnection } from "../../connection/fake-connection";
import type { Candidate, StageTrace, StepDetail } from "../../protocol/types";
import { StudioContext } from "../../state/hooks";
import { Studio } from "../../state/studio";
import { Inspector } from "./inspector";

function candidate(id: number, text: string, p: number, changes: Partial<Candidate> = {}): Candidate {
  const token = { id, bytes: new TextEncoder().encode(text), kind: "normal", isText: true } as const;
  return {
    token,
    logit: 10 - id,
    rawLogprob: Math.log(p),
    finalProb: undefined,
    removedBy: undefined,
    ...changes,
  };
}

function stage(index: number, changes: Partial<StageTrace> = {}): StageTrace {
  return {
    stage: index,
    kind: "topK",
    nIn: 40,
    nOut: 40,
    massRemoved: 0,
    entropyBefore: 2,
    entropyAfter: 2,
    topBefore: 1,
    topAfter: 1,
    removedTop: false,
    changed: true,
    selected: undefined,
    value: undefined,
    ...changes,
  };
}

async function inspect(step: StepDetail, selected = 1) {
  const server = new FakeConnection();
  const studio = new Studio(server);
  const record = studio.record(asRunId(1));
  act(() => {
    server.started(1);
    server.steps(1, [aStep(0, "The"), { ...step, position: asPosition(1) }]);
  });
  await act(async () => {
    render(
      <StudioContext value={studio}>
        <Inspector record={record} selected={asPosition(selected)} panelRef={createRef()} />
      </StudioContext>,
    );
  });
  return { server, studio, person: userEvent.setup() };
}

/** The same, with a server whose model can go on. */
async function connected(step: StepDetail, selected = 1) {
  const opened = await inspect(step, selected);
  await act(async () => {
    opened.server.models({ loaded: [aLoadedModel()] });
    opened.server.ready();
  });
  return opened;
}

const forks = (server: FakeConnection) =>
  server.requests.flatMap((one) => (one.kind === "startRun" ? [one.start] : []));

const chosen = candidate(2, " cat", 0.3, { finalProb: 0.6 });
const first = candidate(1, " dog", 0.5, { finalProb: 0.4 });
const sampled = aStep(1, " cat", {
  candidates: [first, chosen, candidate(3, " cow", 0.1, { removedBy: 1 })],
  nTop: 3,
  nFinal: 2,
  finalProb: 0.6,
  tailMass: 0.1,
  token: chosen.token,
  stages: [stage(0, { changed: false }), stage(2, { kind: "distribution", nIn: 2, nOut: 2, selected: 2 })],
});

const fact = (name: string) =>
  screen.getByText(name, { selector: "dt" }).parentElement?.textContent?.replace(" ?", "");
const verdict = () =>
  screen.getByText((_, element) => element?.tagName === "P" && element.querySelector("b") !== null);

describe("someone who asks why a token was chosen", () => {
  it("reads its bytes, logit, probabilities, rank and entropy", async () => {
    await inspect(sampled);
    expect(fact("bytes")).toBe("bytes20 63 61 74");
    expect(fact("logit")).toBe("logit12.500");
    expect(fact("raw p")).toBe("raw p41.0 %");
    expect(fact("final p")).toBe("final p60.0 %");
    expect(fact("rank")).toBe("rank1 of 512");
    expect(fact("entropy")).toBe("entropy2.10 bits");
  });

  it("reads that a random draw decided, and that the first choice was still there", async () => {
    await inspect(sampled);
    expect(verdict().textContent?.replaceAll("\u00a0", " ")).toBe(
      "Random draw decided among 2 candidates; “␣cat” had 60.0 % of the final distribution. The model’s first choice, “␣dog” (40.0 %), was still available.",
    );
  });

  it("reads which stage had removed the model's first choice", async () => {
    const removed = { ...first, finalProb: undefined, removedBy: 1 };
    await inspect({ ...sampled, candidates: [removed, chosen], nTop: 2 });
    expect(verdict().textContent).toContain("“␣dog”, had been removed by top-p.");
  });

  it("reads that there was no choice when one candidate was left", async () => {
    await inspect({ ...sampled, nFinal: 1 });
    expect(verdict().textContent).toContain("had no choice");
  });

  it("sees of every removed candidate which stage removed it, and no probability", async () => {
    await inspect(sampled);
    const row = screen.getByRole("row", { name: /cow/ });
    expect(within(row).getByText("cut by top-p")).toBeDefined();
  });

  it("finds the chosen one marked by more than colour", async () => {
    await inspect(sampled);
    expect(screen.getByRole("row", { name: /cat \(chosen\)/ })).toBeDefined();
  });

  it("sees what the rest of the vocabulary weighs", async () => {
    await inspect(sampled);
    const row = screen.getByRole("row", { name: /509 others/ });
    expect(row.textContent).toContain("10.0 %");
  });

  it("follows the chosen token and the model's first choice through the stages", async () => {
    const removed = { ...first, finalProb: undefined, removedBy: 0 };
    await inspect({ ...sampled, candidates: [removed, chosen], nTop: 2, draw: 0.25 });
    const words = (name: RegExp) =>
      within(screen.getByRole("row", { name }))
        .getAllByRole("cell")
        .slice(3)
        .map((cell) => cell.textContent);
    expect(words(/^top-k/)).toEqual(["still there", "✕removed"]);
    expect(words(/^random draw/)).toEqual(["▸chosen", "not any more"]);
    expect(screen.getByText("the number drawn was 0.2500")).toBeDefined();
  });

  it("sees what every sampler stage did, or that it did nothing", async () => {
    await inspect(sampled);
    expect(screen.getByRole("row", { name: /top-k 40/i }).textContent).toContain("100.0 %");
    expect(screen.getByText("changed nothing")).toBeDefined();
  });
});

describe("someone who looks at a token without a prediction", () => {
  it("reads that values are missing and why, never zero", async () => {
    const none = {
      logit: undefined,
      rawLogprob: undefined,
      finalProb: undefined,
      rank: undefined,
      entropy: undefined,
    };
    await inspect(aStep(1, "a", { ...none, isPrompt: true, tailMass: undefined }));
    expect(fact("raw p")).toBe("raw p—not recorded");
    expect(fact("final p")).toBe("final p—not sampled");
    expect(screen.getByText("No candidates were recorded for this token.")).toBeDefined();
  });

  it("is told of logits that are not finite", async () => {
    await inspect(aStep(1, "a", { nNonFinite: 512 }));
    expect(screen.getByRole("alert").textContent).toContain("512 logits");
  });
});

describe("someone who wants to go on from a token otherwise", () => {
  const button = (name: string | RegExp) => screen.getByRole("button", { name });

  it("goes on with another candidate in a branch, with all else as it was", async () => {
    const { server, person } = await connected(sampled);
    await person.click(button("Go on with “␣dog” instead, in a branch"));
    expect(forks(server)).toMatchObject([
      { fork: { run: 1, position: 1, tokens: [1] }, startPaused: false, sampler: undefined, seed: undefined },
    ]);
  });

  it("stands before it again", async () => {
    const { server, person } = await connected(sampled);
    await person.click(button("Stand here again"));
    expect(forks(server)).toMatchObject([{ fork: { position: 1, tokens: undefined }, startPaused: true }]);
  });

  it("types a text, or another seed", async () => {
    const { server, person } = await connected(sampled);
    await person.click(button("Branch with …"));
    await person.type(screen.getByLabelText("A text here"), " and\\n");
    await person.click(button("Branch with the text"));
    await person.type(screen.getByLabelText("Another seed from here"), "12");
    await person.click(button("Branch with the seed"));
    expect(forks(server)).toMatchObject([{ fork: { position: 1, text: " and\n" } }, { seed: 12 }]);
  });

  it("uses the settings that are tried", async () => {
    const { server, person } = await connected(sampled);
    await person.click(screen.getByLabelText("most probable"));
    await person.click(button("Branch from here with these settings"));
    const [start] = forks(server);
    expect(start?.sampler?.at(-1)?.kind).toBe("greedy");
    expect(start?.fork?.position).toBe(1);
  });

  it("reads why it can't, when the model is not loaded", async () => {
    const { server } = await connected(sampled);
    await act(async () => server.models({ loaded: [] }));
    expect(screen.getByText(/^Load stories.gguf first/)).toBeDefined();
    expect(screen.queryByRole("button", { name: /in a branch/ })).toBeNull();
  });

  it("makes breakpoints and watches of it", async () => {
    const { studio, person } = await connected(sampled);
    await person.click(button("Watch for …"));
    await person.click(button("Stop at every “␣cat”"));
    await person.click(button(/Stop at surprises like this \(raw probability below 50.0 %\)/));
    await person.click(button("Follow the probability of “␣cat”"));
    const { breakpoints, watches } = studio.debugSettings.store.getState();
    expect(breakpoints.map(({ conditions }) => conditions)).toEqual([
      [{ kind: "tokenIs", ids: [2] }],
      [{ kind: "rawProbBelow", threshold: 0.5 }],
    ]);
    expect(watches).toMatchObject([{ ids: [2], labels: { 2: " cat" } }]);
  });

  it("sees the token that waits explained, and puts another in its place without a branch", async () => {
    const { server, person } = await connected(sampled, 2);
    await act(async () => server.stopped(1, { ...sampled, position: asPosition(2) }));
    expect(screen.getByText("chosen · not yet accepted")).toBeDefined();
    await person.click(button("Put “␣dog” here instead"));
    expect(server.requests.at(-1)).toEqual({ kind: "forceToken", run: 1, id: 1 });
  });
});

describe("someone who follows a word", () => {
  it("reads what each step gave it, and says so where that was not recorded", async () => {
    const watched = [
      { rawProb: 0.25, best: 7, bestRank: 3 },
      { rawProb: undefined, best: undefined, bestRank: undefined },
    ];
    const { server } = await inspect({ ...sampled, watched });
    const watches = [
      { id: 1, word: "owl", tokens: [aToken(7, " owl")] },
      { id: 2, ids: [9] },
    ];
    await act(async () => server.events(1, { kind: "watches", watches, from: asPosition(0) }));
    // Any change of the run draws the inspector anew.
    await act(async () => server.stopped(1, { ...sampled, position: asPosition(2) }));
    const rowOf = (name: RegExp) => screen.getByRole("row", { name }).textContent;
    expect(rowOf(/^“owl”/)).toBe("“owl”25.0 %3␣owl");
    expect(rowOf(/^token 9/)).toContain("not recorded");
  });
});
