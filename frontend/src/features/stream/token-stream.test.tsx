import { act, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { describe, expect, it } from "vitest";
import { asRunId, type Position } from "../../base/brand";
import { aStep, FakeConnection } from "../../connection/fake-connection";
import type { StepDetail } from "../../protocol/types";
import { StudioContext } from "../../state/hooks";
import { Studio } from "../../state/studio";
import { TokenStream } from "./token-stream";

function show(steps: readonly StepDetail[], showSpaces = false) {
  const server = new FakeConnection();
  const studio = new Studio(server);
  const record = studio.record(asRunId(1));
  act(() => {
    server.started(1);
    server.steps(1, steps);
  });
  const chosen: { position: Position | undefined } = { position: undefined };
  function Stage() {
    const [selected, setSelected] = useState<Position>();
    chosen.position = selected;
    return (
      <StudioContext value={studio}>
        <TokenStream
          record={record}
          selected={selected}
          onSelect={setSelected}
          onOpen={() => undefined}
          measure="rawProb"
          showSpaces={showSpaces}
        />
      </StudioContext>
    );
  }
  render(<Stage />);
  return { server, chosen, person: userEvent.setup() };
}

const options = () => screen.getAllByRole("option");
const active = () => screen.getByRole("listbox").getAttribute("aria-activedescendant");

describe("someone who reads the stream", () => {
  it("without eyes hears text, probability, rank and entropy", () => {
    show([aStep(0, "The"), aStep(1, " cat", { rank: 1, entropy: 2.1 })]);
    expect(options()[1]?.getAttribute("aria-label")).toBe("cat, 41 percent, rank 1, entropy 2.1 bits");
  });

  it("hears that the first token has no probability, rather than zero", () => {
    show([aStep(0, "The", { isPrompt: true, rawLogprob: undefined, rank: undefined, entropy: undefined })]);
    expect(options()[0]?.getAttribute("aria-label")).toBe("The, probability not known, prompt");
    expect(options()[0]?.style.backgroundColor).toBe("");
  });

  it("sees unlikely tokens marked by more than colour", () => {
    show([aStep(0, "a", { rawLogprob: Math.log(0.5) }), aStep(1, "b", { rawLogprob: Math.log(0.01) })]);
    expect(options().map((option) => option.className.includes("surprising"))).toEqual([false, true]);
  });

  it("sees control tokens as signs and spaces when asked", () => {
    const control = aStep(0, "<s>");
    show([{ ...control, token: { ...control.token, kind: "control" } }, aStep(1, " a\n")], true);
    expect(options().map((option) => option.textContent)).toEqual(["<s>", "␣a↵"]);
    expect(options()[0]?.className).toContain("chip");
  });

  it("sees a character that two tokens make once, and both tokens", () => {
    show([aStep(0, Uint8Array.of(0xc3)), aStep(1, Uint8Array.of(0xbc))]);
    expect(options().map((option) => option.textContent)).toEqual(["", "ü"]);
    expect(options()[0]?.getAttribute("aria-label")).toContain("part of a character");
  });
});

describe("someone who moves along the stream by keyboard", () => {
  const words = Array.from({ length: 60 }, (_, position) =>
    aStep(position, ` word${position}`, { rawLogprob: Math.log(position % 20 === 5 ? 0.01 : 0.9) }),
  );

  it("goes token by token, and line by line", async () => {
    const { person, chosen } = show(words);
    await person.tab();
    await person.keyboard("{Home}");
    expect(chosen.position).toBe(0);
    expect(active()).toBe(options()[0]?.id);
    await person.keyboard("{ArrowRight}{ArrowRight}{ArrowLeft}");
    expect(chosen.position).toBe(1);
    await person.keyboard("{ArrowDown}");
    expect(chosen.position).toBeGreaterThan(8);
    await person.keyboard("{ArrowUp}");
    expect(chosen.position).toBeLessThan(3);
    await person.keyboard("{End}");
    expect(chosen.position).toBe(59);
  });

  it("jumps from surprise to surprise", async () => {
    const { person, chosen } = show(words);
    await person.tab();
    await person.keyboard("{Home}]");
    expect(chosen.position).toBe(5);
    await person.keyboard("]]");
    expect(chosen.position).toBe(45);
    await person.keyboard("[[");
    expect(chosen.position).toBe(25);
  });

  it("leaves the selection with Escape", async () => {
    const { person, chosen } = show(words);
    await person.click(options()[3] ?? document.body);
    expect(chosen.position).toBe(3);
    await person.keyboard("{Escape}");
    expect(chosen.position).toBeUndefined();
  });
});

it("only the lines in sight are in the document, however long the text", () => {
  show(Array.from({ length: 5000 }, (_, position) => aStep(position, ` word${position}`)));
  expect(options().length).toBeGreaterThan(100);
  expect(options().length).toBeLessThan(600);
});
