import { useRef, useState } from "react";
import type { AppError, RunLabel, RunSummary } from "../../protocol/types";
import { useStudio } from "../../state/hooks";
import { errorOf } from "../../state/studio";

export interface LabelDraft {
  /** As it will be once everything is saved. */
  readonly label: Required<RunLabel>;
  readonly isSaved: boolean;
  /** Why the last change is not kept. */
  readonly error: AppError | undefined;
  readonly change: (change: RunLabel) => void;
  /** Sends what is not kept yet, or with it `change`; false: that failed. */
  readonly save: (change?: RunLabel) => Promise<boolean>;
}

/** What someone changes about a run, until the server has it. */
export function useLabelDraft(run: RunSummary): LabelDraft {
  const studio = useStudio();
  const [draft, setDraft] = useState<RunLabel>({});
  const [error, setError] = useState<AppError>();
  const underway = useRef<{ readonly draft: RunLabel; readonly done: Promise<boolean> }>(undefined);
  const send = async (sent: RunLabel) => {
    try {
      const title = sent.title?.trim();
      await studio.updateRun(run.run, title === undefined ? sent : { ...sent, title });
      setDraft((now) => (now === sent ? {} : now));
      setError(undefined);
      return true;
    } catch (reason) {
      setError(errorOf(reason));
      return false;
    } finally {
      underway.current = undefined;
    }
  };
  const save = (change?: RunLabel): Promise<boolean> => {
    const next = change === undefined ? draft : { ...draft, ...change };
    if (change !== undefined) setDraft(next);
    if (Object.keys(next).length === 0) return Promise.resolve(true);
    // A field that is left because the view is closed asks twice.
    if (underway.current?.draft === next) return underway.current.done;
    const done = send(next);
    underway.current = { draft: next, done };
    return done;
  };
  return {
    label: {
      title: draft.title ?? run.title,
      note: draft.note ?? run.note,
      tags: draft.tags ?? run.tags,
    },
    isSaved: Object.keys(draft).length === 0,
    error,
    change: (change) => {
      setDraft({ ...draft, ...change });
      setError(undefined);
    },
    save,
  };
}
