import { useMemo } from "react";
import type { RunId } from "../../base/brand";
import type { RunSummary } from "../../protocol/types";
import { type Command, useCommands } from "../../state/commands";
import { useIsReady, useRunSummary } from "../../state/hooks";
import { openOverlay } from "../../state/route";
import { obstacleToDelete, obstacleToLabel } from "./run-words";

/** Offers to the palette what can be done with the recording of the run in sight. */
export function useRecordingCommands(current: RunId | undefined): void {
  const isReady = useIsReady();
  const run = useRunSummary(current);
  const number = run?.run;
  const toLabel = obstacleTo(obstacleToLabel, run, isReady);
  const toDelete = obstacleTo(obstacleToDelete, run, isReady);
  useCommands(
    useMemo<readonly Command[]>(() => {
      const open = (part: "about" | "delete") => () => {
        if (number !== undefined) openOverlay({ kind: "run", run: number, part });
      };
      const group = "Runs";
      return [
        { id: "run.rename", title: "Rename this run", group, obstacle: toLabel, run: open("about") },
        { id: "run.label", title: "Tags and note of this run", group, obstacle: toLabel, run: open("about") },
        { id: "run.delete", title: "Delete this run", group, obstacle: toDelete, run: open("delete") },
      ];
    }, [number, toLabel, toDelete]),
  );
}

function obstacleTo(
  rule: (run: RunSummary) => string | undefined,
  run: RunSummary | undefined,
  isReady: boolean,
): string | undefined {
  if (run === undefined) return "No run is in sight.";
  return isReady ? rule(run) : "There is no connection to the server.";
}
