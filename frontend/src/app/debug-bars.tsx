import { lazy, useCallback } from "react";
import type { Position } from "../base/brand";
import { useSentSettings, useSharedSettings } from "../state/debug-settings";
import { useHasServer, useIsReady, useRunValue, useStudio } from "../state/hooks";
import type { RunRecord } from "../state/run-record";
import { useReplayCommand } from "../state/use-replay";
import { Fetched } from "../widgets/fetched";
import styles from "./app.module.css";

const StopBar = lazy(async () => ({ default: (await import("../features/debugger/stop-bar")).StopBar }));
const OriginBar = lazy(async () => ({
  default: (await import("../features/debugger/origin-bar")).OriginBar,
}));

interface DebugBarsProps {
  readonly record: RunRecord;
  readonly onSelect: (position: Position | undefined) => void;
}

/** Above the text: where a branch comes from, and why a run stands still. Fetched when there is something to say. */
export function DebugBars({ record, onSelect }: DebugBarsProps) {
  const hasServer = useHasServer();
  const hasParent = useRunValue(record, ({ started }) => started?.parent !== undefined);
  const isStopped = useRunValue(record, ({ phase }) => phase?.kind === "paused");
  useSettingsOfRun(record);
  useReplayCommand(record);
  return (
    <div className={styles["bars"]}>
      <Fetched name="state of the run">
        {hasParent && <OriginBar record={record} />}
        {hasServer && isStopped && <StopBar key={record.run} record={record} onSelect={onSelect} />}
      </Fetched>
    </div>
  );
}

/** Changes of breakpoints and watches reach the run in sight at once. */
function useSettingsOfRun(record: RunRecord): void {
  const studio = useStudio();
  const isReady = useIsReady();
  const isLive = useRunValue(record, (run) => run.isLive);
  const send = useCallback(
    (what: "breakpoints" | "watches") => void studio.sendSettings(what, record.run),
    [studio, record],
  );
  useSharedSettings(studio.debugSettings);
  useSentSettings(studio.debugSettings, isReady && isLive, send);
}
