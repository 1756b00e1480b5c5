import { act, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { describe, expect, it } from "vitest";
import { asRunId, type Position } from "../../base/brand";
import { aStep, FakeConnection } from "../../connection/fake-connection";
import { StudioContext } from "../../state/hooks";
import { Studio } from "../../state/studio";
import { Timeline } from "./timeline";

function show(nSteps: number) {
  const server = new FakeConnection();
  const studio = new Studio(server);
  const record = studio.record(asRunId(1));
  const step = (position: number) =>
    aStep(position, ` w${position}`, { rawLogprob: Math.log(position === 0 ? 0.25 : 0.5), decodeUs: 1000 });
  act(() => {
    server.started(1);
    server.steps(
      1,
      Array.from({ length: nSteps }, (_, position) => step(position)),
    );
  });
  const chosen: { position: Position | undefined } = { position: undefined };
  function Stage() {
    const [selected, setSelected] = useState<Position>();
    chosen.position = selected;
    return (
      <StudioContext value={studio}>
        <Timeline record={record} selected={selected} onSelect={setSelected} />
      </StudioContext>
    );
  }
  render(<Stage />);
  return { server, chosen, person: userEvent.setup() };
}

const plot = () => screen.getByRole("slider");

describe("someone who goes through the run by keyboard", () => {
  it("moves from step to step and hears each in words", async () => {
    const { person, chosen } = show(40);
    plot().focus();
    expect(plot().getAttribute("aria-valuetext")).toBe("No token is selected");
    await person.keyboard("{Home}{ArrowRight}{ArrowRight}");
    expect(chosen.position).toBe(2);
    expect(plot().getAttribute("aria-valuenow")).toBe("2");
    expect(plot().getAttribute("aria-valuetext")).toBe(
      "Token 2, “␣w2”, 50 percent, entropy 2.1 bits, 1.00 ms",
    );
    await person.keyboard("{End}{PageDown}");
    expect(chosen.position).toBe(35);
  });

  it("zooms in and out, and to the whole run", async () => {
    const { person } = show(400);
    plot().focus();
    const whole = screen.getByRole("button", { name: "Whole run" });
    expect(whole.hasAttribute("disabled")).toBe(true);
    await person.keyboard("+");
    expect(whole.hasAttribute("disabled")).toBe(false);
    await person.keyboard("-");
    expect(whole.hasAttribute("disabled")).toBe(true);
    await person.keyboard("++0");
    expect(whole.hasAttribute("disabled")).toBe(true);
  });

  it("marks a stretch with Shift and reads its summary", async () => {
    const { person } = show(40);
    plot().focus();
    await person.keyboard("{Home}{Shift>}{ArrowRight}{/Shift}");
    expect(screen.getByText("2 tokens")).toBeTruthy();
    expect(screen.getByText("mean surprisal 1.50 bits")).toBeTruthy();
    expect(screen.getByText("perplexity 2.83")).toBeTruthy();
    expect(screen.getByText("1000 tok/s in the model")).toBeTruthy();
    await person.keyboard("{Escape}");
    expect(screen.queryByText("2 tokens")).toBeNull();
  });
});

describe("someone with a pointer", () => {
  // The plot is 800 wide and begins at 0. The tests' browser has no pointer events of its own.
  const pointer = (type: "down" | "move" | "up", clientX: number) => {
    const event = new MouseEvent(`pointer${type}`, { clientX, button: 0, buttons: 1, bubbles: true });
    fireEvent(plot(), Object.assign(event, { pointerId: 1, pointerType: "mouse" }));
  };

  it("clicks a step and it is selected", () => {
    const { chosen } = show(80);
    pointer("down", 405);
    pointer("up", 405);
    expect(chosen.position).toBe(40);
  });

  it("drags over a stretch and sees its summary, without selecting", () => {
    const { chosen } = show(80);
    pointer("down", 105);
    pointer("move", 205);
    pointer("up", 205);
    expect(screen.getByText("11 tokens")).toBeTruthy();
    expect(chosen.position).toBeUndefined();
  });

  it("zooms with the wheel about the pointer, so that the same place is another step's neighbour", () => {
    const { chosen } = show(80);
    fireEvent.wheel(plot(), { deltaY: -2000, clientX: 400 });
    pointer("down", 0);
    pointer("up", 0);
    expect(chosen.position).toBeGreaterThan(30);
    expect(chosen.position).toBeLessThan(40);
  });
});

it("the numbers are there as a table, a page at a time", async () => {
  const { person, chosen } = show(120);
  await person.click(screen.getByRole("switch", { name: "table" }));
  const rows = () => within(screen.getByRole("table")).getAllByRole("row");
  expect(rows()).toHaveLength(51);
  expect(rows()[1]?.textContent).toBe("0␣w025.0 %2.10 bits1.00 ms");
  await person.click(screen.getByRole("button", { name: "Later" }));
  await person.click(screen.getByRole("button", { name: "Later" }));
  expect(screen.getByText("Steps 101 to 120 of 120")).toBeTruthy();
  await person.click(within(rows()[1] ?? document.body).getByRole("button"));
  expect(chosen.position).toBe(100);
});

it("a step that the model gave nothing for is said to be missing", async () => {
  const { server, person } = show(1);
  act(() => server.steps(1, [aStep(1, "x", { rawLogprob: undefined, entropy: undefined, decodeUs: 0 })]));
  await person.click(screen.getByRole("switch", { name: "table" }));
  await waitFor(() => expect(screen.getAllByRole("row").at(-1)?.textContent).toContain("1x——"));
});

it("before the first token there is a word instead of an empty plot", () => {
  const server = new FakeConnection();
  const studio = new Studio(server);
  const record = studio.record(asRunId(1));
  render(
    <StudioContext value={studio}>
      <Timeline record={record} selected={undefined} onSelect={() => undefined} />
    </StudioContext>,
  );
  expect(screen.getByText("The timeline begins with the first token.")).toBeTruthy();
});
