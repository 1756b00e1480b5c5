import { Growable } from "../base/growable";
import type { Watch } from "../protocol/debug-types";
import * as pb from "../protocol/generated/inferno_generated";
import type { WatchedColumn } from "./step-columns";

/** Tells watches apart by what they follow: each client gives them numbers of its own. */
export function watchKey({ word, ids }: Watch): string {
  return word === undefined ? `#${(ids ?? []).join(",")}` : `=${word}`;
}

interface Column {
  readonly rawProb: Growable<Float32Array<ArrayBuffer>>;
  readonly bestRank: Growable<Uint32Array<ArrayBuffer>>;
}

/** Collects what steps say of watched tokens; the list of watches may change in between. */
export class WatchedColumnsBuilder {
  readonly #watched = new pb.Watched();
  readonly #columns = new Map<string, Column>();
  #keys: readonly string[] = [];

  watch(watches: readonly Watch[]): void {
    this.#keys = watches.map(watchKey);
  }

  /** `row`: how many steps came before it since the last take. */
  append(step: pb.Step, row: number): void {
    const length = Math.min(step.watchedLength(), this.#keys.length);
    for (let i = 0; i < length; ++i) {
      const column = this.#column(this.#keys[i] ?? "", row);
      const watched = step.watched(i, this.#watched);
      column.rawProb.push(watched?.rawProb() ?? Number.NaN);
      column.bestRank.push(watched?.bestRank() ?? 0);
    }
  }

  /** Undefined: no watch was followed. Columns that end early are filled up to `length`. */
  take(length: number): readonly WatchedColumn[] | undefined {
    if (this.#columns.size === 0) return undefined;
    const columns = [...this.#columns.keys()].map((key) => {
      const { rawProb, bestRank } = this.#column(key, length);
      return { key, rawProb: rawProb.copy(), bestRank: bestRank.copy() };
    });
    this.#columns.clear();
    return columns;
  }

  #column(key: string, length: number): Column {
    const column = this.#columns.get(key) ?? {
      rawProb: new Growable(Float32Array),
      bestRank: new Growable(Uint32Array),
    };
    this.#columns.set(key, column);
    while (column.rawProb.length < length) {
      column.rawProb.push(Number.NaN);
      column.bestRank.push(0);
    }
    return column;
  }
}
