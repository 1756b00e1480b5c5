import { useCallback, useMemo } from "react";
import { navigate, useHashLocation } from "wouter/use-hash-location";
import { asPosition, asRunId, type Position, type RunId } from "../base/brand";

/** What the page shows, as the address holds it: #/run/3/41 is run 3 with position 41 selected. */
export interface Route {
  readonly run: RunId | undefined;
  readonly position: Position | undefined;
}

const kPattern = /^\/run\/(\d+)(?:\/(\d+))?$/;

export function parseRoute(path: string): Route {
  const match = kPattern.exec(path);
  const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));
  const run = number(match?.[1]);
  const position = number(match?.[2]);
  return {
    run: run === undefined ? undefined : asRunId(run),
    position: position === undefined ? undefined : asPosition(position),
  };
}

export function formatRoute(route: Route): string {
  if (route.run === undefined) return "/";
  return route.position === undefined ? `/run/${route.run}` : `/run/${route.run}/${route.position}`;
}

export function useRoute(): Route {
  const [path] = useHashLocation();
  return useMemo(() => parseRoute(path), [path]);
}

export function openRun(run: RunId | undefined): void {
  navigate(formatRoute({ run, position: undefined }));
}

/** Selects a position, or none. Replaces the address: Back leaves the run, not the last token. */
export function useSelect(run: RunId): (position: Position | undefined) => void {
  return useCallback((position) => navigate(formatRoute({ run, position }), { replace: true }), [run]);
}
