import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { installTints } from "../base/colour";
import type { ServerAddress } from "../connection/server-address";
import { WorkerConnection } from "../connection/worker-connection";
import { createPreferences } from "../state/preferences";
import { Studio } from "../state/studio";
import { App } from "./app";
import { ErrorBoundary } from "./error-boundary";
import "./fonts.css";
import "./theme.css";

function start(root: HTMLElement): void {
  installTints(document.documentElement);
  const worker = new Worker(new URL("../connection/worker.ts", import.meta.url), { type: "module" });
  const preferences = createPreferences(window.localStorage);
  const studio = new Studio(new WorkerConnection(worker, ownServer()), window.localStorage);
  createRoot(root).render(
    <StrictMode>
      <ErrorBoundary>
        <App studio={studio} preferences={preferences} />
      </ErrorBoundary>
    </StrictMode>,
  );
}

/** The server that the page comes from; the browser holds its cookie. */
function ownServer(): ServerAddress {
  const { protocol, host } = window.location;
  return { socketUrl: `${protocol === "https:" ? "wss:" : "ws:"}//${host}/ws`, token: undefined };
}

const root = document.getElementById("root");
if (root !== null) start(root);
