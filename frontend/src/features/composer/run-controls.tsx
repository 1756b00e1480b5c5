import type { RunId } from "../../base/brand";
import type { AppError, RunPhase } from "../../protocol/types";
import { useIsReady, useRunRecord, useRunVersion, useStudio } from "../../state/hooks";
import { errorOf } from "../../state/studio";
import { Button } from "../../widgets/button";
import { Icon } from "../../widgets/icon";
import styles from "./composer.module.css";

interface RunControlsProps {
  readonly run: RunId | undefined;
  /** Why no new run can start; undefined: one can. */
  readonly obstacle: string | undefined;
  readonly onStart: (startPaused: boolean) => Promise<void>;
  readonly onError: (error: AppError | undefined) => void;
}

/** Starts a run, and steers the one in sight while it is alive. */
export function RunControls({ run, obstacle, onStart, onError }: RunControlsProps) {
  const studio = useStudio();
  const isReady = useIsReady();
  const record = useRunRecord(run);
  useRunVersion(record);
  const alive = record?.isLive === true && run !== undefined ? { run, phase: record.phase } : undefined;

  const steer = async (kind: "pause" | "resume" | "stepOnce" | "stop") => {
    if (alive === undefined) return;
    onError(undefined);
    try {
      await studio.control(kind, alive.run);
    } catch (reason) {
      onError(errorOf(reason));
    }
  };

  return (
    <div className={styles["controls"]}>
      {alive === undefined ? (
        <>
          <Button look="primary" isDisabled={obstacle !== undefined} onPress={() => void onStart(false)}>
            <Icon name="run" /> Run
          </Button>
          <Button isDisabled={obstacle !== undefined} onPress={() => void onStart(true)}>
            <Icon name="step" /> Start paused
          </Button>
        </>
      ) : (
        <>
          <AliveControls phase={alive.phase} isReady={isReady} steer={(kind) => void steer(kind)} />
          <Button look="quiet" isDisabled={obstacle !== undefined} onPress={() => void onStart(false)}>
            <Icon name="plus" /> Queue another run
          </Button>
        </>
      )}
      <span className={styles["obstacle"]}>
        {alive === undefined ? (obstacle ?? <Shortcut />) : undefined}
      </span>
    </div>
  );
}

interface AliveControlsProps {
  readonly phase: RunPhase | undefined;
  readonly isReady: boolean;
  readonly steer: (kind: "pause" | "resume" | "stepOnce" | "stop") => void;
}

function AliveControls({ phase, isReady, steer }: AliveControlsProps) {
  return (
    <>
      {phase?.kind === "paused" ? (
        <>
          <Button look="primary" isDisabled={!isReady} onPress={() => steer("resume")}>
            <Icon name="run" /> Resume
          </Button>
          <Button isDisabled={!isReady} onPress={() => steer("stepOnce")}>
            <Icon name="step" /> Step
          </Button>
        </>
      ) : (
        <Button isDisabled={!isReady || phase === undefined} onPress={() => steer("pause")}>
          <Icon name="pause" /> Pause
        </Button>
      )}
      <Button isDisabled={!isReady} onPress={() => steer("stop")}>
        <Icon name="stop" /> Stop
      </Button>
    </>
  );
}

function Shortcut() {
  return (
    <>
      <kbd>Ctrl</kbd> <kbd>Enter</kbd> in the prompt runs it
    </>
  );
}
