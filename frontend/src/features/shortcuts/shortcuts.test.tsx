import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { type Command, Commands, CommandsContext } from "../../state/commands";
import { useKeyBindings } from "./key-bindings";
import { ShortcutOverview } from "./shortcut-overview";

function Page({ areSingleKeysOn }: { readonly areSingleKeysOn: boolean }) {
  useKeyBindings(areSingleKeysOn);
  return <input aria-label="prompt" />;
}

function open(changes: Partial<Command> = {}, areSingleKeysOn = true) {
  const next = vi.fn();
  const palette = vi.fn();
  const commands = new Commands();
  commands.register([
    { id: "next", title: "Next surprise", group: "Tokens", shortcut: "]", run: next, ...changes },
    { id: "palette", title: "Commands", group: "View", shortcut: "$mod+k", run: palette },
  ]);
  const { unmount } = render(
    <CommandsContext value={commands}>
      <Page areSingleKeysOn={areSingleKeysOn} />
    </CommandsContext>,
  );
  return { next, palette, commands, unmount, person: userEvent.setup() };
}

describe("a shortcut", () => {
  it("of one key works outside of text fields, and types text within", async () => {
    const { person, next } = open();
    await person.keyboard("]]");
    expect(next).toHaveBeenCalledTimes(2);
    await person.click(screen.getByLabelText("prompt"));
    await person.keyboard("a]]");
    expect(next).toHaveBeenCalledTimes(2);
    expect(screen.getByLabelText<HTMLInputElement>("prompt").value).toBe("a]]");
  });

  it("of one key does nothing once single keys are switched off", async () => {
    const { person, next } = open({}, false);
    await person.keyboard("]");
    expect(next).not.toHaveBeenCalled();
  });

  it("with Ctrl works in text fields, too", async () => {
    const { person, palette } = open();
    await person.click(screen.getByLabelText("prompt"));
    await person.keyboard("{Control>}k{/Control}");
    expect(palette).toHaveBeenCalledOnce();
  });

  it("does nothing while there is an obstacle, nor behind a dialog", async () => {
    const { person, next, unmount } = open({ obstacle: "No run is in sight." });
    await person.keyboard("]");
    expect(next).not.toHaveBeenCalled();
    unmount();
    const second = open();
    render(<dialog open>modal</dialog>);
    await second.person.keyboard("]");
    expect(second.next).not.toHaveBeenCalled();
  });
});

describe("the overview of shortcuts", () => {
  it("lists the shortcuts of the commands on the page, by their groups", () => {
    const { commands } = open();
    render(
      <CommandsContext value={commands}>
        <ShortcutOverview areSingleKeysOn onClose={() => undefined} />
      </CommandsContext>,
    );
    expect(screen.getByRole("heading", { name: "Tokens" })).toBeDefined();
    expect(screen.getByText("Next surprise").parentElement?.textContent).toBe("Next surprise]");
    expect(screen.getByText("Commands").parentElement?.textContent).toBe("CommandsCtrlK");
  });
});
