import { useMemo, useState } from "react";
import { asPosition } from "../../base/brand";
import { decodeWithEscapes } from "../../base/utf8";
import { quoted } from "../../base/visible-text";
import type { AppError, StepDetail } from "../../protocol/types";
import { type Command, useCommands } from "../../state/commands";
import { useIsReady, useStudio } from "../../state/hooks";
import type { RunRecord } from "../../state/run-record";
import { errorOf } from "../../state/studio";
import { useFork } from "../../state/use-fork";
import { kMostChoices } from "./choices";

/** What a person does with a run that stands still. */
export interface StopActions {
  /** Why nothing can be done now; undefined: it can. */
  readonly obstacle: string | undefined;
  readonly error: AppError | undefined;
  readonly proceed: () => void;
  /** Accepts the token that waits, and stands still before the next. */
  readonly step: () => void;
  readonly stop: () => void;
  /** Puts another token in the place of the one that waits. */
  readonly choose: (id: number) => void;
  /** Forbids the token that waits: another one is chosen. `nSteps` 0: for the rest of the run. */
  readonly ban: (nSteps: number) => void;
  /** Has the composer show the chain, to be changed and used here. */
  readonly editSampler: () => void;
  /** Stands before the newest token again, in a branch; undefined: there is none. */
  readonly dropBack: (() => void) | undefined;
  readonly dropBackObstacle: string | undefined;
}

export function useStopActions(record: RunRecord, pending: StepDetail | undefined): StopActions {
  const studio = useStudio();
  const isReady = useIsReady();
  const fork = useFork(record);
  const [error, setError] = useState<AppError>();
  const { run, tokens, nGenerated } = record;
  const actions = useMemo<StopActions>(() => {
    const attempt = (action: Promise<void>) => {
      setError(undefined);
      action.catch((reason: unknown) => setError(errorOf(reason)));
    };
    const newest = tokens.length - 1;
    return {
      obstacle: isReady ? undefined : "Waiting for the server.",
      error: error ?? fork.error,
      proceed: () => attempt(studio.control("resume", run)),
      step: () => attempt(studio.control("stepOnce", run)),
      stop: () => attempt(studio.control("stop", run)),
      choose: (id) => attempt(studio.forceToken(run, id)),
      ban: (nSteps) => {
        if (pending !== undefined) attempt(studio.banTokens(run, [pending.token.id], nSteps));
      },
      editSampler: () => {
        const sampler = record.samplerAt(asPosition(record.length));
        studio.draftRequests.ask({ sampler, opensChain: true });
      },
      dropBack:
        nGenerated > 0
          ? () => fork.start({ position: tokens.position(newest), startPaused: true })
          : undefined,
      dropBackObstacle: fork.obstacle,
    };
  }, [studio, isReady, run, tokens, nGenerated, record, pending, error, fork]);
  useStopCommands(actions, pending);
  return actions;
}

function useStopCommands(actions: StopActions, pending: StepDetail | undefined): void {
  const commands = useMemo<readonly Command[]>(() => {
    if (pending === undefined) return [];
    const { obstacle } = actions;
    const one = (id: string, title: string, run: () => void, shortcut?: string): Command => ({
      id: `stopped.${id}`,
      title,
      group: "Stopped run",
      shortcut,
      obstacle,
      run,
    });
    const waiting = quoted(decodeWithEscapes(pending.token.bytes));
    return [
      ...pending.candidates
        .slice(0, kMostChoices)
        .map(({ token }, index) =>
          one(
            `choose.${index + 1}`,
            `Put ${quoted(decodeWithEscapes(token.bytes))} next`,
            () => actions.choose(token.id),
            String(index + 1),
          ),
        ),
      one("banOnce", `Ban ${waiting} here`, () => actions.ban(1)),
      one("ban", `Ban ${waiting} for the rest of the run`, () => actions.ban(0)),
      one("sampler", "Change the sampler of the stopped run", actions.editSampler),
      {
        ...one("dropBack", "Drop back: stand before the newest token again", () => actions.dropBack?.()),
        obstacle:
          obstacle ??
          actions.dropBackObstacle ??
          (actions.dropBack === undefined ? "Nothing is generated yet." : undefined),
      },
    ];
  }, [actions, pending]);
  useCommands(commands);
}
