import { TokenPicker } from "../../parts/token-picker";
import type { RunRecord } from "../../state/run-record";
import { Button } from "../../widgets/button";
import { Help } from "../../widgets/help";
import { Icon } from "../../widgets/icon";
import { Popover } from "../../widgets/popover";
import styles from "./stop-bar.module.css";
import type { StopActions as Actions } from "./use-stop-actions";

interface StopActionsProps {
  readonly record: RunRecord;
  readonly actions: Actions;
}

/** The buttons of a stopped run. */
export function StopActions({ record, actions }: StopActionsProps) {
  const isDisabled = actions.obstacle !== undefined;
  const hasPending = record.pending !== undefined;
  return (
    <div className={styles["actions"]}>
      <Button look="primary" isDisabled={isDisabled} aria-keyshortcuts="F8" onPress={actions.proceed}>
        <Icon name="run" /> Continue
      </Button>
      <Button isDisabled={isDisabled} aria-keyshortcuts="F10" onPress={actions.step}>
        <Icon name="step" /> Accept and step
      </Button>
      <Button isDisabled={isDisabled} onPress={actions.stop}>
        <Icon name="stop" /> End the run
      </Button>
      {hasPending && (
        <>
          <Popover label="Another token" trigger="Other …" triggerLabel="Another token …">
            <div className={styles["another"]}>
              <TokenPicker
                label="Your own next token"
                verb="Put"
                model={record.started?.model}
                onPick={(token) => actions.choose(token.id)}
              />
              <Help term="forcedToken" />
            </div>
          </Popover>
          <Popover label="Ban this token" trigger="Ban …" triggerLabel="Ban it …">
            <div className={styles["menu"]}>
              <Button isDisabled={isDisabled} onPress={() => actions.ban(1)}>
                Here only
              </Button>
              <Button isDisabled={isDisabled} onPress={() => actions.ban(0)}>
                For the rest of the run
              </Button>
              <Help term="bannedToken" />
            </div>
          </Popover>
        </>
      )}
      <Button look="quiet" isDisabled={isDisabled} onPress={actions.editSampler}>
        Sampler …
      </Button>
      {actions.dropBack !== undefined && (
        <Button
          look="quiet"
          isDisabled={isDisabled || actions.dropBackObstacle !== undefined}
          onPress={actions.dropBack}
        >
          Drop back
        </Button>
      )}
    </div>
  );
}
