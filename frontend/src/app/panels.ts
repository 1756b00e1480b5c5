import { useEffect, useMemo, useState } from "react";
import { type StoreApi, useStore } from "zustand";
import type { Preferences } from "../state/preferences";

/** The panels around the token stream, each of which can be put away. */
export const kPanels = [
  { id: "side", name: "models and runs", icon: "left", shortcut: "$mod+b" },
  { id: "prompt", name: "prompt", icon: "top", shortcut: "$mod+shift+u" },
  { id: "inspector", name: "inspector", icon: "right", shortcut: "$mod+i" },
  { id: "timeline", name: "timeline", icon: "bottom", shortcut: "$mod+j" },
] as const;

export type PanelId = (typeof kPanels)[number]["id"];
type Sizes = Readonly<Record<PanelId, number>>;

const kLeastPx: Sizes = { side: 190, prompt: 96, inspector: 320, timeline: 84 };
/** What the stream keeps beside the panels. */
const kStreamWidthPx = 280;
const kStreamHeightPx = 180;
const kStepPx = 60;

export interface Panels {
  /** In pixels; 0: put away. */
  readonly sizes: Sizes;
  isOpen(panel: PanelId): boolean;
  toggle(panel: PanelId): void;
  /** A size too small to be of use puts the panel away. */
  resize(panel: PanelId, px: number): void;
  /** Makes it larger, or smaller, by a step: what dragging does, without dragging. */
  grow(panel: PanelId, direction: 1 | -1): void;
  /** An open panel gets at least so much, as far as there is room. */
  ensure(panel: PanelId, px: number): void;
  largest(panel: PanelId): number;
  /** All, or one, as it suits the window. */
  reset(panel?: PanelId): void;
}

/** The sizes that suit the window, for someone who has set none. Before there is a run the prompt may have more. */
function suitable(hasRun: boolean): Sizes {
  const { innerWidth: width, innerHeight: height } = window;
  return {
    side: clamp(width * 0.18, 226, 280),
    prompt: hasRun ? clamp(height * 0.36, 250, 380) : clamp(height * 0.44, 312, 460),
    inspector: clamp(width * 0.32, 380, 490),
    timeline: clamp(height * 0.21, 152, 220),
  };
}

const clamp = (value: number, low: number, high: number) => Math.round(Math.min(high, Math.max(low, value)));

/** The same, also when the window has become another size. */
function useSuitable(hasRun: boolean): Sizes {
  const [sizes, setSizes] = useState(() => suitable(hasRun));
  useEffect(() => {
    const adapt = () => setSizes(suitable(hasRun));
    adapt();
    window.addEventListener("resize", adapt);
    return () => window.removeEventListener("resize", adapt);
  }, [hasRun]);
  return sizes;
}

/** The sizes of the panels, which the preferences keep, and what can be done with them. */
export function usePanels(preferences: StoreApi<Preferences>, hasRun: boolean): Panels {
  const chosen = useStore(preferences, ({ panelSizes }) => panelSizes);
  const initial = useSuitable(hasRun);
  return useMemo(() => {
    const sizes: Sizes = { ...initial, ...chosen };
    const set = (changes: Partial<Sizes>) =>
      preferences.setState(({ panelSizes }) => ({ panelSizes: { ...panelSizes, ...changes } }));
    const resize = (panel: PanelId, px: number) => {
      const isTooSmall = px < kLeastPx[panel] * 0.6;
      const high = largest(panel, sizes);
      set({ [panel]: isTooSmall ? 0 : clamp(px, Math.min(kLeastPx[panel], high), high) });
    };
    const isOpen = (panel: PanelId) => sizes[panel] > 0;
    return {
      sizes,
      isOpen,
      resize,
      toggle: (panel) => set({ [panel]: isOpen(panel) ? 0 : initial[panel] }),
      grow: (panel, direction) => {
        const isLeast = sizes[panel] <= kLeastPx[panel];
        if (isLeast) resize(panel, direction > 0 ? Math.max(sizes[panel] + kStepPx, kLeastPx[panel]) : 0);
        else resize(panel, Math.max(kLeastPx[panel], sizes[panel] + direction * kStepPx));
      },
      ensure: (panel, px) => {
        if (isOpen(panel) && sizes[panel] < Math.min(px, largest(panel, sizes))) resize(panel, px);
      },
      largest: (panel) => largest(panel, sizes),
      reset: (panel) => set(panel === undefined ? initial : { [panel]: initial[panel] }),
    };
  }, [preferences, chosen, initial]);
}

/** What the other panels and the stream leave to it. */
function largest(panel: PanelId, sizes: Sizes): number {
  const { innerWidth: width, innerHeight: height } = window;
  switch (panel) {
    case "side":
      return Math.max(0, width - sizes.inspector - kStreamWidthPx);
    case "inspector":
      return Math.max(0, width - sizes.side - kStreamWidthPx);
    case "prompt":
      return Math.max(0, height - sizes.timeline - kStreamHeightPx);
    case "timeline":
      return Math.max(0, height - sizes.prompt - kStreamHeightPx);
  }
}
