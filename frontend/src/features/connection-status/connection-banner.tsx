import type { ConnectionState } from "../../connection/connection";
import { useStudio, useStudioState } from "../../state/hooks";
import { Button } from "../../widgets/button";
import styles from "./connection-status.module.css";

/** Over the whole page while there is no server to speak to. */
export function ConnectionBanner() {
  const studio = useStudio();
  const state = useStudioState((studioState) => studioState.connection);
  const words = bannerWords(state);
  if (words === undefined) return null;
  return (
    <div className={styles["banner"]} role="alert">
      <p>
        <b>{words.title}</b> {words.hint}
      </p>
      <Button onPress={() => studio.connection.reconnect()}>Try now</Button>
    </div>
  );
}

function bannerWords(state: ConnectionState): { title: string; hint: string } | undefined {
  switch (state.kind) {
    case "ready":
    case "connecting":
    case "recording":
      return undefined;
    case "waiting":
      return {
        title: "No connection to the server.",
        hint: "Trying again by itself. What you see here stays, and runs go on where they were.",
      };
    case "unauthorised":
      return {
        title: "The server does not let this page in.",
        hint: "Open the address that the terminal printed (it ends with ?token=…): every start of the server has a new one.",
      };
    case "incompatible":
      return {
        title: "The page and the server are of different versions.",
        hint: "Reload the page. If that does not help, restart the server.",
      };
  }
}
