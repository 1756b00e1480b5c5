import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { installTints } from "../base/colour";
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
  const socketUrl = new URL("/ws", window.location.href);
  socketUrl.protocol = socketUrl.protocol === "https:" ? "wss:" : "ws:";
  socketUrl.hash = "";
  const studio = new Studio(new WorkerConnection(worker, socketUrl.href));
  createRoot(root).render(
    <StrictMode>
      <ErrorBoundary>
        <App studio={studio} preferences={createPreferences(window.localStorage)} />
      </ErrorBoundary>
    </StrictMode>,
  );
}

const root = document.getElementById("root");
if (root !== null) start(root);
