import { act, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it } from "vitest";
import { asModelId, asRunId } from "../base/brand";
import { aLoadedModel, aStep, FakeConnection } from "../connection/fake-connection";
import type { RunPhase } from "../protocol/types";
import { createPreferences } from "../state/preferences";
import { Studio } from "../state/studio";
import { App } from "./app";
// The page fetches these when they are first needed; a test has not the time.
import "../features/inspector/inspector";
import "../features/palette/palette";
import "../features/runs/run-overlay";
import "../features/settings/settings";
import "../features/shortcuts/shortcut-overview";
import "../features/stream/run-view";
import "../features/timeline/timeline";

function open(hash = "") {
  window.location.hash = hash;
  const server = new FakeConnection();
  const studio = new Studio(server);
  render(<App studio={studio} preferences={createPreferences(window.localStorage)} />);
  return { server, person: userEvent.setup() };
}

async function openReady(hash = "") {
  const opened = open(hash);
  await act(async () => opened.server.ready());
  return opened;
}

const kFinished: RunPhase = {
  kind: "finished",
  finished: {
    reason: "endOfText",
    error: undefined,
    nPrompt: 1,
    nGenerated: 2,
    stopString: undefined,
    promptMs: 1,
    generateMs: 10,
    sumLogprob: -1,
    promptSumLogprob: undefined,
    nPromptScored: 0,
  },
};

const button = (name: string | RegExp) => screen.getByRole("button", { name });

describe("someone who opens the page", () => {
  it("is told what to do first", async () => {
    await openReady();
    expect(screen.getByText(/Load a model: choose a GGUF file/)).toBeDefined();
    expect(screen.getByText("Load a model first.")).toBeDefined();
    expect(button("Run").getAttribute("disabled")).not.toBeNull();
  });

  it("has the demo model offered, and loads it with one click", async () => {
    const { server, person } = await openReady();
    await act(async () =>
      server.models({ files: [{ path: "/m/demo.gguf", name: "demo.gguf", sizeBytes: 5 }] }),
    );
    await person.click(button("Load the small demo model"));
    expect(server.requests).toContainEqual({ kind: "loadModel", path: "/m/demo.gguf", options: undefined });
  });

  it("learns that the server is gone, and can try at once", async () => {
    const { server, person } = open();
    await act(async () => server.state({ kind: "waiting", attempt: 1, retryInMs: 250 }));
    expect(screen.getByRole("alert").textContent).toContain("No connection to the server.");
    await person.click(button("Try now"));
    expect(server.nReconnects).toBe(1);
  });

  it("without the right cookie is told to open the address from the terminal", async () => {
    const { server } = open();
    await act(async () => server.state({ kind: "unauthorised" }));
    expect(screen.getByRole("alert").textContent).toContain("Open the address that the terminal printed");
  });

  it("by a link sees that run with that token selected", async () => {
    const { server } = await openReady("#/run/3/1");
    expect([...server.followed]).toEqual([3]);
    await act(async () => {
      server.started(3);
      server.steps(3, [aStep(0, "Once"), aStep(1, " upon")]);
    });
    expect((await screen.findByRole("option", { selected: true })).textContent).toBe(" upon");
  });

  it("by a link to a run of an earlier server is told that it is gone", async () => {
    const { server } = await openReady("#/run/3");
    await act(async () =>
      server.failed(3, { code: "NoSuchRun", message: "There is no run 3.", hint: undefined }),
    );
    expect(await screen.findByText("There is no run 3.")).toBeDefined();
    expect(screen.getByText("This run has no tokens.")).toBeDefined();
  });

  it("can choose the dark theme, and has it again the next time", async () => {
    const { person } = await openReady();
    await person.click(button("Settings"));
    const settings = await screen.findByRole("dialog", { name: "Settings" });
    await person.click(within(settings).getByRole("radio", { name: "Dark" }));
    expect(document.documentElement.dataset["theme"]).toBe("dark");
    expect(createPreferences(window.localStorage).getState().theme).toBe("dark");
  });
});

describe("someone with a narrow window, or large letters", () => {
  const kMatchMedia = window.matchMedia;
  afterEach(() => {
    window.matchMedia = kMatchMedia;
  });
  const tab = (name: string) => screen.getByRole("tab", { name });

  it("has one panel at a time, each a key or a click away", async () => {
    const unchanging = { addEventListener: () => undefined, removeEventListener: () => undefined };
    window.matchMedia = (query) =>
      ({ ...new EventTarget(), ...unchanging, matches: true, media: query }) as never;
    const { server, person } = await openReady("#/run/3/1");
    await act(async () => {
      server.started(3);
      server.steps(3, [aStep(0, "Once"), aStep(1, " upon")]);
    });
    expect(tab("Prompt and tokens").getAttribute("aria-selected")).toBe("true");
    expect(screen.queryByRole("region", { name: "Inspector" })).toBeNull();
    await person.click(tab("Prompt and tokens"));
    await person.keyboard("{ArrowRight}");
    expect(document.activeElement).toBe(tab("Inspector"));
    expect(screen.getByRole("region", { name: "Inspector" })).toBeDefined();
    await person.click(tab("Models and runs"));
    expect(screen.getByRole("heading", { name: "Models" })).toBeDefined();
  });
});

