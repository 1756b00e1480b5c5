import { useEffect, useSyncExternalStore } from "react";
import type { AppError, ModelFile, ModelInfo } from "../../protocol/types";
import { errorOf, type Studio } from "../../state/studio";

/** What is known of a file that was not loaded. Undefined: not looked at yet. */
export type FileInfo =
  | { readonly kind: "info"; readonly info: ModelInfo }
  | { readonly kind: "problem"; readonly error: AppError }
  | undefined;

/**
 * Looks into the model files that are in sight, one at a time, so that nothing
 * else waits for it. An answer is kept for as long as the file stays the same.
 * A lost connection is no answer: the file is asked about again.
 */
export class FileInfos {
  readonly #studio: Studio;
  readonly #known = new Map<string, NonNullable<FileInfo>>();
  readonly #wanted = new Map<string, ModelFile>();
  readonly #listeners = new Set<() => void>();
  #isAsking = false;

  constructor(studio: Studio) {
    this.#studio = studio;
  }

  of(file: ModelFile): FileInfo {
    return this.#known.get(keyOf(file));
  }

  /** Asks for it when its turn comes. Returns the undo: it went out of sight. */
  want(file: ModelFile): () => void {
    const key = keyOf(file);
    if (this.#known.has(key)) return () => undefined;
    this.#wanted.set(key, file);
    void this.#askForAll();
    return () => this.#wanted.delete(key);
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #askForAll(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      const [key, file] = next;
      this.#wanted.delete(key);
      const answer = await this.#ask(file);
      if (answer !== undefined) this.#known.set(key, answer);
      for (const listener of this.#listeners) listener();
    }
    this.#isAsking = false;
  }

  #next(): [string, ModelFile] | undefined {
    return this.#wanted.entries().next().value;
  }

  async #ask(file: ModelFile): Promise<FileInfo> {
    try {
      return { kind: "info", info: await this.#studio.inspectModel(file.path, undefined, false) };
    } catch (reason) {
      const error = errorOf(reason);
      return error.code === "Disconnected" ? undefined : { kind: "problem", error };
    }
  }
}

function keyOf(file: ModelFile): string {
  return JSON.stringify(file);
}

/** What is known of a file; asks for it while `isInSight`. */
export function useFileInfo(infos: FileInfos, file: ModelFile, isInSight: boolean): FileInfo {
  useEffect(() => (isInSight ? infos.want(file) : undefined), [infos, file, isInSight]);
  return useSyncExternalStore(
    (listener) => infos.subscribe(listener),
    () => infos.of(file),
  );
}
