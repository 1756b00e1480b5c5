import { useMemo } from "react";
import { asPosition } from "../base/brand";
import type { AppError } from "../protocol/types";
import { type Command, useCommands } from "./commands";
import { useRunValue } from "./hooks";
import type { RunRecord } from "./run-record";
import { useFork } from "./use-fork";

export interface Replay {
  /** Why it can't be replayed now, in words; undefined: it can. */
  readonly obstacle: string | undefined;
  readonly start: () => void;
  readonly error: AppError | undefined;
}

/** Decodes all of a run that has ended again, in a run of its own that is then compared with it. */
export function useReplay(record: RunRecord): Replay {
  const fork = useFork(record);
  const isLive = useRunValue(record, (run) => run.isLive);
  const length = useRunValue(record, ({ tokens }) => tokens.length);
  const { start, error } = fork;
  const obstacle =
    fork.obstacle ??
    (isLive ? "The run has not ended yet." : length === 0 ? "The run has no tokens." : undefined);
  return useMemo(
    () => ({ obstacle, start: () => start({ position: asPosition(length), replay: true }), error }),
    [obstacle, start, length, error],
  );
}

/** Offers the replay of the run in sight to the palette. */
export function useReplayCommand(record: RunRecord): void {
  const { obstacle, start } = useReplay(record);
  useCommands(
    useMemo<readonly Command[]>(
      () => [{ id: "run.replay", title: "Verify this run by a replay", group: "Runs", obstacle, run: start }],
      [obstacle, start],
    ),
  );
}
