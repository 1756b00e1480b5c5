// The connection worker: owns the socket, so that a busy page never delays it,
// and a burst of messages never delays the page.
import type { RunId } from "../base/brand";
import type { AppError, SamplerStage } from "../protocol/types";
import type { RunWhatIf } from "./run-what-if";
import type { ServerAddress } from "./server-address";
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

let address: ServerAddress = { socketUrl: "", token: undefined };
/** How long a slice of what-if may keep the socket waiting. */
const kSliceMs = 8;
/** How often what-if looks at the steps that still come. */
const kFollowEveryMs = 100;
let pageIsReady = true;

async function whyRefused(): Promise<"unauthorised" | "unreachable"> {
  try {
    const answer = await fetch(address.socketUrl.replace(/^ws/, "http"), { cache: "no-store" });
    return answer.status === 401 || answer.status === 403 ? "unauthorised" : "unreachable";
  } catch {
    return "unreachable";
  }
}

/** A browser can't set headers for a socket: the token travels as a second subprotocol. */
function openSocket(): WebSocket {
  const { socketUrl, token } = address;
  return new WebSocket(
    socketUrl,
    token === undefined ? kSubprotocol : [kSubprotocol, `inferno.token.${token}`],
  );
}

const session = new SocketSession(
  { openSocket, whyRefused },
  {
    onState: (state) => post({ kind: "state", state }),
    onModelList: (list) => post({ kind: "modelList", list }),
    onLoadProgress: (progress) => post({ kind: "loadProgress", progress }),
    onNews: () => {
      postBatch();
      continueWhatIf(kFollowEveryMs);
    },
  },
);

/** The what-if that is under way, if any, and whether its next slice is on the way. */
let whatIf: { readonly id: number; readonly job: RunWhatIf } | undefined;
let sliceIsPlanned = false;
let wantedWhatIf: number | undefined;

/** The code for it is fetched when it is first wanted; what is no longer wanted by then does not begin. */
async function beginWhatIf(id: number, run: RunId, chain: readonly SamplerStage[]): Promise<void> {
  wantedWhatIf = id;
  whatIf = undefined;
  const { RunWhatIf } = await import("./run-what-if");
  const tracker = session.tracker(run);
  if (wantedWhatIf !== id || tracker === undefined) return;
  whatIf = { id, job: new RunWhatIf(tracker, chain) };
  continueWhatIf();
}

/** Between two slices the socket gets its turn. */
function continueWhatIf(delayMs = 0): void {
  if (whatIf === undefined || sliceIsPlanned) return;
  sliceIsPlanned = true;
  setTimeout(() => {
    sliceIsPlanned = false;
    if (whatIf === undefined) return;
    const piece = whatIf.job.advance(kSliceMs, () => performance.now());
    const buffers = Object.values(piece.columns).map((array: { buffer: ArrayBuffer }) => array.buffer);
    if (piece.columns.position.length > 0 || piece.isCaughtUp)
      post({ kind: "whatIf", id: whatIf.id, piece }, buffers);
    if (!piece.isCaughtUp) continueWhatIf();
  }, delayMs);
}

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
      address = data.address;
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
    case "whatIf":
      void beginWhatIf(data.id, data.run, data.chain);
      break;
    case "endWhatIf":
      wantedWhatIf = undefined;
      whatIf = undefined;
      break;
    case "frame":
      pageIsReady = true;
      postBatch();
      break;
  }
};
