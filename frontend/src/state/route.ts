import { useCallback, useMemo } from "react";
import { navigate, useHashLocation } from "wouter/use-hash-location";
import { asPosition, asRunId, type Position, type RunId } from "../base/brand";

export const kModelTabs = ["overview", "load", "metadata", "tensors", "tokenizer", "template"] as const;
export type ModelTab = (typeof kModelTabs)[number];

/** What the panel below the text shows. */
export const kBelowViews = ["timeline", "branches", "explore", "tree"] as const;
export type BelowView = (typeof kBelowViews)[number];

/** A view that lies over the page. */
export type Overlay =
  | { readonly kind: "settings" }
  | { readonly kind: "shortcuts" }
  | { readonly kind: "model"; readonly path: string; readonly tab: ModelTab }
  /** Undefined: a new one. */
  | { readonly kind: "breakpoint"; readonly id: number | undefined }
  /** Title, tags and note of a run, or the question whether to delete it. */
  | { readonly kind: "run"; readonly run: RunId; readonly part: RunPart };

export type RunPart = "about" | "delete";

/**
 * What the page shows, as the address holds it: #/run/3/41 is run 3 with
 * position 41 selected, #/run/3/41/settings the same behind the settings.
 */
export interface Route {
  readonly run: RunId | undefined;
  readonly position: Position | undefined;
  /** Undefined: the timeline. */
  readonly below?: Exclude<BelowView, "timeline"> | undefined;
  readonly overlay?: Overlay | undefined;
}

const kPattern =
  /^(?:\/run\/(\d+)(?:\/(\d+))?(?:\/(branches|explore|tree))?)?(\/(?:settings|shortcuts|(?:about|delete)\/\d+|breakpoint\/(?:\d+|new)|model\/.*))?\/?$/;

export function parseRoute(path: string): Route {
  const match = kPattern.exec(path);
  const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));
  const run = number(match?.[1]);
  const position = number(match?.[2]);
  return {
    run: run === undefined ? undefined : asRunId(run),
    position: position === undefined ? undefined : asPosition(position),
    below: kBelowViews.find((view) => view !== "timeline" && view === match?.[3]) as Route["below"],
    overlay: parseOverlay(match?.[4]),
  };
}

function parseOverlay(path: string | undefined): Overlay | undefined {
  const [, kind, file, tab] = path?.split("/") ?? [];
  if (kind === "settings" || kind === "shortcuts") return { kind };
  if (kind === "about" || kind === "delete") return { kind: "run", run: asRunId(Number(file)), part: kind };
  if (kind === "breakpoint") return { kind, id: file === "new" ? undefined : Number(file) };
  const decoded = unescaped(file);
  if (kind !== "model" || decoded === undefined) return undefined;
  return { kind, path: decoded, tab: kModelTabs.find((known) => known === tab) ?? "overview" };
}

function unescaped(text: string | undefined): string | undefined {
  try {
    return text === undefined || text === "" ? undefined : decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

export function formatRoute({ run, position, below, overlay }: Route): string {
  const place = position === undefined ? "" : `/${position}`;
  const base = run === undefined ? "" : `/run/${run}${place}${below === undefined ? "" : `/${below}`}`;
  return `${base}${formatOverlay(overlay)}` || "/";
}

function formatOverlay(overlay: Overlay | undefined): string {
  if (overlay === undefined) return "";
  if (overlay.kind === "run") return `/${overlay.part}/${overlay.run}`;
  if (overlay.kind === "breakpoint") return `/breakpoint/${overlay.id ?? "new"}`;
  if (overlay.kind !== "model") return `/${overlay.kind}`;
  return `/model/${encodeURIComponent(overlay.path)}${overlay.tab === "overview" ? "" : `/${overlay.tab}`}`;
}

export function useRoute(): Route {
  const [path] = useHashLocation();
  return useMemo(() => parseRoute(path), [path]);
}

/** What is shown below the text stays. */
export function openRun(run: RunId | undefined): void {
  navigate(formatRoute({ run, position: undefined, below: parseRoute(currentPath()).below }));
}

/** Shows a view below the text, about a position of a run. */
export function openView(run: RunId, position: Position | undefined, view: BelowView): void {
  const below = view === "timeline" ? undefined : view;
  navigate(formatRoute({ run, position, below }), { replace: parseRoute(currentPath()).run === run });
}

/** Opens a view over what is in sight; Back closes it. Changing within one is no step of its own. */
export function openOverlay(overlay: Overlay): void {
  const route = parseRoute(currentPath());
  navigate(formatRoute({ ...route, overlay }), { replace: route.overlay?.kind === overlay.kind });
}

/** Leaves no step behind: Back does not open again what was closed. */
export function closeOverlay(): void {
  const route = parseRoute(currentPath());
  if (route.overlay !== undefined) navigate(formatRoute({ ...route, overlay: undefined }), { replace: true });
}

function currentPath(): string {
  return `/${window.location.hash.replace(/^#?\/?/, "")}`;
}

/** Selects a position, or none. Replaces the address: Back leaves the run, not the last token. */
export function useSelect(run: RunId): (position: Position | undefined) => void {
  return useCallback(
    (position) => {
      const { below } = parseRoute(currentPath());
      navigate(formatRoute({ run, position, below }), { replace: true });
    },
    [run],
  );
}
