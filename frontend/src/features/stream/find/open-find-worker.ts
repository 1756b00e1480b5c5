import type { SearchWorker } from "./text-search";

/** The build of recording.html puts another in its place: there are no files to load there. */
export function openFindWorker(): SearchWorker {
  return new Worker(new URL("./find-worker.ts", import.meta.url), { type: "module", name: "find" });
}
