import { describe, expect, it } from "vitest";
import { isSingleKey, shortcutKeys } from "./shortcut";

describe("a shortcut", () => {
  it.each([
    ["$mod+k", ["Ctrl", "K"], ["⌘", "K"]],
    ["$mod+shift+p", ["Ctrl", "Shift", "P"], ["⌘", "⇧", "P"]],
    ["[", ["["], ["["]],
    ["$mod+Enter", ["Ctrl", "Enter"], ["⌘", "Enter"]],
    ["Alt+ArrowUp", ["Alt", "↑"], ["⌥", "↑"]],
    ["g r", ["G", "R"], ["G", "R"]],
    ["$mod++", ["Ctrl", "+"], ["⌘", "+"]],
  ])("%s is written as its keys", (shortcut, elsewhere, mac) => {
    expect(shortcutKeys(shortcut, false)).toEqual(elsewhere);
    expect(shortcutKeys(shortcut, true)).toEqual(mac);
  });

  it("is a single key if it types text elsewhere", () => {
    for (const single of ["[", "?", "b", "Shift+B", "g r", "Enter"]) expect(isSingleKey(single)).toBe(true);
    for (const other of ["$mod+k", "Control+Enter", "Alt+ArrowUp", "$mod+shift+p", "F5", "Shift+F3"])
      expect(isSingleKey(other)).toBe(false);
  });
});
