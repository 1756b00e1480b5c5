import { useMemo } from "react";
import type { Position } from "../../base/brand";
import { useCommands } from "../../state/commands";
import type { WouldBeRun } from "../../state/what-if";

/** Moves from one token that would have come out differently to the next. */
export function useWhatIfCommands(
  outcome: WouldBeRun,
  nChanged: number,
  selected: Position,
  onSelect: (position: Position) => void,
): void {
  const commands = useMemo(() => {
    const move = (id: string, title: string, shortcut: string, direction: 1 | -1) => {
      const to = outcome.neighbour(selected, direction);
      const obstacle =
        to !== undefined
          ? undefined
          : nChanged === 0
            ? "No token would have differed."
            : "There is none further on.";
      const run = () => {
        if (to !== undefined) onSelect(to);
      };
      return { id, title, group: "What if", shortcut, obstacle, run };
    };
    return [
      move("whatIf.next", "Next token that would have differed", "}", 1),
      move("whatIf.previous", "Previous token that would have differed", "{", -1),
    ];
  }, [outcome, nChanged, selected, onSelect]);
  useCommands(commands);
}
