import { act, render, screen, waitFor, within } from "@testing-library/react";
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

const kRecorded = { isRecorded: true };

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
  return { person: userEvent.setup(), server };
}

const links = () => screen.getAllByRole("link").map((link) => link.textContent);
const filterField = () => screen.getByRole("searchbox", { name: "Filter runs" });
const asked = (server: FakeConnection, kind: string) =>
  server.requests.filter((request) => request.kind === kind);

const kNames = ["cat", "dog", "cow", "owl", "fox", "elk"];
const six = (changes: Partial<RunSummary>) => kNames.map((name, index) => run(index + 1, name, changes));

describe("the list of runs", () => {
  it("has the newest first, with its state, and marks the one in sight", async () => {
    await open([run(1, "One"), run(2, "Two", { finished: false })]);
    expect(links()).toEqual(["Two1,200stories · running", "One1,200stories · finished"]);
    expect(screen.getByRole("link", { current: true }).textContent).toContain("Two");
    expect(screen.getByText("1 running")).toBeDefined();
  });

  it("calls a run by its title, and shows its tags and when it was asked for", async () => {
    const askedMs = Date.now() - 5 * 60_000 - 1000;
    await open([run(1, "Once upon", { title: "Dragons", tags: ["good"], askedMs })]);
    expect(links()).toEqual(["Dragons1,200stories · finished · 5 min agogood"]);
    const time = screen.getByText("5 min ago");
    expect(time.getAttribute("datetime")).toBe(new Date(askedMs).toISOString());
    expect(time.title).toMatch(/\d{4}.*\d{2}:\d{2}:\d{2}/);
  });

  it("says which runs the server's end cut off, which come from an earlier start, and why one is not recorded", async () => {
    await open([
      run(1, "One", { isInterrupted: true, isFromEarlierStart: true, isRecorded: true }),
      run(2, "Two", { notRecorded: "the disk is full" }),
    ]);
    expect(links()).toEqual([
      "Two1,200stories · finishednot recorded: the disk is full",
      "One1,200stories · interrupted · from an earlier startinterrupted: the server ended before the run did",
    ]);
  });

  it("is narrowed by what the rows show where nothing is recorded", async () => {
    const { person, server } = await open(six({}));
    await person.type(filterField(), "fox");
    expect(links()).toHaveLength(1);
    await person.type(filterField(), "es");
    expect(screen.getByText("No run matches “foxes”.")).toBeDefined();
    await person.keyboard("{Escape}");
    expect(links()).toHaveLength(6);
    expect(asked(server, "searchRuns")).toEqual([]);
  });

  it("says how the first run begins", async () => {
    await open([]);
    expect(screen.getByText(/None yet/)).toBeDefined();
  });
});

describe("someone who searches the recordings", () => {
  it("finds what no row shows, and runs too old for the list, asking once for all they typed", async () => {
    const { person, server } = await open(six(kRecorded));
    const old = run(77, "long ago", { ...kRecorded, note: "a dragon" });
    server.answer("searchRuns", { kind: "runList", runs: [old, run(4, "owl", kRecorded)] });
    await person.type(filterField(), "dragon");
    await waitFor(() => expect(links()).toHaveLength(2));
    expect(links()[0]).toContain("long ago");
    expect(asked(server, "searchRuns")).toEqual([{ kind: "searchRuns", text: "dragon", inGenerated: false }]);
  });

  it("is told where nothing was found, can look into what was generated, and gets all runs back", async () => {
    const { person, server } = await open(six(kRecorded));
    await person.type(filterField(), "dragon");
    expect(await screen.findByText(/No recorded run has “dragon” in its title, note, tags/)).toBeDefined();
    await person.click(screen.getByRole("switch", { name: "Also in the generated text" }));
    expect(await screen.findByText(/nor in what was generated/)).toBeDefined();
    expect(asked(server, "searchRuns").at(-1)).toMatchObject({ inGenerated: true });
    await person.click(screen.getByRole("button", { name: "Show all runs" }));
    expect(links()).toHaveLength(6);
  });

  it("sees no answer to what they had typed before", async () => {
    const { person, server } = await open(six(kRecorded));
    let answerLate: () => void = () => undefined;
    const late = new Promise<void>((resolve) => {
      answerLate = resolve;
    });
    const request = server.request.bind(server);
    server.request = async (question) => {
      const reply = await request(question);
      if (question.kind !== "searchRuns" || question.text !== "drag") return reply;
      await late;
      return { kind: "runList", runs: [run(9, "for drag", kRecorded)] };
    };
    await person.type(filterField(), "drag");
    await waitFor(() => expect(asked(server, "searchRuns")).toHaveLength(1));
    await person.type(filterField(), "on");
    await screen.findByText(/No recorded run has “dragon”/);
    await act(async () => answerLate());
    expect(screen.queryByText("for drag")).toBeNull();
    expect(screen.getByText(/No recorded run has “dragon”/)).toBeDefined();
  });

  it("reads why the search failed", async () => {
    const { person, server } = await open(six(kRecorded));
    server.answer("searchRuns", { code: "Internal", message: "The disk can’t be read.", hint: undefined });
    await person.type(filterField(), "dragon");
    expect((await screen.findByRole("alert")).textContent).toContain("The disk can’t be read.");
  });
});

describe("someone who renames a run in the list", () => {
  it("does it with F2 and Enter, and has the focus where it was", async () => {
    const { person, server } = await open([run(1, "Once upon", kRecorded)]);
    const link = screen.getByRole("link");
    link.focus();
    await person.keyboard("{F2}");
    const field = screen.getByRole("textbox", { name: "Title of run 1" });
    expect(document.activeElement).toBe(field);
    await person.keyboard(" Dragons {Enter}");
    expect(asked(server, "updateRun")).toEqual([{ kind: "updateRun", run: 1, label: { title: "Dragons" } }]);
    expect(within(link).getByText("Dragons")).toBeDefined();
    expect(document.activeElement).toBe(link);
  });

  it("takes it back with Escape", async () => {
    const { person, server } = await open([run(1, "Once upon", kRecorded)]);
    await person.dblClick(screen.getByRole("link"));
    await person.keyboard("No{Escape}");
    expect(screen.queryByRole("textbox")).toBeNull();
    expect(asked(server, "updateRun")).toEqual([]);
  });

  it("reads why it was not kept", async () => {
    const { person, server } = await open([run(1, "Once upon", kRecorded)]);
    server.answer("updateRun", {
      code: "TooLarge",
      message: "A title may have 1000 bytes.",
      hint: undefined,
    });
    screen.getByRole("link").focus();
    await person.keyboard("{F2}Long{Enter}");
    expect(screen.getByRole("alert").textContent).toContain("A title may have 1000 bytes.");
  });

  it("can’t where the run is not recorded", async () => {
    const { person } = await open([run(1, "Once upon")]);
    screen.getByRole("link").focus();
    await person.keyboard("{F2}");
    expect(screen.queryByRole("textbox")).toBeNull();
  });
});
