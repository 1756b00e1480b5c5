import { act, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { describe, expect, it } from "vitest";
import { asRunId, type Position } from "../../base/brand";
import { aStep, FakeConnection } from "../../connection/fake-connection";
import { Commands, CommandsContext } from "../../state/commands";
import { StudioContext } from "../../state/hooks";
import { createPreferences } from "../../state/preferences";
import { Studio } from "../../state/studio";
import { findMatches } from "./find/find-matches";
import type { FromSearchWorker, SearchWorker, ToSearchWorker } from "./find/text-search";
import { RunView } from "./run-view";

/** Searches at once, on the same thread. */
class PlainSearchWorker implements SearchWorker {
  onmessage: ((event: MessageEvent<FromSearchWorker>) => void) | null = null;
  #text = "";

  postMessage({ id, added, query }: ToSearchWorker): void {
    this.#text += added;
    const data = { id, answer: findMatches(this.#text, query) };
    queueMicrotask(() => this.onmessage?.(new MessageEvent("message", { data })));
  }

  terminate(): void {}
}

const openSearchWorker = () => new PlainSearchWorker();

function show(texts: readonly string[]) {
  const server = new FakeConnection();
  const studio = new Studio(server);
  const record = studio.record(asRunId(1));
  const commands = new Commands();
  const preferences = createPreferences(window.localStorage);
  act(() => {
    server.started(1);
    server.steps(
      1,
      texts.map((text, position) =>
        aStep(position, text, {
          isPrompt: position === 0,
          rawLogprob: Math.log(text === " odd" ? 0.01 : 0.9),
        }),
      ),
    );
  });
  const chosen: { position: Position | undefined } = { position: undefined };
  function Stage() {
    const [selected, setSelected] = useState<Position>();
    chosen.position = selected;
    return (
      <StudioContext value={studio}>
        <CommandsContext value={commands}>
          <RunView
            record={record}
            preferences={preferences}
            selected={selected}
            onSelect={setSelected}
            onOpen={() => undefined}
            openSearchWorker={openSearchWorker}
          />
        </CommandsContext>
      </StudioContext>
    );
  }
  render(<Stage />);
  const run = (id: string) => {
    const command = commands.store.getState().all.find((one) => one.id === id);
    if (command === undefined) throw new Error(`no command ${id}`);
    act(() => command.run());
  };
  return { server, chosen, preferences, run, commands, person: userEvent.setup() };
}

const marks = () =>
  screen
    .getAllByRole("option")
    .flatMap((option) => [...option.querySelectorAll("mark")])
    .map((mark) => mark.textContent);

describe("someone who looks for something in the text", () => {
  it("sees how often it is there, each place marked, and goes from one to the next", async () => {
    const { person, run, chosen } = show(["The", " cat", " sat", " on", " a", " Cat", "."]);
    run("tokens.find");
    await person.keyboard("cat");
    await screen.findByText("2 found");
    expect(marks()).toEqual(["cat", "Cat"]);
    await person.keyboard("{Enter}");
    expect(chosen.position).toBe(1);
    await screen.findByText("1 of 2");
    await person.keyboard("{Enter}{Enter}");
    expect(chosen.position).toBe(1);
    await person.keyboard("{Shift>}{Enter}{/Shift}");
    expect(chosen.position).toBe(5);
    await person.click(screen.getByRole("button", { name: "Match case" }));
    await screen.findByText("1 found");
  });

  it("finds what is spread over several tokens", async () => {
    const { person, run } = show(["won", "der", "ful"]);
    run("tokens.find");
    await person.keyboard("nderf");
    await screen.findByText("1 found");
    expect(marks()).toEqual(["n", "der", "f"]);
  });

  it("is told when a regular expression is wrong, and when nothing is there", async () => {
    const { person, run } = show(["one", " two"]);
    run("tokens.find");
    await person.click(screen.getByRole("button", { name: "Regular expression" }));
    await person.click(screen.getByLabelText("Find in the text"));
    await person.keyboard("(x");
    await screen.findByText(/Unterminated group/);
    await person.keyboard(")");
    await screen.findByText("Not found");
    await person.keyboard("{Escape}");
    expect(screen.queryByLabelText("Find in the text")).toBeNull();
    expect(document.activeElement).toBe(screen.getByRole("listbox"));
  });

  it("has new text searched while it comes", async () => {
    const { person, run, server } = show(["a cat"]);
    run("tokens.find");
    await person.keyboard("cat");
    await screen.findByText("1 found");
    const more = Array.from({ length: 100 }, (_, index) => aStep(index + 1, " cat"));
    act(() => server.steps(1, more));
    await waitFor(() => screen.getByText("101 found"), { timeout: 3000 });
  });
});

describe("commands of the stream", () => {
  it("go from surprise to surprise, to the ends, and step by step", () => {
    const { run, chosen } = show(["The", " cat", " odd", " sat", " odd"]);
    run("tokens.nextSurprise");
    expect(chosen.position).toBe(2);
    run("tokens.nextSurprise");
    expect(chosen.position).toBe(4);
    run("tokens.previous");
    expect(chosen.position).toBe(3);
    run("tokens.first");
    expect(chosen.position).toBe(0);
    run("tokens.newest");
    expect(chosen.position).toBeUndefined();
  });

  it("change the tint and what is visible, and the browser keeps it", () => {
    const { run, preferences } = show(["The", " cat"]);
    run("stream.tint.time");
    run("stream.bytes");
    expect(preferences.getState()).toMatchObject({ measure: "time", showBytes: true });
    expect(createPreferences(window.localStorage).getState()).toMatchObject({
      measure: "time",
      showBytes: true,
    });
  });

  it("copy the answer without the prompt", async () => {
    const { run } = show(["Prompt", " and", " answer"]);
    userEvent.setup();
    run("tokens.copyAnswer");
    await screen.findByText("Copied.");
    expect(await navigator.clipboard.readText()).toBe(" and answer");
  });

  it("each have a name of their own", () => {
    const ids = show(["a"])
      .commands.store.getState()
      .all.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