describe("someone who arranges the page", () => {
  const shows = (name: string) => button(`Show the panel: ${name}`).getAttribute("aria-pressed");

  it("puts a panel away and takes it back, and finds it so the next time", async () => {
    const { person } = await openReady();
    expect(shows("timeline")).toBe("true");
    await person.click(button("Show the panel: timeline"));
    expect(shows("timeline")).toBe("false");
    expect(screen.queryByRole("region", { name: "Timeline" })).toBeNull();
    expect(createPreferences(window.localStorage).getState().panelSizes["timeline"]).toBe(0);
    await person.click(button("Show the panel: timeline"));
    expect(screen.getByRole("region", { name: "Timeline" })).toBeDefined();
  });

  it("opens the palette by keys, finds a command, and has it done", async () => {
    const { person } = await openReady();
    await person.keyboard("{Control>}k{/Control}");
    await screen.findByRole("combobox", { name: "Search commands" });
    await person.keyboard("theme light{Enter}");
    expect(document.documentElement.dataset["theme"]).toBe("light");
    expect(screen.queryByRole("combobox", { name: "Search commands" })).toBeNull();
  });

  it("closes the settings with Escape, and is back where it was, the focus too", async () => {
    const { person } = await openReady("#/run/3/1");
    await person.click(button("Settings"));
    await screen.findByRole("dialog", { name: "Settings" });
    expect(window.location.hash).toBe("#/run/3/1/settings");
    await person.keyboard("{Escape}");
    expect(screen.queryByRole("dialog")).toBeNull();
    expect(window.location.hash).toBe("#/run/3/1");
    expect(document.activeElement).toBe(button("Settings"));
  });

  it("opens the overview of shortcuts with a question mark", async () => {
    const { person } = await openReady();
    await person.keyboard("?");
    const overview = await screen.findByRole("dialog", { name: "Keyboard shortcuts" });
    expect(within(overview).getAllByText("Find a command").length).toBeGreaterThan(0);
  });
});

describe("someone who runs a prompt", () => {
  it("sees the tokens come, and how it ended", async () => {
    const { server, person } = await openReady();
    await act(async () => server.models({ loaded: [aLoadedModel()] }));
    await person.clear(screen.getByLabelText("Seed"));
    await person.type(screen.getByLabelText("Seed"), "0");
    await person.click(button("Run"));
    const start = server.requests.find((request) => request.kind === "startRun");
    expect(start).toMatchObject({
      start: { model: 1, seed: 0, limits: { nPredict: 256 }, prompt: { kind: "text" } },
    });
    await act(async () => {
      server.started(1);
      server.steps(1, [aStep(0, "Once", { isPrompt: true }), aStep(1, " upon"), aStep(2, " a")]);
    });
    // Views that are paced may draw a moment later.
    const options = await screen.findAllByRole("option");
    expect(options.map((option) => option.textContent)).toEqual(["Once", " upon", " a"]);
    expect(await screen.findByText("Running.")).toBeDefined();
    await act(async () => server.phase(1, kFinished));
    expect(await screen.findByText("The model ended the text.")).toBeDefined();
    expect(screen.getByText("The run has finished with 2 tokens.").getAttribute("role")).toBe("status");
  });

  it("can pause, take one step, resume and stop", async () => {
    const { server, person } = await openReady("#/run/1");
    await act(async () => server.started(1));
    await person.click(button("Pause"));
    await act(async () => server.phase(1, { kind: "paused", reason: "asked" }));
    await person.click(button("Step"));
    await person.click(button("Resume"));
    await act(async () => server.phase(1, { kind: "running" }));
    await person.click(button("Stop"));
    const kinds = server.requests.map(({ kind }) => kind).filter((kind) => !kind.startsWith("list"));
    expect(kinds).toEqual(["pause", "stepOnce", "resume", "stop"]);
  });

  it("can stop while the model still reads a long prompt", async () => {
    const { server, person } = await openReady("#/run/1");
    await act(async () => server.started(1));
    expect(await screen.findByText("Reading the prompt.")).toBeDefined();
    await person.click(button("Stop"));
    expect(server.requests).toContainEqual({ kind: "stop", run: 1 });
  });

  it("is told in words why the server refuses", async () => {
    const { server, person } = await openReady();
    await act(async () => server.models({ loaded: [aLoadedModel()] }));
    server.answer("startRun", {
      code: "ContextFull",
      message: "The prompt has 9,000 tokens.",
      hint: "Shorten it.",
    });
    await person.click(button("Run"));
    expect(screen.getByRole("alert").textContent).toContain("The prompt has 9,000 tokens.Shorten it.");
  });

  it("can't run a file that holds only a vocabulary", async () => {
    const { server } = await openReady();
    const model = aLoadedModel();
    const capabilities = model.info?.capabilities;
    if (capabilities === undefined) throw new Error("a model without capabilities");
    await act(async () =>
      server.models({ loaded: [aLoadedModel({}, { capabilities: { ...capabilities, generate: false } })] }),
    );
    expect(screen.getByText("vocabulary only")).toBeDefined();
    expect(screen.getByText(/it can’t generate/)).toBeDefined();
  });

  it("can write chat messages when the model has a template", async () => {
    const { server, person } = await openReady();
    const capabilities = aLoadedModel().info?.capabilities;
    if (capabilities === undefined) throw new Error("a model without capabilities");
    await act(async () =>
      server.models({
        loaded: [aLoadedModel({}, { capabilities: { ...capabilities, chatTemplate: true } })],
      }),
    );
    await person.click(screen.getByRole("radio", { name: "Chat" }));
    await person.type(screen.getByLabelText("Message 1"), "Hi");
    await person.click(button("Run"));
    expect(server.requests.find(({ kind }) => kind === "startRun")).toMatchObject({
      start: { prompt: { kind: "chat", messages: [{ role: "user", content: "Hi" }] } },
    });
  });

  it("sees every run of the server, those of other windows included", async () => {
    const { server, person } = open();
    const run = { model: asModelId(1), modelName: "stories", lastSeq: 4, nGenerated: 12, paused: false };
    server.answer("listRuns", {
      kind: "runList",
      runs: [{ ...run, run: asRunId(8), finished: false, prompt: "Elsewhere" }],
    });
    await act(async () => server.ready());
    await person.click(screen.getByRole("link", { name: /Elsewhere/ }));
    expect([...server.followed]).toEqual([8]);
  });
});

