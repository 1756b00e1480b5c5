import { formatBytes, formatCount, plural } from "../../base/format";
import type { GlossaryTerm } from "../../base/glossary";
import type { ConnectionState } from "../../connection/connection";
import { useStudio, useStudioState } from "../../state/hooks";
import { Button } from "../../widgets/button";
import { Help } from "../../widgets/help";
import { Popover } from "../../widgets/popover";
import styles from "./connection-status.module.css";

/** Where the connection stands; opened, how faithful it has been. */
export function ConnectionStatus() {
  const studio = useStudio();
  const state = useStudioState(({ connection }) => connection);
  return (
    <Popover
      label="Connection"
      trigger={
        <>
          <span className={styles["dot"]} data-state={state.kind} aria-hidden="true" />
          {stateWords(state)}
        </>
      }
    >
      <div className={styles["dialog"]}>
        <ConnectionCounters />
        <Button onPress={() => studio.connection.reconnect()}>Reconnect now</Button>
      </div>
    </Popover>
  );
}

function stateWords(state: ConnectionState): string {
  switch (state.kind) {
    case "connecting":
      return "connecting";
    case "ready":
      return "connected";
    case "waiting":
      return "reconnecting";
    case "unauthorised":
      return "not let in";
    case "incompatible":
      return "incompatible";
    case "recording":
      return "recording";
  }
}

interface Row {
  readonly name: string;
  readonly value: string;
  readonly help?: GlossaryTerm;
}

function ConnectionCounters() {
  const state = useStudioState(({ connection }) => connection);
  const counters = useStudioState((studioState) => studioState.counters);
  const rows: Row[] = [
    { name: "received", value: `${plural(counters.messages, "message")}, ${formatBytes(counters.bytes)}` },
    { name: "reconnects", value: formatCount(counters.reconnects), help: "reconnects" },
    { name: "came twice, dropped", value: formatCount(counters.repeated) },
    { name: "gaps, asked for again", value: formatCount(counters.gaps), help: "gaps" },
  ];
  if (state.kind === "ready") {
    rows.unshift(
      { name: "Inferno", value: state.welcome.build },
      { name: "llama.cpp", value: state.welcome.engineBuild },
    );
  }
  return (
    <dl className={styles["rows"]}>
      {rows.map(({ name, value, help }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
          {help !== undefined && <Help term={help} />}
        </div>
      ))}
    </dl>
  );
}
