import { act, screen, within } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";
import { asPosition, asRunId } from "../../base/brand";
import { aStep, aToken } from "../../connection/fake-connection";
import type { RunsCompared } from "../../protocol/debug-types";
import { useRoute } from "../../state/route";
import { BranchesView } from "./branches/branches-view";
import { OriginBar } from "./origin-bar";
import { aChoice, aSummary, kRun, open, requestsOf } from "./testing";

beforeEach(() => {
  window.location.hash = "";
});

const button = (name: string | RegExp) => screen.getByRole("button", { name });
const kEnd = {
  reason: "limit",
  error: undefined,
  nPrompt: 1,
  nGenerated: 2,
  stopString: undefined,
  promptMs: 1,
  generateMs: 1,
  sumLogprob: -1,
  promptSumLogprob: undefined,
  nPromptScored: 0,
} as const;

function Address() {
  const { run, position } = useRoute();
  return <output>{`${run}/${position}`}</output>;
}

describe("someone who looks at the branches of a run", () => {
  async function withBranches() {
    const opened = await open((studio) => (
      <>
        <BranchesView record={studio.record(kRun)} />
        <Address />
      </>
    ));
    const { server, studio } = opened;
    const branch = { parent: kRun, forkPosition: asPosition(2) };
    const runs = [
      aSummary(1, { reason: "limit" }),
      aSummary(2, { ...branch, reason: "endOfText" }),
      aSummary(9),
    ];
    server.answer("listRuns", { kind: "runList", runs });
    await act(async () => studio.refreshRuns());
    // The page does not look at the branch: its step is fetched for the tree alone.
    await act(async () => {
      server.started(2);
      server.steps(2, [
        aStep(0, "The"),
        aStep(1, " old"),
        aChoice(2, { token: aToken(1, " dog"), rawLogprob: Math.log(0.5) }),
      ]);
    });
    return opened;
  }
  const items = () => screen.getAllByRole("treeitem").map((one) => one.getAttribute("aria-label"));

  it("sees each as the token that differs, with how much likelier it was, and how each ended", async () => {
    const { server } = await withBranches();
    await screen.findByText("Δ log p +0.69");
    expect(items()).toEqual([
      "Run 1: prompt 1; token limit",
      "Run 2 at position 2: “␣dog”, Δ log p +0.69; ended by itself",
    ]);
    expect([...server.followed]).toEqual([1]);
  });

  it("walks the tree by keys, and opens a run where it branches off", async () => {
    const { person } = await withBranches();
    screen.getByRole("tree").focus();
    await person.keyboard("{ArrowRight}{Enter}");
    expect(screen.getByText("2/2")).toBeDefined();
    await person.keyboard("{ArrowLeft}{Enter}");
    expect(screen.getByText("1/undefined")).toBeDefined();
  });

  it("has a run that has ended verified by a replay of all its tokens", async () => {
    const { server, studio, person } = await withBranches();
    expect(button(/Verify run 1/).hasAttribute("disabled")).toBe(true);
    await act(async () => server.phase(1, { kind: "finished", finished: kEnd }));
    await act(async () => studio.debugSettings.keepWatch({ id: 0, word: "owl", labels: {} }));
    await person.click(button(/Verify run 1/));
    expect(requestsOf(server, "startRun")[0]?.start.watches).toBeUndefined();
    expect(requestsOf(server, "startRun")[0]?.start.fork).toEqual({
      run: 1,
      position: 3,
      replay: true,
      tokens: undefined,
      text: undefined,
    });
  });
});

describe("someone who looks at a branch", () => {
  it("reads where it comes from, and goes back there", async () => {
    const { server, studio } = await open((one) => <OriginBar record={one.record(kRun)} />);
    server.answer("listRuns", { kind: "runList", runs: [aSummary(7)] });
    await act(async () => {
      await studio.refreshRuns();
      server.started(1, { parent: asRunId(7), forkPosition: asPosition(2) });
    });
    const bar = within(screen.getByRole("region", { name: "Branch" }));
    expect(bar.getByRole("link").getAttribute("href")).toBe("#/run/7/2");
    expect(screen.getByText(/from position 2 on/).textContent).toContain("run 7, “prompt 7”");
  });
});

describe("someone who verifies a run by a replay", () => {
  async function replayed(compared: Partial<RunsCompared>) {
    const opened = await open((one) => <OriginBar record={one.record(kRun)} />);
    opened.server.answer("compareRuns", {
      kind: "runsCompared",
      compared: {
        verdict: "identical",
        nCompared: 2,
        nIdentical: 2,
        firstDifference: undefined,
        firstOtherToken: undefined,
        maxLogitDifference: 0,
        words: "Both runs are the same.",
        reasons: [],
        ...compared,
      },
    });
    await act(async () => opened.server.started(1, { parent: asRunId(7), isReplay: true }));
    expect(requestsOf(opened.server, "compareRuns")).toEqual([]);
    await act(async () => opened.server.phase(1, { kind: "finished", finished: kEnd }));
    return opened;
  }

  it("reads that it is the same to the last bit", async () => {
    const { server } = await replayed({});
    expect(await screen.findByText("Identical, to the last bit.")).toBeDefined();
    expect(requestsOf(server, "compareRuns")).toEqual([{ kind: "compareRuns", run: 1, other: 7 }]);
  });

  it("is led to the first difference, and reads what may explain it", async () => {
    await replayed({
      verdict: "different",
      nIdentical: 1,
      firstDifference: asPosition(2),
      maxLogitDifference: 0.5,
      reasons: ["Another number of threads."],
    });
    expect(await screen.findByText("Different.")).toBeDefined();
    expect(screen.getByRole("link", { name: "position 2" }).getAttribute("href")).toBe("#/run/1/2");
    expect(
      within(screen.getByRole("list", { name: "What may explain it" })).getByText(
        "Another number of threads.",
      ),
    ).toBeDefined();
  });
});
