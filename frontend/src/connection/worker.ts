// The connection worker: owns the socket, so that a busy page never delays it,
// and a burst of messages never delays the page.
import type { AppError } from "../protocol/types";
import { kSubprotocol, SocketSession } from "./socket-session";
import { transferables } from "./step-columns";
import type { FromWorker, ToWorker } from "./worker-messages";

/** The part of the worker's global scope used here; the DOM library's types lack it. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(message: FromWorker, transfer: Transferable[]): void;
}

const scope = globalThis as unknown as WorkerScope;
const post = (message: FromWorker, transfer: Transferable[] = []) => scope.postMessage(message, transfer);

let socketUrl = "";
let pageIsReady = true;

async function whyRefused(): Promise<"unauthorised" | "unreachable"> {
  try {
    const answer = await fetch(socketUrl.replace(/^ws/, "http"), { cache: "no-store" });
    return answer.status === 401 || answer.status === 403 ? "unauthorised" : "unreachable";
  } catch {
    return "unreachable";
  }
}

const session = new SocketSession(
  { openSocket: () => new WebSocket(socketUrl, kSubprotocol), whyRefused },
  {
    onState: (state) => post({ kind: "state", state }),
    onModelList: (list) => post({ kind: "modelList", list }),
    onLoadProgress: (progress) => post({ kind: "loadProgress", progress }),
    onNews: () => postBatch(),
  },
);

/** At most one batch is on its way; more gathers here until the page asks. */
function postBatch(): void {
  if (!pageIsReady) return;
  const runs = session.takeNews();
  if (runs.length === 0) return;
  pageIsReady = false;
  const transfer = runs.flatMap((run) => (run.steps === undefined ? [] : transferables(run.steps)));
  post({ kind: "batch", runs, counters: session.counters }, transfer);
}

scope.onmessage = ({ data }) => {
  switch (data.kind) {
    case "open":
      socketUrl = data.socketUrl;
      session.open();
      break;
    case "reconnect":
      session.reconnect();
      break;
    case "request":
      session.request(data.request).then(
        (reply) => post({ kind: "reply", id: data.id, reply }),
        (error: AppError) => post({ kind: "failure", id: data.id, error }),
      );
      break;
    case "follow":
      session.follow(data.run);
      break;
    case "unfollow":
      session.unfollow(data.run);
      break;
    case "detail":
      void session
        .stepDetail(data.run, data.position)
        .then((detail) => post({ kind: "detail", id: data.id, detail }));
      break;
    case "frame":
      pageIsReady = true;
      postBatch();
      break;
  }
};
