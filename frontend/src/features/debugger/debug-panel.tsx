import type { Position, RunId } from "../../base/brand";
import { BreakpointPanel } from "./breakpoints/breakpoint-panel";
import { WatchPanel } from "./watches/watch-panel";

interface DebugPanelProps {
  readonly run: RunId | undefined;
  readonly selected: Position | undefined;
}

/** What the person looks out for: breakpoints and watches. */
export function DebugPanel({ run, selected }: DebugPanelProps) {
  return (
    <>
      <BreakpointPanel run={run} />
      <WatchPanel run={run} selected={selected} />
    </>
  );
}
