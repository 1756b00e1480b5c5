import { useCallback, useMemo } from "react";
import { navigate, useHashLocation } from "wouter/use-hash-location";
import { asPosition, asRunId, type Position, type RunId } from "../base/brand";

export const kModelTabs = ["overview", "load", "metadata", "tensors", "tokenizer", "template"] as const;
export type ModelTab = (typeof kModelTabs)[number];

/** A view that lies over the page. */
export type Overlay =
  | { readonly kind: "settings" }
  | { readonly kind: "shortcuts" }
  | { readonly kind: "model"; readonly path: string; readonly tab: ModelTab }
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
  readonly overlay?: Overlay | undefined;
}

const kPattern =
  /^(?:\/run\/(\d+)(?:\/(\d+))?)?(\/(?:settings|shortcuts|(?:about|delete)\/\d+|model\/.*))?\/?$/;

export function parseRoute(path: string): Route {
  const match = kPattern.exec(path);
  const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));
  const run = number(match?.[1]);
  const position = number(match?.[2]);
  return {
    run: run === undefined ? undefined : asRunId(run),
    position: position === undefined ? undefined : asPosition(position),
    overlay: parseOverlay(match?.[3]),
  };
}

function parseOverlay(path: string | undefined): Overlay | undefined {
  const [, kind, file, tab] = path?.split("/") ?? [];
  if (kind === "settings" || kind === "shortcuts") return { kind };
  if (kind === "about" || kind === "delete") return { kind: "run", run: asRunId(Number(file)), part: kind };
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

export function formatRoute({ run, position, overlay }: Route): string {
  const base = run === undefined ? "" : `/run/${run}${position === undefined ? "" : `/${position}`}`;
  return `${base}${formatOverlay(overlay)}` || "/";
}

function formatOverlay(overlay: Overlay | undefined): string {
  if (overlay === undefined) return "";
  if (overlay.kind === "run") return `/${overlay.part}/${overlay.run}`;
  if (overlay.kind !== "model") return `/${overlay.kind}`;
  return `/model/${encodeURIComponent(overlay.path)}${overlay.tab === "overview" ? "" : `/${overlay.tab}`}`;
}

export function useRoute(): Route {
  const [path] = useHashLocation();
  return useMemo(() => parseRoute(path), [path]);
}

export function openRun(run: RunId | undefined): void {
  navigate(formatRoute({ run, position: undefined }));
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
  return useCallback((position) => navigate(formatRoute({ run, position }), { replace: true }), [run]);
}
