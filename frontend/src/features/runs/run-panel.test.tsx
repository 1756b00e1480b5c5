import { act, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { asModelId, asRunId } from "../../base/brand";
import { FakeConnection } from "../../connection/fake-connection";
import type { RunSummary } from "../../protocol/types";
import { StudioContext } from "../../state/hooks";
import { Studio } from "../../state/studio";
import { RunPanel } from "./run-panel";

const run = (id: number, prompt: string, changes: Partial<RunSummary> = {}) => ({
  run: asRunId(id),
  model: asModelId(1),
  modelName: "stories",
  lastSeq: 4,
  nGenerated: 1200,
  finished: true,
  paused: false,
  prompt,
  ...changes,
});

async function open(runs: readonly RunSummary[]) {
  const server = new FakeConnection();
  const studio = new Studio(server);
  server.answer("listRuns", { kind: "runList", runs });
  render(
    <StudioContext value={studio}>
      <RunPanel current={asRunId(2)} />
    </StudioContext>,
  );
  expect(screen.getByText("Shown when the server is connected.")).toBeDefined();
  await act(async () => server.ready());
  return userEvent.setup();
}

const links = () => screen.getAllByRole("link").map((link) => link.textContent);

describe("the list of runs", () => {
  it("has the newest first, with its state, and marks the one in sight", async () => {
    await open([run(1, "One"), run(2, "Two", { finished: false })]);
    expect(links()).toEqual(["Two1,200stories · running", "One1,200stories · finished"]);
    expect(screen.getByRole("link", { current: true }).textContent).toContain("Two");
    expect(screen.getByText("1 running")).toBeDefined();
  });

  it("is narrowed by what the rows show", async () => {
    const names = ["cat", "dog", "cow", "owl", "fox", "elk"];
    const person = await open(names.map((name, index) => run(index + 1, name, { paused: index === 0 })));
    await person.type(screen.getByRole("searchbox", { name: "Filter runs" }), "fox");
    expect(links()).toHaveLength(1);
    await person.type(screen.getByRole("searchbox", { name: "Filter runs" }), "es");
    expect(screen.getByText("No run matches “foxes”.")).toBeDefined();
    await person.keyboard("{Escape}");
    expect(links()).toHaveLength(6);
  });

  it("says how the first run begins", async () => {
    await open([]);
    expect(screen.getByText(/None yet/)).toBeDefined();
  });
});
