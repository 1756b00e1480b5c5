import { useMemo } from "react";
import { useStore } from "zustand";
import type { RunId } from "../../../base/brand";
import { plural } from "../../../base/format";
import type { Stop } from "../../../protocol/debug-types";
import { breakpointWords } from "../../../protocol/debug-words";
import { type Command, useCommands } from "../../../state/commands";
import type { KeptBreakpoint } from "../../../state/debug-settings";
import { useRunRecord, useRunValueIf, useStudio } from "../../../state/hooks";
import { formatRoute, openOverlay } from "../../../state/route";
import type { RunRecord } from "../../../state/run-record";
import { Button } from "../../../widgets/button";
import { Help } from "../../../widgets/help";
import { Icon } from "../../../widgets/icon";
import { Notice } from "../../../widgets/notice";
import { Section } from "../../../widgets/panel";
import styles from "./breakpoint-panel.module.css";
import { ForeignBreakpoints } from "./foreign-breakpoints";

/** The person's breakpoints, with where each one has stopped the run in sight. */
export function BreakpointPanel({ run }: { readonly run: RunId | undefined }) {
  const { debugSettings } = useStudio();
  const breakpoints = useStore(debugSettings.store, (state) => state.breakpoints);
  const refusal = useStore(debugSettings.store, (state) => state.refusal);
  const record = useRunRecord(run);
  // What rows read of the run: not every token draws them again.
  useRunValueIf(record, ({ phase }) => phase);
  useRunValueIf(record, ({ debugging }) => debugging.stops);
  useRunValueIf(record, ({ debugging }) => debugging.breakpoints);
  useBreakpointCommands(breakpoints);
  return (
    <Section
      title="Breakpoints"
      aside={
        <span className={styles["aside"]}>
          <Help term="breakpoints" />
          <Button look="quiet" aria-label="New breakpoint" onPress={() => openOverlay(kNew)}>
            <Icon name="plus" />
          </Button>
        </span>
      }
    >
      {breakpoints.length === 0 ? (
        <p className={styles["hint"]}>
          None. One stops a run before a token: at a surprise, a word, a near tie, a loop …
        </p>
      ) : (
        <ul className={styles["list"]} aria-label="Breakpoints">
          {breakpoints.map((breakpoint) => (
            <Row key={breakpoint.id} breakpoint={breakpoint} record={record} />
          ))}
        </ul>
      )}
      {refusal !== undefined && (
        <Notice tone="bad" title={`The run did not take them. ${refusal.message}`} hint={refusal.hint} />
      )}
      {record !== undefined && <ForeignBreakpoints record={record} own={breakpoints} />}
    </Section>
  );
}

const kNew = { kind: "breakpoint", id: undefined } as const;

interface RowProps {
  readonly breakpoint: KeptBreakpoint;
  readonly record: RunRecord | undefined;
}

function Row({ breakpoint, record }: RowProps) {
  const { debugSettings } = useStudio();
  const { id, disabled, once, ignore, labels } = breakpoint;
  const words = breakpointWords(breakpoint, { labels, sampler: record?.started?.sampler });
  const stops = (record?.debugging.stops ?? []).filter((stop) => stop.breakpoints.includes(id));
  const phase = record?.phase;
  const isHit = phase?.kind === "paused" && phase.breakpoints?.includes(id) === true;
  const notes = [...(once ? ["once"] : []), ...(ignore > 0 ? [`passes over ${ignore}`] : [])];
  return (
    <li className={styles["row"]} data-hit={isHit} data-disabled={disabled}>
      <label className={styles["switch"]}>
        <input
          type="checkbox"
          checked={!disabled}
          onChange={(event) =>
            debugSettings.keepBreakpoint({ ...breakpoint, disabled: !event.target.checked })
          }
        />
        <span>
          {words}
          {notes.length > 0 && <small> ({notes.join(", ")})</small>}
        </span>
      </label>
      <span className={styles["buttons"]}>
        <Button
          look="quiet"
          aria-label={`Change breakpoint: ${words}`}
          onPress={() => openOverlay({ kind: "breakpoint", id })}
        >
          <Icon name="more" />
        </Button>
        <Button
          look="quiet"
          aria-label={`Delete breakpoint: ${words}`}
          onPress={() => debugSettings.removeBreakpoint(id)}
        >
          <Icon name="close" />
        </Button>
      </span>
      {record !== undefined && stops.length > 0 && <Stops record={record} stops={stops} />}
    </li>
  );
}

/** The newest ones are named. */
const kNamedStops = 4;

function Stops({ record, stops }: { readonly record: RunRecord; readonly stops: readonly Stop[] }) {
  return (
    <p className={styles["stops"]}>
      {plural(stops.length, "stop")}:{" "}
      {stops.slice(-kNamedStops).map(({ position }) => (
        <a key={position} href={`#${formatRoute({ run: record.run, position })}`}>
          {position}
        </a>
      ))}
    </p>
  );
}

function useBreakpointCommands(breakpoints: readonly KeptBreakpoint[]): void {
  const { debugSettings } = useStudio();
  const commands = useMemo<readonly Command[]>(() => {
    const group = "Breakpoints";
    const none = breakpoints.length === 0 ? "There are no breakpoints." : undefined;
    const all = (disabled: boolean) => () =>
      debugSettings.setBreakpoints(breakpoints.map((one) => ({ ...one, disabled })));
    return [
      {
        id: "breakpoint.new",
        title: "New breakpoint …",
        group,
        shortcut: "F9",
        run: () => openOverlay(kNew),
      },
      { id: "breakpoint.enable", title: "Enable all breakpoints", group, obstacle: none, run: all(false) },
      { id: "breakpoint.disable", title: "Disable all breakpoints", group, obstacle: none, run: all(true) },
      {
        id: "breakpoint.clear",
        title: "Delete all breakpoints",
        group,
        obstacle: none,
        run: () => debugSettings.setBreakpoints([]),
      },
    ];
  }, [debugSettings, breakpoints]);
  useCommands(commands);
}
