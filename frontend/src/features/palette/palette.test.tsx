import { act, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { describe, expect, it, vi } from "vitest";
import { Commands, CommandsContext } from "../../state/commands";
import { Palette } from "./palette";

function open() {
  const commands = new Commands();
  const pause = vi.fn();
  const dark = vi.fn();
  const stop = vi.fn();
  commands.register([
    { id: "run.stop", title: "Stop the run", group: "Run", obstacle: "No run is under way.", run: stop },
    { id: "run.pause", title: "Pause the run", group: "Run", shortcut: "$mod+Period", run: pause },
    { id: "theme.dark", title: "Theme: dark", group: "View", run: dark },
  ]);
  const onClose = vi.fn();
  render(
    <CommandsContext value={commands}>
      <Palette onClose={onClose} />
    </CommandsContext>,
  );
  return { commands, pause, dark, stop, onClose, person: userEvent.setup() };
}

const titles = () => screen.getAllByRole("option").map((option) => option.textContent);

describe("someone who opens the palette", () => {
  it("can type at once, and sees what can be done before what can't, with the reason", () => {
    open();
    expect(document.activeElement).toBe(screen.getByRole("combobox", { name: "Search commands" }));
    expect(titles()[0]).toContain("Pause the run");
    expect(titles()[2]).toContain("No run is under way.");
  });

  it("types some letters, and runs the best match with Enter", async () => {
    const { person, dark, onClose } = open();
    await person.keyboard("dark{Enter}");
    expect(onClose).toHaveBeenCalledOnce();
    expect(dark).toHaveBeenCalledOnce();
  });

  it("moves with the arrows, round at the ends", async () => {
    const { person, pause } = open();
    const current = () => screen.getByRole("option", { selected: true }).textContent;
    await person.keyboard("{ArrowDown}");
    expect(current()).toContain("Theme: dark");
    await person.keyboard("{ArrowUp}{ArrowUp}");
    expect(current()).toContain("Stop the run");
    await person.keyboard("{ArrowDown}{Enter}");
    expect(pause).toHaveBeenCalledOnce();
  });

  it("can't run what has an obstacle", async () => {
    const { person, stop, onClose } = open();
    await person.keyboard("stop{Enter}");
    await person.click(screen.getByRole("option"));
    expect(stop).not.toHaveBeenCalled();
    expect(onClose).not.toHaveBeenCalled();
  });

  it("is where the command led them, not where they were before", async () => {
    const commands = new Commands();
    const run = () => screen.getByRole("textbox", { name: "There" }).focus();
    commands.register([{ id: "go", title: "Go there", group: "View", run }]);
    const Page = () => {
      const [isOpen, setIsOpen] = useState(false);
      return (
        <CommandsContext value={commands}>
          <button type="button" onClick={() => setIsOpen(true)}>
            Here
          </button>
          <input aria-label="There" />
          {isOpen && <Palette onClose={() => setIsOpen(false)} />}
        </CommandsContext>
      );
    };
    render(<Page />);
    const person = userEvent.setup();
    await person.click(screen.getByRole("button", { name: "Here" }));
    await person.keyboard("go{Enter}");
    expect(screen.queryByRole("dialog")).toBeNull();
    expect(document.activeElement).toBe(screen.getByRole("textbox", { name: "There" }));
  });

  it("is told when nothing matches, and leaves with Escape", async () => {
    const { person, onClose } = open();
    await person.keyboard("zebra");
    expect(screen.getByText(/No command matches “zebra”/)).toBeDefined();
    await person.keyboard("{Escape}");
    expect(onClose).toHaveBeenCalled();
  });

  it("sees a command that comes onto the page meanwhile", () => {
    const { commands } = open();
    act(() => {
      commands.register([{ id: "x", title: "Open run 9", group: "Runs", run: () => undefined }]);
    });
    expect(titles().join()).toContain("Open run 9");
  });
});
