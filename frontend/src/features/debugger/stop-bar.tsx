import { useStore } from "zustand";
import type { Position } from "../../base/brand";
import { breakpointWords } from "../../protocol/debug-words";
import type { PauseReason, StepDetail } from "../../protocol/types";
import { useRunValue, useStudio } from "../../state/hooks";
import type { RunRecord } from "../../state/run-record";
import { Help } from "../../widgets/help";
import { Notice } from "../../widgets/notice";
import { Choices } from "./choices";
import { StopActions } from "./stop-actions";
import styles from "./stop-bar.module.css";
import { useStopActions } from "./use-stop-actions";

interface StopBarProps {
  readonly record: RunRecord;
  readonly onSelect: (position: Position | undefined) => void;
}

/** Why a run stands still, and what can be done there; nothing while it does not. */
export function StopBar(props: StopBarProps) {
  const phase = useRunValue(props.record, (run) => run.phase);
  if (!props.record.isLive || phase?.kind !== "paused") return null;
  return (
    <Stopped {...props} reason={phase.reason} hits={phase.breakpoints ?? kNoHits} pending={phase.pending} />
  );
}

const kNoHits: readonly number[] = [];

interface StoppedProps extends StopBarProps {
  readonly reason: PauseReason;
  readonly hits: readonly number[];
  /** Undefined: the run stands within its prompt. */
  readonly pending: StepDetail | undefined;
}

function Stopped({ record, onSelect, reason, hits, pending }: StoppedProps) {
  const actions = useStopActions(record, pending);
  return (
    <section className={styles["bar"]} aria-label="Stopped">
      <p className={styles["reason"]} role="status">
        <b>{kReasons[reason]}</b> <Hits record={record} hits={hits} />
        <Help term="stoppedRun" />
        {pending?.forced === true && " You put this token in the place of the chain’s."}
      </p>
      {pending !== undefined && (
        <Choices
          record={record}
          pending={pending}
          obstacle={actions.obstacle}
          onChoose={actions.choose}
          onShow={() => onSelect(pending.position)}
        />
      )}
      <StopActions record={record} actions={actions} />
      {actions.error !== undefined && (
        <Notice tone="bad" title={actions.error.message} hint={actions.error.hint} />
      )}
    </section>
  );
}

const kReasons: Readonly<Record<PauseReason, string>> = {
  asked: "Stopped on demand.",
  stepped: "Stopped after a step.",
  start: "Stopped before the first token.",
  breakpoint: "Stopped at a breakpoint:",
};

function Hits({ record, hits }: { readonly record: RunRecord; readonly hits: readonly number[] }) {
  const { debugSettings } = useStudio();
  const own = useStore(debugSettings.store, ({ breakpoints }) => breakpoints);
  const words = hits.map((id) => {
    const hit = record.debugging.breakpoints.find((one) => one.id === id);
    const kept = own.find((one) => one.id === id);
    if (hit === undefined && kept === undefined) return `breakpoint ${id}`;
    const context = { labels: kept?.labels, sampler: record.started?.sampler };
    return breakpointWords(
      hit ?? kept ?? { id, conditions: [], disabled: false, ignore: 0, once: false },
      context,
    );
  });
  return words.length === 0 ? null : `${words.join("; ")}.`;
}
