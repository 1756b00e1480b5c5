import { fireEvent, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { describe, expect, it } from "vitest";
import { Border } from "./border";

function Page() {
  const [sizePx, setSizePx] = useState(400);
  return (
    <Border
      label="Border of the inspector"
      panelId="inspector"
      side="right"
      sizePx={sizePx}
      largestPx={900}
      onResize={setSizePx}
      onToggle={() => setSizePx(sizePx === 0 ? 400 : 0)}
      onReset={() => setSizePx(430)}
    />
  );
}

const border = () => screen.getByRole("separator", { name: "Border of the inspector" });
const size = () => Number(border().getAttribute("aria-valuenow"));

describe("the border of a panel on the right", () => {
  it("moves with the arrow keys: to the left makes the panel wider", async () => {
    const person = userEvent.setup();
    render(<Page />);
    await person.tab();
    expect(document.activeElement).toBe(border());
    await person.keyboard("{ArrowLeft}{ArrowLeft}{ArrowRight}");
    expect(size()).toBe(416);
  });

  it("puts the panel away with Enter, and resets it with Home or a double click", async () => {
    const person = userEvent.setup();
    render(<Page />);
    await person.tab();
    await person.keyboard("{Enter}");
    expect(border().getAttribute("aria-valuetext")).toBe("put away");
    await person.keyboard("{Home}");
    expect(size()).toBe(430);
    await person.keyboard("{ArrowRight}");
    await person.dblClick(border());
    expect(size()).toBe(430);
  });

  it("follows the pointer while it is pressed, and no longer", () => {
    render(<Page />);
    border().setPointerCapture = () => undefined;
    // A mouse event has what is used of a pointer event; jsdom's has no place.
    const point = (type: string, clientX: number) =>
      fireEvent(border(), new MouseEvent(type, { bubbles: true, clientX }));
    point("pointerdown", 800);
    point("pointermove", 700);
    expect(size()).toBe(500);
    point("pointerup", 700);
    point("pointermove", 100);
    expect(size()).toBe(500);
  });
});
