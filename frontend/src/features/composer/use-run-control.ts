import { useMemo } from "react";
import type { RunId } from "../../base/brand";
import type { AppError, RunPhase } from "../../protocol/types";
import { type Command, useCommands } from "../../state/commands";
import { useIsReady, useRunRecord, useRunValueIf, useStudio } from "../../state/hooks";
import { errorOf } from "../../state/studio";

export type Steering = "pause" | "resume" | "stepOnce" | "stop";

/** The run in sight, as far as it can be steered. */
export interface RunControl {
  /** Undefined: there is no run in sight, or it has ended. */
  readonly alive: { readonly run: RunId; readonly phase: RunPhase | undefined } | undefined;
  /** Why it can't be done now, in words; undefined: it can. */
  readonly obstacleTo: (what: Steering) => string | undefined;
  readonly steer: (what: Steering) => void;
}

export function useRunControl(
  run: RunId | undefined,
  onError: (error: AppError | undefined) => void,
): RunControl {
  const studio = useStudio();
  const isReady = useIsReady();
  const record = useRunRecord(run);
  const isLive = useRunValueIf(record, (one) => one.isLive) === true;
  const phase = useRunValueIf(record, (one) => one.phase);
  return useMemo(() => {
    const alive = isLive && run !== undefined ? { run, phase } : undefined;
    const steer = async (what: Steering) => {
      if (alive === undefined) return;
      onError(undefined);
      try {
        await studio.control(what, alive.run);
      } catch (reason) {
        onError(errorOf(reason));
      }
    };
    return {
      alive,
      obstacleTo: (what) => obstacleTo(what, isReady, alive),
      steer: (what) => void steer(what),
    };
  }, [studio, run, isReady, isLive, phase, onError]);
}

function obstacleTo(what: Steering, isReady: boolean, alive: RunControl["alive"]): string | undefined {
  if (!isReady) return "Waiting for the server.";
  if (alive === undefined) return "No run is under way.";
  const isPaused = alive.phase?.kind === "paused";
  if (what === "pause" && alive.phase === undefined) return "The run is waiting for its turn.";
  if (what === "pause" && isPaused) return "The run is paused already.";
  if ((what === "resume" || what === "stepOnce") && !isPaused) return "Pause the run first.";
  return undefined;
}

interface RunCommandsOptions {
  readonly control: RunControl;
  /** Why no run can start; undefined: one can. */
  readonly obstacle: string | undefined;
  readonly onStart: (startPaused: boolean) => void;
  readonly onFocusPrompt: () => void;
}

/** Offers to the palette and to the keyboard what the buttons of the composer do. */
export function useRunCommands({ control, obstacle, onStart, onFocusPrompt }: RunCommandsOptions): void {
  const commands = useMemo<readonly Command[]>(() => {
    const { steer } = control;
    const isPaused = control.alive?.phase?.kind === "paused";
    const steering = isPaused ? "resume" : "pause";
    const group = "Run";
    return [
      {
        id: "run.start",
        title: "Run the prompt",
        group,
        shortcut: "$mod+Enter",
        obstacle,
        run: () => onStart(false),
      },
      {
        id: "run.startPaused",
        title: "Start paused before the first token",
        group,
        shortcut: "$mod+Shift+Enter",
        obstacle,
        run: () => onStart(true),
      },
      {
        id: "run.pause",
        title: isPaused ? "Resume the run" : "Pause the run",
        group,
        shortcut: "F8",
        obstacle: control.obstacleTo(steering),
        run: () => steer(steering),
      },
      {
        id: "run.step",
        title: "Take one step",
        group,
        shortcut: "F10",
        obstacle: control.obstacleTo("stepOnce"),
        run: () => steer("stepOnce"),
      },
      {
        id: "run.stop",
        title: "Stop the run",
        group,
        shortcut: "$mod+.",
        obstacle: control.obstacleTo("stop"),
        run: () => steer("stop"),
      },
      { id: "prompt.focus", title: "Write the prompt", group: "Prompt", shortcut: "p", run: onFocusPrompt },
    ];
  }, [control, obstacle, onStart, onFocusPrompt]);
  useCommands(commands);
}
