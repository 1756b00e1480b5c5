import { useMemo } from "react";
import type { StoreApi } from "zustand";
import { formatBytes } from "../base/format";
import type { LoadedModel, ModelFile, RunSummary } from "../protocol/types";
import { runName } from "../protocol/words";
import { type Command, useCommands } from "../state/commands";
import { useIsReady, useStudio, useStudioState } from "../state/hooks";
import type { Preferences, Theme } from "../state/preferences";
import { openOverlay, openRun } from "../state/route";
import type { Studio } from "../state/studio";
import { kPanels, type Panels } from "./panels";

const kNoServer = "There is no connection to the server.";
const kThemes: readonly Theme[] = ["system", "dark", "light"];
/** Runs offered by name; older ones are in the list of runs. */
const kNewestRuns = 20;

/** The commands of the page as a whole; views offer their own while they are there. */
export function useStudioCommands(
  preferences: StoreApi<Preferences>,
  panels: Panels | undefined,
  openPalette: () => void,
): void {
  useCommands(useMemo(() => viewCommands(preferences, openPalette), [preferences, openPalette]));
  useCommands(useMemo(() => panelCommands(panels), [panels]));
  useModelCommands();
  useRunCommands();
}

function viewCommands(preferences: StoreApi<Preferences>, openPalette: () => void): readonly Command[] {
  const group = "View";
  return [
    { id: "palette.open", title: "Find a command", group, shortcut: "$mod+k", run: openPalette },
    { id: "palette.open2", title: "Find a command", group, shortcut: "$mod+shift+p", run: openPalette },
    {
      id: "shortcuts.open",
      title: "Show the keyboard shortcuts",
      group,
      shortcut: "?",
      run: () => openOverlay({ kind: "shortcuts" }),
    },
    {
      id: "settings.open",
      title: "Open the settings",
      group,
      shortcut: "$mod+,",
      run: () => openOverlay({ kind: "settings" }),
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

function panelCommands(panels: Panels | undefined): readonly Command[] {
  if (panels === undefined) return [];
  const group = "Panels";
  const toggles = kPanels.flatMap(({ id, name, shortcut }) => [
    {
      id: `panel.${id}`,
      title: `${panels.isOpen(id) ? "Hide" : "Show"} the panel: ${name}`,
      group,
      shortcut,
      run: () => panels.toggle(id),
    },
    { id: `panel.${id}.larger`, title: `Larger panel: ${name}`, group, run: () => panels.grow(id, 1) },
    { id: `panel.${id}.smaller`, title: `Smaller panel: ${name}`, group, run: () => panels.grow(id, -1) },
  ]);
  return [
    ...toggles,
    { id: "panel.reset", title: "Panel sizes that suit the window", group, run: () => panels.reset() },
  ];
}

function useModelCommands(): void {
  const studio = useStudio();
  const isReady = useIsReady();
  const files = useStudioState((state) => state.files);
  const loaded = useStudioState((state) => state.loaded);
  const selected = useStudioState((state) => state.selectedModel);
  useCommands(
    useMemo(
      () => [
        ...serverCommands(studio, isReady),
        ...(files ?? []).map((file) => loadCommand(studio, file, isReady)),
        ...loaded.flatMap((model) => loadedCommands(studio, model, isReady, model.model === selected)),
      ],
      [studio, isReady, files, loaded, selected],
    ),
  );
}

function serverCommands(studio: Studio, isReady: boolean): readonly Command[] {
  const group = "Server";
  return [
    {
      id: "server.reconnect",
      title: "Reconnect to the server",
      group,
      run: () => studio.connection.reconnect(),
    },
    {
      id: "models.refresh",
      title: "Look for model files again",
      group: "Models",
      obstacle: isReady ? undefined : kNoServer,
      run: () => void studio.refreshModels(),
    },
  ];
}

function loadCommand(studio: Studio, file: ModelFile, isReady: boolean): Command {
  return {
    id: `model.load.${file.path}`,
    title: `Load ${file.name} (${formatBytes(file.sizeBytes)})`,
    group: "Models",
    obstacle: isReady ? undefined : kNoServer,
    run: () => void studio.loadModel(file.path),
  };
}

function loadedCommands(
  studio: Studio,
  model: LoadedModel,
  isReady: boolean,
  isSelected: boolean,
): readonly Command[] {
  const group = "Models";
  return [
    {
      id: `model.choose.${model.model}`,
      title: `Choose ${model.name} for the next run`,
      group,
      obstacle: obstacleToChoose(model, isSelected),
      run: () => studio.selectModel(model.model),
    },
    {
      id: `model.details.${model.model}`,
      title: `Details of ${model.name}`,
      group,
      run: () => openOverlay({ kind: "model", path: model.path, tab: "overview" }),
    },
    {
      id: `model.unload.${model.model}`,
      title: `Unload ${model.name}`,
      group,
      obstacle: isReady ? undefined : kNoServer,
      run: () => void studio.unloadModel(model.model),
    },
  ];
}

function obstacleToChoose(model: LoadedModel, isSelected: boolean): string | undefined {
  if (model.state === "loading") return "It is still being loaded.";
  if (model.state === "dead") return "Its engine died; load it again first.";
  return isSelected ? "It is chosen already." : undefined;
}

function useRunCommands(): void {
  const runs = useStudioState((state) => state.runs);
  useCommands(
    useMemo(
      () => [
        { id: "run.none", title: "Go to the start page", group: "Runs", run: () => openRun(undefined) },
        ...[...(runs ?? [])]
          .sort((a, b) => b.run - a.run)
          .slice(0, kNewestRuns)
          .map(openCommand),
      ],
      [runs],
    ),
  );
}

function openCommand(run: RunSummary): Command {
  return {
    id: `run.open.${run.run}`,
    title: `Open run ${run.run}: ${runName(run).slice(0, 60)}`,
    group: "Runs",
    run: () => openRun(run.run),
  };
}
