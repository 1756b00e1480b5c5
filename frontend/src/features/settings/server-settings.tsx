import { useState } from "react";
import { pageUrl, readServerAddress } from "../../connection/server-address";
import { useStudioState } from "../../state/hooks";
import { Button } from "../../widgets/button";
import { Field } from "../../widgets/field";
import styles from "./settings.module.css";

interface ServerSettingsProps {
  /** Goes to an address, as a link would. */
  readonly visit?: ((url: string) => void) | undefined;
}

/**
 * Which server the page speaks to: the one that it came from, because servers
 * let no page of another origin in. So another server is reached by going to
 * its own page.
 */
export function ServerSettings({ visit = (url) => window.location.assign(url) }: ServerSettingsProps) {
  const state = useStudioState(({ connection }) => connection);
  const [typed, setTyped] = useState("");
  const read = readServerAddress(typed, window.location.href);
  const problem = typed.trim() === "" || read.kind === "address" ? undefined : read.error.message;
  return (
    <form
      className={styles["server"]}
      onSubmit={(event) => {
        event.preventDefault();
        if (read.kind === "address") visit(pageUrl(read.address));
      }}
    >
      <p className={styles["note"]}>
        The page speaks to the server that it came from, {window.location.host}. {kStateWords[state.kind]}
      </p>
      <div className={styles["address"]}>
        <Field
          label="Address of another server"
          help="serverAddress"
          value={typed}
          onChange={setTyped}
          placeholder="http://127.0.0.1:7717/?token=…"
          problem={problem}
        />
        <Button type="submit" isDisabled={read.kind !== "address"}>
          Go there
        </Button>
      </div>
    </form>
  );
}

const kStateWords = {
  connecting: "It is being asked.",
  ready: "It is connected.",
  waiting: "It does not answer; the page tries again by itself.",
  unauthorised: "It does not let this page in: the token is missing or old.",
  incompatible: "It is of a different version.",
  recording: "It is a recording, without a server.",
} as const;
