import { act, screen, within } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";
import { asPosition } from "../../../base/brand";
import { aStep, aToken, type FakeConnection } from "../../../connection/fake-connection";
import type { TreeNode } from "../../../protocol/debug-types";
import { kRun, open, requestsOf } from "../testing";
import { ExploreView } from "./explore-view";
import { TreeView } from "./tree-view";

beforeEach(() => {
  window.location.hash = "";
});

const step = (id: number, text: string, p: number) =>
  aStep(2, text, { token: aToken(id, text), rawLogprob: Math.log(p) });
const kExplored = {
  branches: [
    { steps: [step(1, " dog", 0.5), step(4, " ran", 0.4)], sumLogprob: -1.61, endOfText: true },
    { steps: [step(2, " cat", 0.25), step(5, " sat", 0.9)], sumLogprob: -1.49, endOfText: false },
  ],
  prefixMs: 1,
  decodeMs: 2,
};

const button = (name: string | RegExp) => screen.getByRole("button", { name });

describe("someone who explores what could come", () => {
  async function explored(selected: number | undefined = 2) {
    const position = selected === undefined ? undefined : asPosition(selected);
    return open((studio) => {
      (studio.connection as FakeConnection).answer("explore", { kind: "explored", explored: kExplored });
      return <ExploreView record={studio.record(kRun)} selected={position} />;
    });
  }

  it("sees the likeliest continuations from the selected token on, at once", async () => {
    const { server } = await explored();
    expect(requestsOf(server, "explore")[0]?.explore).toEqual({
      run: 1,
      position: 2,
      nBranches: 8,
      nTokens: 20,
      sampled: false,
    });
    const rows = (await screen.findAllByRole("row")).slice(1).map((row) => row.textContent);
    expect(rows[0]).toContain("50.0 %−1.61 dog ran■ ends");
    expect(rows[1]).toContain("25.0 %−1.49 cat sat");
  });

  it("explores behind the newest token where none is selected", async () => {
    const { server } = await open((studio) => (
      <ExploreView record={studio.record(kRun)} selected={undefined} />
    ));
    expect(requestsOf(server, "explore")[0]?.explore.position).toBe(3);
  });

  it("makes a branch of a whole continuation, or up to a token", async () => {
    const { server, person } = await explored();
    await screen.findAllByRole("row");
    await person.click(button("Make it a branch: continuation 2"));
    await person.click(button(/“␣dog”/));
    expect(requestsOf(server, "startRun").map(({ start }) => start.fork)).toEqual([
      { run: 1, position: 2, tokens: [2, 5], text: undefined, replay: undefined },
      { run: 1, position: 2, tokens: [1], text: undefined, replay: undefined },
    ]);
  });

  it("goes from token to token by the arrow keys, with one tab stop for all", async () => {
    const { person } = await explored();
    await screen.findAllByRole("row");
    button(/“␣dog”/).focus();
    await person.keyboard("{ArrowDown}{ArrowRight}");
    expect(document.activeElement?.textContent).toBe(" sat");
    const stops = screen
      .getAllByRole("button")
      .filter((one) => one.hasAttribute("data-place") && one.tabIndex === 0);
    expect(stops.map((one) => one.textContent)).toEqual([" sat"]);
  });

  it("asks for more, longer and sampled ones; a number that is none is not asked", async () => {
    const { server, person } = await explored();
    const branches = screen.getByLabelText("Branches");
    await person.clear(branches);
    await person.type(branches, "99");
    expect(button(/Explore from/).hasAttribute("disabled")).toBe(true);
    await person.clear(branches);
    await person.type(branches, "3");
    await person.click(screen.getByLabelText("sampled"));
    await person.click(button("Explore from position 2"));
    expect(requestsOf(server, "explore").at(-1)?.explore).toMatchObject({ nBranches: 3, sampled: true });
  });

  it("reads why there is nothing", async () => {
    const { server, person } = await explored();
    server.answer("explore", { code: "WrongState", message: "The model is busy.", hint: "Pause its run." });
    await person.click(button(/Explore from/));
    expect((await screen.findByRole("alert")).textContent).toContain("Pause its run.");
  });
});

function node(id: number, text: string, p: number, path: number, parent?: number): TreeNode {
  return {
    parent,
    token: aToken(id, text),
    rawLogprob: Math.log(p),
    pathLogprob: Math.log(path),
    rank: 1,
    entropy: 1.5,
    childrenMass: 0.9,
    endOfText: false,
  };
}

describe("someone who looks at the probability tree", () => {
  async function grown(complete = true) {
    const nodes = [
      node(1, " dog", 0.5, 0.5),
      node(2, " cat", 0.25, 0.25),
      node(3, " ran", 0.8, 0.4, 0),
      node(4, " off", 0.5, 0.2, 2),
      node(5, " away", 0.25, 0.1, 2),
    ];
    const tree = { nodes, rootEntropy: 2, rootMass: 0.75, complete, nDecoded: 4, ms: 3 };
    return open((studio) => {
      (studio.connection as FakeConnection).answer("expandTree", { kind: "tree", tree });
      return <TreeView record={studio.record(kRun)} selected={asPosition(2)} />;
    });
  }
  const labels = () => screen.getAllByRole("treeitem").map((one) => one.getAttribute("aria-label"));

  it("sees paths with their probabilities, and what follows without a choice as one", async () => {
    const { server } = await grown();
    expect(labels()).toEqual([
      "“␣dog␣ran”, path 40.0 %",
      "“␣off”, path 20.0 %",
      "“␣away”, path 10.0 %",
      "“␣cat”, path 25.0 %",
    ]);
    expect(requestsOf(server, "expandTree")[0]?.expand).toMatchObject({ position: 2, minProb: 0.01 });
  });

  it("walks it by keys, and makes a branch of a path", async () => {
    const { server, person } = await grown();
    screen.getByRole("tree").focus();
    await person.keyboard("{ArrowRight}{ArrowDown}{Enter}");
    expect(requestsOf(server, "startRun")[0]?.start.fork).toMatchObject({ position: 2, tokens: [1, 3, 5] });
  });

  it("sees the same as a table, the likeliest path first", async () => {
    const { person } = await grown();
    await person.click(screen.getByLabelText("table"));
    const table = within(screen.getByRole("table", { name: "Probable continuations" }));
    const first = table.getAllByRole("row").find((row) => row.getAttribute("aria-rowindex") === "2");
    expect(first?.textContent).toContain("␣dog50.0 %50.0 %");
  });

  it("is told when the tree is not complete", async () => {
    await grown(false);
    expect(screen.getByText(/bound met: there are more/)).toBeDefined();
  });

  it("can do nothing without a connection, and reads so", async () => {
    const { server } = await grown();
    await act(async () => server.state({ kind: "waiting", attempt: 1, retryInMs: 100 }));
    expect(screen.getByText(/Waiting for the server/, { selector: "[role=status]" })).toBeDefined();
  });
});
