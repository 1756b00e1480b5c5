// Shortcuts in tinykeys' notation ("$mod+Shift+p"), as people read them.

const kMacSigns: Readonly<Record<string, string>> = { $mod: "⌘", Shift: "⇧", Alt: "⌥", Control: "⌃" };
const kSigns: Readonly<Record<string, string>> = { $mod: "Ctrl" };
const kKeySigns: Readonly<Record<string, string>> = {
  Enter: "Enter",
  Escape: "Esc",
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
  Period: ".",
  Space: "Space",
};

/** The keys of a shortcut, each as the keyboard has it written. */
export function shortcutKeys(shortcut: string, isMac: boolean): string[] {
  return shortcut.split(/(?<=\w|\])\+|\s+/).map((part) => {
    const named = (isMac ? kMacSigns[canonical(part)] : kSigns[canonical(part)]) ?? kKeySigns[part];
    if (named !== undefined) return named;
    if (part.startsWith("Key") || part.startsWith("Digit")) return part.slice(-1);
    return part.length === 1 ? part.toUpperCase() : canonical(part);
  });
}

function canonical(part: string): string {
  return part === "$mod" ? part : part.charAt(0).toUpperCase() + part.slice(1);
}

/** Whether it is pressed without Ctrl, Cmd or Alt: such keys are text elsewhere. */
export function isSingleKey(shortcut: string): boolean {
  return !/(^|\+)(\$mod|control|meta|alt)\+/i.test(shortcut) && !/(^|\+)F\d+$/.test(shortcut);
}

export function isMacKeyboard(): boolean {
  return /Mac|iPod|iPhone|iPad/.test(navigator.platform);
}
