import { Dialog, DialogTrigger, Popover } from "react-aria-components";
import { formatBytes, formatCount, plural } from "../../base/format";
import type { ConnectionState } from "../../connection/connection";
import { useStudio, useStudioState } from "../../state/hooks";
import { Button } from "../../widgets/button";
import styles from "./connection-status.module.css";

/** Where the connection stands; opened, how faithful it has been. */
export function ConnectionStatus() {
  const state = useStudioState((studio) => studio.connection);
  return (
    <DialogTrigger>
      <Button look="quiet">
        <span className={styles["dot"]} data-state={state.kind} aria-hidden="true" />
        {stateWords(state)}
      </Button>
      <Popover placement="bottom end" className={styles["popover"] ?? ""}>
        <Dialog aria-label="Connection" className={styles["dialog"] ?? ""}>
          <Details state={state} />
        </Dialog>
      </Popover>
    </DialogTrigger>
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
  }
}

function Details({ state }: { readonly state: ConnectionState }) {
  const studio = useStudio();
  const counters = useStudioState((studioState) => studioState.counters);
  const rows: [string, string][] = [
    ["received", `${plural(counters.messages, "message")}, ${formatBytes(counters.bytes)}`],
    ["reconnects", formatCount(counters.reconnects)],
    ["came twice, dropped", formatCount(counters.repeated)],
    ["gaps, asked for again", formatCount(counters.gaps)],
  ];
  if (state.kind === "ready") {
    rows.unshift(["Inferno", state.welcome.build], ["llama.cpp", state.welcome.engineBuild]);
  }
  return (
    <>
      <dl className={styles["rows"]}>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <Button onPress={() => studio.connection.reconnect()}>Reconnect now</Button>
    </>
  );
}
