import FindWorker from "./find-worker?worker&inline";
import type { SearchWorker } from "./text-search";

/** The worker from its own text: a page from disk may load none from a file. */
export function openFindWorker(): SearchWorker {
  return new FindWorker();
}
