import { useId } from "react";
import { formatAgo, formatCount, formatMoment } from "../../base/format";
import type { RunSummary } from "../../protocol/types";
import { runName } from "../../protocol/words";
import { openOverlay } from "../../state/route";
import { Button } from "../../widgets/button";
import { Dialog } from "../../widgets/dialog";
import { Notice } from "../../widgets/notice";
import { ExportLinks } from "./export-links";
import styles from "./run-overlay.module.css";
import { obstacleToDelete, obstacleToLabel, stateOf, troubleOf } from "./run-words";
import { TagEditor } from "./tag-editor";
import { type LabelDraft, useLabelDraft } from "./use-label-draft";

interface RunDetailsProps {
  readonly run: RunSummary;
  readonly onClose: () => void;
}

/**
 * Title, tags and note of a run. A field is saved when it is left, and all when
 * the view is closed; if that fails the view stays once, so that nothing written
 * is lost unseen.
 */
export function RunDetails({ run, onClose }: RunDetailsProps) {
  const draft = useLabelDraft(run);
  const obstacle = obstacleToLabel(run);
  const close = async () => {
    if (draft.error !== undefined || (await draft.save())) onClose();
  };
  return (
    <Dialog title={`Run ${run.run}`} onClose={() => void close()}>
      <div className={styles["body"]}>
        <Facts run={run} />
        {obstacle !== undefined && (
          <Notice
            tone="calm"
            title={obstacle}
            hint="A title, tags and a note can be given to recorded runs."
          />
        )}
        {obstacle === undefined && <Label run={run} draft={draft} onEnter={() => void close()} />}
        {draft.error !== undefined && (
          <Notice
            tone="bad"
            title={`Not kept. ${draft.error.message}`}
            hint={draft.error.hint ?? "Close again to leave it as it was."}
          >
            <Button onPress={() => void draft.save()}>Try again</Button>
          </Notice>
        )}
        <ExportLinks run={run} />
        <Actions run={run} draft={draft} onClose={() => void close()} />
      </div>
    </Dialog>
  );
}

function Facts({ run }: { readonly run: RunSummary }) {
  const trouble = troubleOf(run);
  return (
    <>
      <p className={styles["facts"]}>
        {run.modelName} · {stateOf(run)} · {formatCount(run.nPrompt)} prompt + {formatCount(run.nGenerated)}{" "}
        tokens
        {run.isFromEarlierStart === true && " · from an earlier start of the server"}
      </p>
      {run.askedMs !== undefined && (
        <p className={styles["facts"]}>
          Asked for {formatMoment(run.askedMs)} ({formatAgo(run.askedMs, Date.now())})
        </p>
      )}
      {trouble !== undefined && <Notice tone="warn" title={`This run was ${trouble}.`} />}
    </>
  );
}

interface LabelProps {
  readonly run: RunSummary;
  readonly draft: LabelDraft;
  readonly onEnter: () => void;
}

function Label({ run, draft, onEnter }: LabelProps) {
  const id = useId();
  const { label, change, save } = draft;
  return (
    <>
      <div className={styles["field"]}>
        <label htmlFor={`${id}-title`}>Title</label>
        <input
          id={`${id}-title`}
          type="text"
          data-first-focus
          placeholder={runName({ ...run, title: undefined })}
          value={label.title ?? ""}
          onChange={(event) => change({ title: event.target.value })}
          onFocus={(event) => event.target.select()}
          onBlur={() => void save()}
          onKeyDown={(event) => {
            if (event.key === "Enter" && !event.nativeEvent.isComposing) onEnter();
          }}
          autoComplete="off"
        />
      </div>
      <TagEditor tags={label.tags ?? []} onChange={(tags) => void save({ tags })} />
      <div className={styles["field"]}>
        <label htmlFor={`${id}-note`}>Note</label>
        <textarea
          id={`${id}-note`}
          rows={5}
          placeholder="What was tried, what was seen"
          value={label.note ?? ""}
          onChange={(event) => change({ note: event.target.value })}
          onBlur={() => void save()}
        />
      </div>
    </>
  );
}

interface ActionsProps extends RunDetailsProps {
  readonly draft: LabelDraft;
}

function Actions({ run, draft, onClose }: ActionsProps) {
  const canDelete = obstacleToDelete(run) === undefined;
  return (
    <div className={styles["actions"]}>
      {canDelete && (
        <Button onPress={() => openOverlay({ kind: "run", run: run.run, part: "delete" })}>Delete …</Button>
      )}
      {!run.finished && <span className={styles["facts"]}>Can be deleted once it has ended.</span>}
      <span className={styles["grow"]} />
      {obstacleToLabel(run) === undefined && (
        <span className={styles["facts"]} role="status">
          {draft.isSaved ? "Everything is saved." : "Saved when you leave the field."}
        </span>
      )}
      <Button look="primary" onPress={onClose}>
        Done
      </Button>
    </div>
  );
}
