import type { ReactNode } from "react";
import { Button } from "../../widgets/button";
import { Icon } from "../../widgets/icon";
import styles from "./composer.module.css";
import type { LimitsDraft } from "./limits-draft";
import type { RunControl } from "./use-run-control";

interface RunControlsProps {
  readonly control: RunControl;
  /** Why no new run can start; undefined: one can. */
  readonly obstacle: string | undefined;
  readonly onStart: (startPaused: boolean) => void;
  /** Of the run in sight. */
  readonly usedSeed: number | undefined;
  readonly limits: LimitsDraft;
  readonly onLimits: (limits: LimitsDraft) => void;
  /** At the end of the line. */
  readonly children: ReactNode;
}

/** Starts a run, and steers the one in sight while it is alive. */
export function RunControls(props: RunControlsProps) {
  const { control, obstacle, onStart, children } = props;
  const { alive } = control;
  return (
    <div className={styles["controls"]}>
      {alive === undefined ? (
        <>
          <Button look="primary" isDisabled={obstacle !== undefined} onPress={() => onStart(false)}>
            <Icon name="run" /> Run
          </Button>
          <Button isDisabled={obstacle !== undefined} onPress={() => onStart(true)}>
            <Icon name="step" /> Start paused
          </Button>
          {obstacle === undefined ? (
            <SeedOrShortcut {...props} />
          ) : (
            <span className={styles["obstacle"]}>{obstacle}</span>
          )}
        </>
      ) : (
        <>
          <AliveControls control={control} />
          <Button look="quiet" isDisabled={obstacle !== undefined} onPress={() => onStart(false)}>
            <Icon name="plus" /> Queue another run
          </Button>
          <span className={styles["obstacle"]}>{control.obstacleTo("stop")}</span>
        </>
      )}
      <span className={styles["sections"]}>{children}</span>
    </div>
  );
}

function AliveControls({ control }: { readonly control: RunControl }) {
  const { alive, steer, obstacleTo } = control;
  const isPaused = alive?.phase?.kind === "paused";
  return (
    <>
      {isPaused ? (
        <Button
          look="primary"
          isDisabled={obstacleTo("resume") !== undefined}
          onPress={() => steer("resume")}
        >
          <Icon name="run" /> Resume
        </Button>
      ) : (
        <Button isDisabled={obstacleTo("pause") !== undefined} onPress={() => steer("pause")}>
          <Icon name="pause" /> Pause
        </Button>
      )}
      <Button isDisabled={obstacleTo("stepOnce") !== undefined} onPress={() => steer("stepOnce")}>
        <Icon name="step" /> Step
      </Button>
      <Button isDisabled={obstacleTo("stop") !== undefined} onPress={() => steer("stop")}>
        <Icon name="stop" /> Stop
      </Button>
    </>
  );
}

/** Draws as the run in sight did; or, if that is settled, how to run without the mouse. */
function SeedOrShortcut({ usedSeed, limits, onLimits }: RunControlsProps) {
  if (usedSeed !== undefined && limits.seed.trim() !== String(usedSeed)) {
    return (
      <Button look="quiet" onPress={() => onLimits({ ...limits, seed: String(usedSeed) })}>
        Use its seed again
      </Button>
    );
  }
  return (
    <span className={styles["obstacle"]}>
      <kbd>Ctrl</kbd> <kbd>Enter</kbd> runs it
    </span>
  );
}
