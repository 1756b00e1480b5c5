import { lazy } from "react";
import { type StoreApi, useStore } from "zustand";
import type { Preferences } from "../state/preferences";
import { closeOverlay, type Overlay } from "../state/route";
import { Fetched } from "../widgets/fetched";

// None of these is needed to see a token: each is fetched when it is opened.
const Palette = lazy(async () => ({ default: (await import("../features/palette/palette")).Palette }));
const Settings = lazy(async () => ({ default: (await import("../features/settings/settings")).Settings }));
const ShortcutOverview = lazy(async () => ({
  default: (await import("../features/shortcuts/shortcut-overview")).ShortcutOverview,
}));
const ModelDetails = lazy(async () => ({
  default: (await import("../features/models/model-details")).ModelDetails,
}));
const BreakpointForm = lazy(async () => ({
  default: (await import("../features/debugger/breakpoints/breakpoint-form")).BreakpointForm,
}));
const RunOverlay = lazy(async () => ({ default: (await import("../features/runs/run-overlay")).RunOverlay }));

interface OverlaysProps {
  readonly overlay: Overlay | undefined;
  readonly isPaletteOpen: boolean;
  readonly onPaletteClose: () => void;
  readonly preferences: StoreApi<Preferences>;
}

/** What lies over the page: at most one view of the address, and the palette. */
export function Overlays({ overlay, isPaletteOpen, onPaletteClose, preferences }: OverlaysProps) {
  return (
    <Fetched name="view" key={overlay?.kind}>
      {isPaletteOpen && <Palette onClose={onPaletteClose} />}
      {overlay !== undefined && <View overlay={overlay} preferences={preferences} />}
    </Fetched>
  );
}

interface ViewProps {
  readonly overlay: Overlay;
  readonly preferences: StoreApi<Preferences>;
}

function View({ overlay, preferences }: ViewProps) {
  const areSingleKeysOn = useStore(preferences, ({ singleKeys }) => singleKeys);
  switch (overlay.kind) {
    case "settings":
      return <Settings preferences={preferences} onClose={closeOverlay} />;
    case "shortcuts":
      return <ShortcutOverview areSingleKeysOn={areSingleKeysOn} onClose={closeOverlay} />;
    case "breakpoint":
      return <BreakpointForm key={overlay.id} id={overlay.id} onClose={closeOverlay} />;
    case "run":
      return <RunOverlay run={overlay.run} part={overlay.part} onClose={closeOverlay} />;
    case "model":
      return <ModelDetails key={overlay.path} path={overlay.path} tab={overlay.tab} onClose={closeOverlay} />;
  }
}