describe("someone who looks at a recorded run", () => {
  const openRecorded = async () => {
    const opened = open("#/run/8");
    const run = { model: asModelId(1), modelName: "stories", lastSeq: 4, nGenerated: 12, paused: false };
    opened.server.answer("listRuns", {
      kind: "runList",
      runs: [{ ...run, run: asRunId(8), finished: true, prompt: "Once", isRecorded: true }],
    });
    await act(async () => opened.server.ready());
    return opened;
  };

  it("renames it by a command", async () => {
    const { server, person } = await openRecorded();
    await person.keyboard("{Control>}k{/Control}");
    await person.keyboard("Rename this run{Enter}");
    const title = await screen.findByRole("textbox", { name: "Title" });
    expect(document.activeElement).toBe(title);
    await person.keyboard("Dragons{Enter}");
    expect(server.requests).toContainEqual({ kind: "updateRun", run: 8, label: { title: "Dragons" } });
  });

  it("deletes it by a command, and is on the start page, with nothing followed", async () => {
    const { server, person } = await openRecorded();
    await person.keyboard("{Control>}k{/Control}");
    await person.keyboard("Delete this run{Enter}");
    await person.click(await screen.findByRole("button", { name: "Delete for good" }));
    expect(server.requests).toContainEqual({ kind: "deleteRun", run: 8 });
    expect(window.location.hash).toBe("#/");
    expect(server.followed.size).toBe(0);
    expect(screen.getByText("Run 8 is deleted.")).toBeDefined();
  });
});

describe("someone who loads a model", () => {
  it("sees how far it is, and can cancel", async () => {
    const { server, person } = await openReady();
    server.answer("loadModel", "never");
    await act(async () => server.models({ files: [{ path: "/m/a.gguf", name: "a.gguf", sizeBytes: 1000 }] }));
    await person.click(button(/Load a\.gguf/));
    const model = asModelId(5);
    await act(async () => {
      server.models({
        loaded: [aLoadedModel({ model, path: "/m/a.gguf", state: "loading", info: undefined })],
      });
      server.emit({
        kind: "loadProgress",
        progress: { model, path: "/m/a.gguf", fraction: 0.4, stage: "reading weights" },
      });
    });
    expect(screen.getByRole("progressbar", { name: "reading weights" }).getAttribute("aria-valuenow")).toBe(
      "40",
    );
    await person.click(button("Cancel"));
    expect(server.requests).toContainEqual({ kind: "cancelLoad", model: 5 });
  });

  it("is told what was wrong with the file and what to do", async () => {
    const { server, person } = await openReady();
    server.answer("loadModel", {
      code: "NotGguf",
      message: "This is not a GGUF file.",
      hint: "Convert it first.",
    });
    await person.type(screen.getByLabelText("Or the path of a file"), "/m/b.bin");
    await person.click(button("Load"));
    const alert = screen.getByRole("alert");
    expect(alert.textContent).toContain("This is not a GGUF file.");
    expect(alert.textContent).toContain("Convert it first.");
    await person.click(within(alert).getByRole("button", { name: "Dismiss" }));
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("whose engine died reads why, and loads it again with one click", async () => {
    const { server, person } = await openReady();
    const error = { code: "EngineDied", message: "Killed by signal 9.", hint: "Load the model again." };
    await act(async () =>
      server.models({ loaded: [aLoadedModel({ state: "dead", info: undefined, error })] }),
    );
    expect(screen.getByRole("alert").textContent).toContain("Killed by signal 9.");
    await person.click(button("Load again"));
    const kinds = server.requests.map(({ kind }) => kind).filter((kind) => !kind.startsWith("list"));
    expect(kinds).toEqual(["unloadModel", "loadModel"]);
  });
});
