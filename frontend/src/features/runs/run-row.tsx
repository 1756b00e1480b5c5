import { type KeyboardEvent, useRef, useState } from "react";
import { formatAgo, formatCount, formatMoment } from "../../base/format";
import { withVisibleControls } from "../../base/visible-text";
import type { RunSummary } from "../../protocol/types";
import { runName } from "../../protocol/words";
import { useStudio } from "../../state/hooks";
import { formatRoute, openOverlay } from "../../state/route";
import { errorOf } from "../../state/studio";
import { Button } from "../../widgets/button";
import { Icon } from "../../widgets/icon";
import { Notice } from "../../widgets/notice";
import styles from "./run-panel.module.css";
import { obstacleToLabel, stateOf, troubleOf } from "./run-words";

interface RunRowProps {
  readonly run: RunSummary;
  readonly isCurrent: boolean;
}

/** A run in the list: opens it, renames it in place (F2 or a double click), leads to what is kept with it. */
export function RunRow({ run, isCurrent }: RunRowProps) {
  const linkRef = useRef<HTMLAnchorElement>(null);
  const [isRenaming, setIsRenaming] = useState(false);
  const [problem, setProblem] = useState<string>();
  const studio = useStudio();
  const canRename = obstacleToLabel(run) === undefined;
  const rename = async (title: string) => {
    setIsRenaming(false);
    setProblem(undefined);
    if (title === (run.title ?? "")) return;
    try {
      await studio.updateRun(run.run, { title });
    } catch (reason) {
      setProblem(errorOf(reason).message);
    }
  };
  const begin = () => canRename && setIsRenaming(true);
  const end = (title: string | undefined) => {
    if (title === undefined) setIsRenaming(false);
    else void rename(title);
  };
  return (
    <li className={styles["item"]} data-current={isCurrent}>
      <a
        ref={linkRef}
        href={`#${formatRoute({ run: run.run, position: undefined })}`}
        className={styles["row"]}
        aria-current={isCurrent ? "true" : undefined}
        aria-keyshortcuts={canRename ? "F2" : undefined}
        title={tooltip(run)}
        onDoubleClick={begin}
        onKeyDown={(event) => {
          if (event.key === "F2") begin();
        }}
      >
        <RowText run={run} />
      </a>
      <Button
        look="quiet"
        aria-label={`About run ${run.run}: ${runName(run)}`}
        onPress={() => openOverlay({ kind: "run", run: run.run, part: "about" })}
      >
        <Icon name="more" />
      </Button>
      {isRenaming && (
        <TitleInput
          run={run}
          onEnd={(title, isByKey) => {
            end(title);
            if (isByKey) linkRef.current?.focus();
          }}
        />
      )}
      {problem !== undefined && <Notice tone="bad" title={`The title was not kept. ${problem}`} />}
    </li>
  );
}

function RowText({ run }: { readonly run: RunSummary }) {
  const trouble = troubleOf(run);
  return (
    <>
      <span className={styles["dot"]} data-state={stateOf(run)} aria-hidden="true" />
      <span className={styles["prompt"]}>{runName(run)}</span>
      <span className={styles["count"]}>{formatCount(run.nGenerated)}</span>
      <span className={styles["about"]}>
        {run.modelName} · {stateOf(run)}
        {run.askedMs !== undefined && (
          <>
            {" · "}
            <time dateTime={new Date(run.askedMs).toISOString()} title={formatMoment(run.askedMs)}>
              {formatAgo(run.askedMs, Date.now())}
            </time>
          </>
        )}
        {run.isFromEarlierStart === true && " · from an earlier start"}
      </span>
      {trouble !== undefined && <span className={styles["trouble"]}>{trouble}</span>}
      {run.tags !== undefined && run.tags.length > 0 && (
        <span className={styles["tags"]}>
          {run.tags.map((tag) => (
            <span key={tag} className={styles["tag"]}>
              {withVisibleControls(tag)}
            </span>
          ))}
        </span>
      )}
    </>
  );
}

function tooltip(run: RunSummary): string {
  return [
    `Run ${run.run}: ${runName(run)}`,
    `${run.modelName}, ${formatCount(run.nGenerated)} tokens, ${stateOf(run)}`,
    ...(run.askedMs === undefined ? [] : [formatMoment(run.askedMs)]),
    ...(obstacleToLabel(run) === undefined ? ["F2 or a double click renames it"] : []),
  ].join("\n");
}

interface TitleInputProps {
  readonly run: RunSummary;
  /** Undefined: as it was. */
  readonly onEnd: (title: string | undefined, isByKey: boolean) => void;
}

function TitleInput({ run, onEnd }: TitleInputProps) {
  const [title, setTitle] = useState(run.title ?? "");
  const isOver = useRef(false);
  const end = (result: string | undefined, isByKey: boolean) => {
    // One that goes by a key loses the focus, too: that must not save again, nor what Escape took back.
    if (isOver.current) return;
    isOver.current = true;
    onEnd(result, isByKey);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    if (event.nativeEvent.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    end(event.key === "Enter" ? title.trim() : undefined, true);
  };
  return (
    <input
      ref={selectAll}
      type="text"
      className={styles["rename"]}
      aria-label={`Title of run ${run.run}`}
      placeholder={runName({ ...run, title: undefined })}
      value={title}
      onChange={(event) => setTitle(event.target.value)}
      onKeyDown={onKeyDown}
      onBlur={() => end(title.trim(), false)}
      spellCheck={false}
      autoComplete="off"
    />
  );
}

function selectAll(input: HTMLInputElement | null): void {
  input?.focus();
  input?.select();
}
