import { useState } from "react";
import { plural } from "../../base/format";
import type { AppError, RunSummary } from "../../protocol/types";
import { runName } from "../../protocol/words";
import { useStudio } from "../../state/hooks";
import { closeOverlay, openRun, useRoute } from "../../state/route";
import { errorOf } from "../../state/studio";
import { Button } from "../../widgets/button";
import { Dialog } from "../../widgets/dialog";
import { Notice } from "../../widgets/notice";
import styles from "./run-overlay.module.css";
import { obstacleToDelete } from "./run-words";

interface DeleteQuestionProps {
  readonly run: RunSummary;
  readonly onClose: () => void;
}

/** Asks before a run is deleted, which nothing undoes. */
export function DeleteQuestion({ run, onClose }: DeleteQuestionProps) {
  const studio = useStudio();
  const route = useRoute();
  const [isDeleting, setIsDeleting] = useState(false);
  const [error, setError] = useState<AppError>();
  const obstacle = obstacleToDelete(run);
  const leave = () => {
    closeOverlay();
    if (route.run === run.run) openRun(undefined);
  };
  const deleteIt = async () => {
    setIsDeleting(true);
    setError(undefined);
    try {
      await studio.deleteRun(run.run, leave);
    } catch (reason) {
      setError(errorOf(reason));
      setIsDeleting(false);
    }
  };
  return (
    <Dialog title={`Delete run ${run.run}?`} onClose={onClose}>
      <div className={styles["body"]}>
        <p className={styles["name"]}>{runName(run)}</p>
        <p>
          {plural(run.nGenerated, "generated token")}, everything recorded about them, title, tags and note
          are deleted from the disk. <b>This can’t be undone.</b>
        </p>
        {obstacle !== undefined && <Notice tone="warn" title={obstacle} />}
        {error !== undefined && <Notice tone="bad" title={error.message} hint={error.hint} />}
        <div className={styles["actions"]}>
          <Button data-first-focus onPress={onClose}>
            Keep it
          </Button>
          {obstacle === undefined && (
            <Button look="primary" isDisabled={isDeleting} onPress={() => void deleteIt()}>
              {isDeleting ? "Deleting …" : "Delete for good"}
            </Button>
          )}
        </div>
      </div>
    </Dialog>
  );
}
