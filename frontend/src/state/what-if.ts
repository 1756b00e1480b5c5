import { useCallback } from "react";
import { useStore } from "zustand";
import { createStore, type StoreApi } from "zustand/vanilla";
import { asPosition, type Position, type RunId } from "../base/brand";
import { Growable } from "../base/growable";
import type { Connection } from "../connection/connection";
import {
  kWouldBeChanged,
  kWouldBeForced,
  kWouldBeNotKept,
  kWouldBeUndetermined,
  kWouldBeUnrecorded,
  type WhatIfPiece,
} from "../connection/what-if-columns";
import type { SamplerStage } from "../protocol/types";
import { useStudio } from "./hooks";

/** How long the numbers rest before a whole run is computed anew. */
const kRestMs = 120;
/** How often the page hears of a computation that is under way. */
const kTellEveryMs = 100;

/** What another chain would have made of a run's steps, as far as it is computed. Only grows. */
export class WouldBeRun {
  readonly #position = new Growable(Uint32Array);
  readonly #status = new Growable(Uint8Array);
  readonly #token = new Growable(Int32Array);
  readonly #changed = new Growable(Uint32Array);
  readonly #bytes = new Map<number, Uint8Array>();
  #nForced = 0;
  #nUntold = 0;
  #reasons: WhatIfPiece["reasons"] = [];
  #isCaughtUp = false;

  /** Steps that a chain chose: those put there by hand do not count. */
  get nSteps(): number {
    return this.#position.length - this.#nForced;
  }

  /** Steps whose token can't be told. */
  get nUntold(): number {
    return this.#nUntold;
  }

  /** The positions where another token would have come, rising. */
  get changed(): Uint32Array {
    return this.#changed.view;
  }

  get reasons(): WhatIfPiece["reasons"] {
    return this.#reasons;
  }

  /** Every step that has come is computed. */
  get isCaughtUp(): boolean {
    return this.#isCaughtUp;
  }

  isChanged(position: number): boolean {
    const status = this.#status.data[this.#indexOf(position)];
    return status === kWouldBeChanged || status === kWouldBeUnrecorded;
  }

  /** The id and bytes of the token that would have come; undefined if that is not known. */
  token(position: number): { readonly id: number; readonly bytes: Uint8Array } | undefined {
    const id = this.#token.data[this.#indexOf(position)] ?? -1;
    const bytes = this.#bytes.get(id);
    return bytes === undefined ? undefined : { id, bytes };
  }

  /** The nearest change before or after a position. */
  neighbour(position: number, direction: 1 | -1): Position | undefined {
    const { changed } = this;
    const after = firstAfter(changed, direction > 0 ? position : position - 1);
    const found = direction > 0 ? changed[after] : changed[after - 1];
    return found === undefined ? undefined : asPosition(found);
  }

  append({ columns, tokens, reasons, isCaughtUp }: WhatIfPiece): void {
    this.#position.append(columns.position);
    this.#status.append(columns.status);
    this.#token.append(columns.token);
    for (const { id, bytes } of tokens) this.#bytes.set(id, bytes);
    columns.status.forEach((status, index) => {
      if (status === kWouldBeChanged || status === kWouldBeUnrecorded) {
        this.#changed.push(columns.position[index] ?? 0);
      }
      if (status === kWouldBeForced) this.#nForced += 1;
      if (status === kWouldBeUndetermined || status === kWouldBeNotKept) this.#nUntold += 1;
    });
    this.#reasons = reasons;
    this.#isCaughtUp = isCaughtUp;
  }

  /** Positions are consecutive. */
  #indexOf(position: number): number {
    return this.#position.length === 0 ? -1 : position - (this.#position.data[0] ?? 0);
  }
}

function firstAfter(sorted: Uint32Array, position: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) <= position) low = middle + 1;
    else high = middle;
  }
  return low;
}

interface Trial {
  readonly run: RunId;
  readonly chain: readonly SamplerStage[];
  readonly outcome: WouldBeRun;
}

interface WhatIfState {
  /** What the person has set; the trial follows when it has come to rest. */
  readonly asked: { readonly run: RunId; readonly chain: readonly SamplerStage[] } | undefined;
  /** Undefined: nothing is being tried. */
  readonly trial: Trial | undefined;
  /** Grows when the trial's outcome does. */
  readonly version: number;
}

/** The one what-if of a page: which chain is tried on which run, and what came out. */
export class WhatIfTrials {
  readonly store: StoreApi<WhatIfState> = createStore<WhatIfState>(() => ({
    asked: undefined,
    trial: undefined,
    version: 0,
  }));
  readonly #connection: Connection;
  #stop: (() => void) | undefined;
  #rest: ReturnType<typeof setTimeout> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Has a chain tried as soon as nothing else is asked for; undefined: none any more. */
  ask(run: RunId, chain: readonly SamplerStage[] | undefined): void {
    clearTimeout(this.#rest);
    if (chain === undefined) {
      this.end();
      return;
    }
    this.store.setState({ asked: { run, chain } });
    this.#rest = setTimeout(() => this.begin(run, chain), kRestMs);
  }

  /** Tries a chain on all steps of a followed run; ends what was tried before. */
  begin(run: RunId, chain: readonly SamplerStage[]): void {
    this.end();
    const outcome = new WouldBeRun();
    const asked = { run, chain };
    this.store.setState(({ version }) => ({ asked, trial: { ...asked, outcome }, version: version + 1 }));
    this.#stop = this.#connection.whatIf(run, chain, (piece) => {
      outcome.append(piece);
      this.#tell(piece.isCaughtUp);
    });
  }

  end(): void {
    this.#stop?.();
    this.#stop = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    clearTimeout(this.#rest);
    if (this.store.getState().asked === undefined) return;
    this.store.setState(({ version }) => ({ asked: undefined, trial: undefined, version: version + 1 }));
  }

  #tell(atOnce: boolean): void {
    if (atOnce) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.store.setState(({ version }) => ({ version: version + 1 }));
    } else this.#timer ??= setTimeout(() => this.#tell(true), kTellEveryMs);
  }
}

/** The chain that is being tried on a run; undefined: none. */
export function useAskedChain(run: RunId): readonly SamplerStage[] | undefined {
  const { whatIf } = useStudio();
  return useStore(whatIf.store, ({ asked }) => (asked?.run === run ? asked.chain : undefined));
}

export interface WhatIfMarks {
  readonly outcome: WouldBeRun;
  readonly chain: readonly SamplerStage[];
  /** Another number whenever the outcome has grown: memoize what is made of it by this. */
  readonly version: number;
}

/**
 * What is being tried on a run, for every view that wants to mark the tokens
 * which would have come out differently. Undefined: nothing. Draws again when
 * the outcome grows.
 */
export function useWhatIfMarks(run: RunId | undefined): WhatIfMarks | undefined {
  const { whatIf } = useStudio();
  const version = useStore(
    whatIf.store,
    useCallback((state: WhatIfState) => (state.trial?.run === run ? state.version : -1), [run]),
  );
  const { trial } = whatIf.store.getState();
  return version < 0 || trial === undefined
    ? undefined
    : { outcome: trial.outcome, chain: trial.chain, version };
}
