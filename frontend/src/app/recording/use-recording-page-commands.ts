import { useMemo } from "react";
import type { StoreApi } from "zustand";
import type { RunSummary } from "../../protocol/types";
import { runName } from "../../protocol/words";
import { type Command, useCommands } from "../../state/commands";
import { useStudioState } from "../../state/hooks";
import type { Preferences, Theme } from "../../state/preferences";
import { openOverlay, openRun } from "../../state/route";

const kThemes: readonly Theme[] = ["system", "dark", "light"];

/** The commands of a recording's page; the views offer their own. */
export function useRecordingPageCommands(preferences: StoreApi<Preferences>, openPalette: () => void): void {
  const runs = useStudioState((state) => state.runs);
  useCommands(useMemo(() => viewCommands(preferences, openPalette), [preferences, openPalette]));
  useCommands(useMemo(() => (runs ?? []).map(openCommand), [runs]));
}

function viewCommands(preferences: StoreApi<Preferences>, openPalette: () => void): readonly Command[] {
  const group = "View";
  return [
    { id: "palette.open", title: "Find a command", group, shortcut: "$mod+k", run: openPalette },
    {
      id: "shortcuts.open",
      title: "Show the keyboard shortcuts",
      group,
      shortcut: "?",
      run: () => openOverlay({ kind: "shortcuts" }),
    },
    ...kThemes.map((theme) => ({
      id: `theme.${theme}`,
      title: theme === "system" ? "Theme: as the system" : `Theme: ${theme}`,
      group,
      run: () => preferences.setState({ theme }),
    })),
    {
      id: "keys.single",
      title: "Switch single-key shortcuts on or off",
      group,
      run: () => preferences.setState(({ singleKeys }) => ({ singleKeys: !singleKeys })),
    },
  ];
}

function openCommand(run: RunSummary): Command {
  return {
    id: `run.open.${run.run}`,
    title: `Open run ${run.run}: ${runName({ ...run, title: undefined }).slice(0, 60)}`,
    group: "Runs",
    run: () => openRun(run.run),
  };
}
