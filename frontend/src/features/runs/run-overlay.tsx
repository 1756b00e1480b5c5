import type { RunId } from "../../base/brand";
import { useIsReady, useRunSummary, useStudioState } from "../../state/hooks";
import type { RunPart } from "../../state/route";
import { Dialog } from "../../widgets/dialog";
import { DeleteQuestion } from "./delete-question";
import { RunDetails } from "./run-details";
import styles from "./run-overlay.module.css";

interface RunOverlayProps {
  readonly run: RunId;
  readonly part: RunPart;
  readonly onClose: () => void;
}

/** What is kept with a run, over the page. */
export function RunOverlay({ run, part, onClose }: RunOverlayProps) {
  const summary = useRunSummary(run);
  if (summary === undefined) return <UnknownRun run={run} onClose={onClose} />;
  if (part === "delete") return <DeleteQuestion run={summary} onClose={onClose} />;
  return <RunDetails key={run} run={summary} onClose={onClose} />;
}

function UnknownRun({ run, onClose }: Omit<RunOverlayProps, "part">) {
  const isReady = useIsReady();
  const isTold = useStudioState((state) => state.runs !== undefined);
  return (
    <Dialog title={`Run ${run}`} onClose={onClose}>
      <p className={styles["body"]}>{wordsOf(isReady, isTold)}</p>
    </Dialog>
  );
}

function wordsOf(isReady: boolean, isTold: boolean): string {
  if (isTold) return "The server has no such run, or has it no more.";
  return isReady ? "Asking for the runs …" : "Shown when the server is connected.";
}
