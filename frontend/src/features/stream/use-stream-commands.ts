import { useEffect, useMemo, useRef } from "react";
import type { StoreApi } from "zustand";
import { type Command, useCommands } from "../../state/commands";
import type { Measure, Preferences } from "../../state/preferences";

/** What the stream can do for the page's commands. */
export interface StreamActions {
  readonly surprise: (step: 1 | -1) => void;
  readonly token: (step: 1 | -1) => void;
  readonly ends: (end: "first" | "last") => void;
  readonly newest: () => void;
  readonly find: () => void;
  readonly findStep: (step: 1 | -1) => void;
  readonly copyMarked: () => void;
  readonly copyAnswer: () => void;
  readonly focus: () => void;
}

export const kMeasures: readonly { readonly value: Measure; readonly label: string }[] = [
  { value: "rawProb", label: "Raw p" },
  { value: "finalProb", label: "Final p" },
  { value: "entropy", label: "Entropy" },
  { value: "rank", label: "Rank" },
  { value: "time", label: "Time" },
];

const kMeasureNames: Readonly<Record<Measure, string>> = {
  rawProb: "raw probability",
  finalProb: "final probability",
  entropy: "entropy",
  rank: "rank",
  time: "time per step",
};

/** Offers what the stream does to the palette and the keyboard. The list stays the same; what it calls is the latest. */
export function useStreamCommands(actions: StreamActions, preferences: StoreApi<Preferences>): void {
  const latest = useRef(actions);
  useEffect(() => {
    latest.current = actions;
  });
  const commands = useMemo(() => makeCommands(() => latest.current, preferences), [preferences]);
  useCommands(commands);
}

function makeCommands(now: () => StreamActions, preferences: StoreApi<Preferences>): readonly Command[] {
  const tokens = (id: string, title: string, shortcut: string | undefined, run: () => void): Command => ({
    id: `tokens.${id}`,
    title,
    group: "Tokens",
    shortcut,
    run,
  });
  const view = (id: string, title: string, run: () => void): Command => ({
    id: `stream.${id}`,
    title,
    group: "View",
    run,
  });
  const toggle = (key: "showSpaces" | "showBytes") => () =>
    preferences.setState((before) => ({ [key]: !before[key] }));
  return [
    tokens("nextSurprise", "Next surprise", "]", () => now().surprise(1)),
    tokens("previousSurprise", "Previous surprise", "[", () => now().surprise(-1)),
    tokens("next", "Next token", ".", () => now().token(1)),
    tokens("previous", "Previous token", ",", () => now().token(-1)),
    tokens("first", "First token", undefined, () => now().ends("first")),
    tokens("last", "Last token", undefined, () => now().ends("last")),
    tokens("newest", "Follow the newest token", "n", () => now().newest()),
    tokens("find", "Find in the text", "$mod+f", () => now().find()),
    tokens("findNext", "Next match", "F3", () => now().findStep(1)),
    tokens("findPrevious", "Previous match", "Shift+F3", () => now().findStep(-1)),
    tokens("copy", "Copy the marked tokens’ text", undefined, () => now().copyMarked()),
    tokens("copyAnswer", "Copy the answer", undefined, () => now().copyAnswer()),
    view("focus", "Go to the token stream", () => now().focus()),
    view("spaces", "Show or hide spaces", toggle("showSpaces")),
    view("bytes", "Show or hide bytes", toggle("showBytes")),
    ...kMeasures.map(({ value }) =>
      view(`tint.${value}`, `Tint by ${kMeasureNames[value]}`, () =>
        preferences.setState({ measure: value }),
      ),
    ),
  ];
}
