// The page that `inferno sessions export ID FILE.html` fills: the studio's own views
// of the runs of one session, without a server.
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { installTints } from "../../base/colour";
import { RecordingConnection } from "../../connection/recording-connection";
import { createPreferences } from "../../state/preferences";
import { Studio } from "../../state/studio";
import { ErrorBoundary } from "../error-boundary";
import { PageBlocks } from "./page-blocks";
import { RecordingPage } from "./recording-page";
import "./fonts.css";
import "../theme.css";

function start(root: HTMLElement): void {
  installTints(document.documentElement);
  const connection = new RecordingConnection(new PageBlocks(document));
  const studio = new Studio(connection);
  createRoot(root).render(
    <StrictMode>
      <ErrorBoundary>
        <RecordingPage studio={studio} preferences={createPreferences(storage())} />
      </ErrorBoundary>
    </StrictMode>,
  );
  void connection.open();
}

/** Some browsers keep nothing for pages from disk: then choices last as long as the page. */
function storage(): Pick<Storage, "getItem" | "setItem"> {
  try {
    return window.localStorage;
  } catch {
    return { getItem: () => null, setItem: () => undefined };
  }
}

const root = document.getElementById("root");
if (root !== null) start(root);
