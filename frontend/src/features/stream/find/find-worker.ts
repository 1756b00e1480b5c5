// Searches apart from the page, so that no pattern can stop it.
import { findMatches } from "./find-matches";
import type { FromSearchWorker, ToSearchWorker } from "./text-search";

/** The part of the worker's global scope used here; the DOM library's types lack it. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<ToSearchWorker>) => void) | null;
  postMessage(message: FromSearchWorker): void;
}

const scope = globalThis as unknown as WorkerScope;
let text = "";

scope.onmessage = ({ data: { id, added, query } }) => {
  text += added;
  scope.postMessage({ id, answer: findMatches(text, query) });
};
