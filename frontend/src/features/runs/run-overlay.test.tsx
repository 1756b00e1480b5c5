import { act, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { asModelId, asRunId, type RunId } from "../../base/brand";
import { FakeConnection } from "../../connection/fake-connection";
import type { RunSummary } from "../../protocol/types";
import { StudioContext } from "../../state/hooks";
import { closeOverlay, useRoute } from "../../state/route";
import { Studio } from "../../state/studio";
import { RunOverlay } from "./run-overlay";
import { RunPanel } from "./run-panel";

const aRun = (changes: Partial<RunSummary> = {}): RunSummary => ({
  run: asRunId(3),
  model: asModelId(1),
  modelName: "stories",
  lastSeq: 4,
  nGenerated: 12,
  finished: true,
  paused: false,
  prompt: "Once upon",
  isRecorded: true,
  ...changes,
});

const kOther = aRun({ run: asRunId(4), prompt: "Another", tags: ["good"] });

/** The part of the page that this is about, as the address has it. */
function Page() {
  const { run, overlay } = useRoute();
  return (
    <>
      <RunPanel current={run} />
      {overlay?.kind === "run" && (
        <RunOverlay key={overlay.part} run={overlay.run} part={overlay.part} onClose={closeOverlay} />
      )}
    </>
  );
}

async function open(summary: RunSummary, inSight: RunId = summary.run) {
  window.location.hash = `#/run/${inSight}`;
  const server = new FakeConnection();
  server.answer("listRuns", { kind: "runList", runs: [summary, kOther] });
  const studio = new Studio(server);
  studio.record(inSight);
  render(
    <StudioContext value={studio}>
      <Page />
    </StudioContext>,
  );
  await act(async () => server.ready());
  const person = userEvent.setup();
  const opener = screen.getByRole("button", { name: /About run 3/ });
  await person.click(opener);
  return { server, person, opener };
}

const labels = (server: FakeConnection) =>
  server.requests.flatMap((request) => (request.kind === "updateRun" ? [request.label] : []));
const button = (name: string | RegExp) => screen.getByRole("button", { name });

describe("someone who keeps notes about a run", () => {
  it("begins at the title, which is kept with Enter, and is back where they were", async () => {
    const { server, person, opener } = await open(aRun());
    expect(document.activeElement).toBe(screen.getByRole("textbox", { name: "Title" }));
    await person.keyboard("Dragons{Enter}");
    expect(screen.queryByRole("dialog")).toBeNull();
    expect(labels(server)).toEqual([{ title: "Dragons" }]);
    expect(screen.getByRole("link", { name: /Dragons/ })).toBeDefined();
    expect(document.activeElement).toBe(opener);
  });

  it("writes a note, which is kept when the view is closed with Escape", async () => {
    const { server, person } = await open(aRun({ note: "Old. " }));
    await person.type(screen.getByRole("textbox", { name: "Note" }), "New.");
    await person.keyboard("{Escape}");
    expect(screen.queryByRole("dialog")).toBeNull();
    expect(labels(server)).toEqual([{ note: "Old. New." }]);
  });

  it("adds and removes tags, and is offered those of other runs", async () => {
    const { server, person } = await open(aRun({ tags: ["bad"] }));
    const field = screen.getByRole("combobox", { name: "Tags" });
    const known = document.querySelectorAll("datalist option");
    expect([...known].map((option) => option.getAttribute("value"))).toEqual(["good"]);
    await person.type(field, "slow{Enter}");
    await person.click(button("Remove the tag bad"));
    expect(document.activeElement).toBe(field);
    await person.click(button("Remove the tag slow"));
    expect(labels(server)).toEqual([{ tags: ["bad", "slow"] }, { tags: ["slow"] }, { tags: [] }]);
  });

  it("does not lose what the server refused without being told", async () => {
    const { server, person } = await open(aRun());
    server.answer("updateRun", { code: "TooLarge", message: "A note may have less.", hint: undefined });
    await person.type(screen.getByRole("textbox", { name: "Note" }), "Long");
    await person.keyboard("{Escape}");
    expect(screen.getByRole("alert").textContent).toContain("A note may have less.");
    server.answer("updateRun", { kind: "ok" });
    await person.click(button("Try again"));
    expect(screen.queryByRole("alert")).toBeNull();
    expect(screen.getByText("Everything is saved.")).toBeDefined();
  });

  it("reads why that can’t be where the run is not recorded", async () => {
    await open(aRun({ isRecorded: false }));
    expect(screen.getByText(/It is not recorded/)).toBeDefined();
    expect(screen.queryByRole("textbox")).toBeNull();
    expect(screen.queryByRole("button", { name: "Delete …" })).toBeNull();
  });
});

describe("someone who deletes a run", () => {
  it("is asked first, told that nothing undoes it, and can keep it", async () => {
    const { server, person, opener } = await open(aRun());
    await person.click(button("Delete …"));
    expect(screen.getByRole("dialog", { name: "Delete run 3?" }).textContent).toContain(
      "This can’t be undone.",
    );
    expect(document.activeElement).toBe(button("Keep it"));
    await person.keyboard("{Enter}");
    expect(screen.queryByRole("dialog")).toBeNull();
    expect(server.requests.some(({ kind }) => kind === "deleteRun")).toBe(false);
    expect(document.activeElement).toBe(opener);
  });

  it("leaves the run if it was in sight, and finds the focus in the list", async () => {
    const { server, person } = await open(aRun());
    await person.click(button("Delete …"));
    await person.click(button("Delete for good"));
    expect(server.requests).toContainEqual({ kind: "deleteRun", run: 3 });
    expect(window.location.hash).toBe("#/");
    expect(server.followed.has(asRunId(3))).toBe(false);
    expect(screen.getAllByRole("link")).toHaveLength(1);
    expect(document.activeElement).toBe(screen.getByRole("list", { name: /Runs/ }));
  });

  it("stays with another run that is in sight", async () => {
    const { server, person } = await open(aRun(), kOther.run);
    await person.click(button("Delete …"));
    await person.click(button("Delete for good"));
    expect(window.location.hash).toBe("#/run/4");
    expect(server.followed.has(kOther.run)).toBe(true);
  });

  it("reads why the server would not, and still has the run", async () => {
    const { server, person } = await open(aRun());
    server.answer("deleteRun", { code: "WrongState", message: "Run 3 is going on.", hint: "Stop it first." });
    await person.click(button("Delete …"));
    await person.click(button("Delete for good"));
    expect(screen.getByRole("alert").textContent).toContain("Run 3 is going on.");
    expect(server.followed.has(asRunId(3))).toBe(true);
    expect(screen.getByRole("link", { name: /Once upon/ })).toBeDefined();
  });

  it("is not offered it while the run goes on", async () => {
    await open(aRun({ finished: false }));
    expect(screen.getByText("Can be deleted once it has ended.")).toBeDefined();
    expect(screen.queryByRole("button", { name: "Delete …" })).toBeNull();
  });
});

describe("someone who wants a run as a file", () => {
  it("finds a link for each kind of file", async () => {
    await open(aRun());
    const list = screen.getByRole("list", { name: "Export as a file" });
    const links = within(list).getAllByRole("link");
    expect(links.map((link) => [link.textContent, link.getAttribute("href")])).toEqual([
      ["Page", "/export/3.html"],
      ["Recording", "/export/3.inferno"],
      ["JSON Lines", "/export/3.jsonl"],
      ["CSV", "/export/3.csv"],
    ]);
  });

  it.each([{ finished: false }, { isRecorded: false }])("is offered none with %o", async (changes) => {
    await open(aRun(changes));
    expect(screen.queryByRole("list", { name: "Export as a file" })).toBeNull();
  });
});
