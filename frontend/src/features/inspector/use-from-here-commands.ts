import { useMemo } from "react";
import type { StepDetail } from "../../protocol/types";
import { type Command, useCommands } from "../../state/commands";
import { openView } from "../../state/route";
import type { RunRecord } from "../../state/run-record";
import type { Forking } from "../../state/use-fork";
import { useTokenMarks } from "./use-token-marks";

/** What can be done from the selected token, for the palette and the keys. */
export function useFromHereCommands(record: RunRecord, detail: StepDetail, fork: Forking): void {
  const marks = useTokenMarks(detail);
  const { position } = detail;
  const commands = useMemo<readonly Command[]>(() => {
    const group = "From the selected token";
    const obstacle = fork.obstacle ?? (position === 0 ? "Nothing comes before this token." : undefined);
    const one = (id: string, title: string, run: () => void, shortcut?: string): Command => ({
      id: `here.${id}`,
      title,
      group,
      shortcut,
      run,
    });
    return [
      {
        ...one(
          "stand",
          "Stand here again, in a branch",
          () => fork.start({ position, startPaused: true }),
          "b",
        ),
        obstacle,
      },
      { ...one("again", "Branch from here with nothing changed", () => fork.start({ position })), obstacle },
      one("explore", "Explore what could come here", () => openView(record.run, position, "explore"), "e"),
      one("tree", "Show the probability tree from here", () => openView(record.run, position, "tree"), "t"),
      one("stopToken", "Breakpoint: at every token like this", marks.stopAtToken),
      one("stopPosition", "Breakpoint: at this position", marks.stopAtPosition),
      ...(marks.stopAtSurprise === undefined
        ? []
        : [one("stopSurprise", "Breakpoint: at surprises like this", marks.stopAtSurprise.add)]),
      one("watch", "Watch: follow the probability of this token", marks.watchToken),
    ];
  }, [record.run, position, fork, marks]);
  useCommands(commands);
}
