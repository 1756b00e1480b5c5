import { useEffect, useRef } from "react";
import { useStore } from "zustand";
import { createStore, type StoreApi } from "zustand/vanilla";
import { type Fields, fieldsOf, flagOr, listOf, oneOf, parseStored, textOr } from "../base/stored-value";
import type { Breakpoint, Condition, ConditionKind, Watch } from "../protocol/debug-types";
import type { AppError } from "../protocol/types";

/** Texts of tokens by their ids, as the model had them when they were chosen. */
export type TokenLabels = Readonly<Record<number, string>>;

export interface KeptBreakpoint extends Breakpoint {
  readonly labels: TokenLabels;
}

export interface KeptWatch extends Watch {
  readonly labels: TokenLabels;
}

export interface DebugSettings {
  readonly breakpoints: readonly KeptBreakpoint[];
  readonly watches: readonly KeptWatch[];
  /** Why the run in sight did not take them; undefined: it did, or there is none. */
  readonly refusal: AppError | undefined;
}

export type SettingsStorage = Pick<Storage, "getItem" | "setItem">;

const kKey = "inferno.debugger";
const kVersion = 1;
const kNothing: DebugSettings = { breakpoints: [], watches: [], refusal: undefined };

export const kConditionKinds = [
  "tokenIs",
  "textMatches",
  "patternMatches",
  "rawProbBelow",
  "finalProbBelow",
  "entropyAbove",
  "rankAbove",
  "stageRemovedTop",
  "nearTie",
  "tokenInTop",
  "repetition",
  "endOfTextAbove",
  "positionIs",
  "everyNth",
] as const satisfies readonly ConditionKind[];

/** The person's breakpoints and watches: kept by the browser, the same in all of its windows, sent with every run. */
export class DebugSettingsStore {
  readonly store: StoreApi<DebugSettings>;
  readonly #storage: SettingsStorage | undefined;

  /** Without a storage nothing is kept. */
  constructor(storage?: SettingsStorage) {
    this.#storage = storage;
    this.store = createStore(() => this.#load());
  }

  /** Puts a new breakpoint (its id is 0) at the end, or changes the one with its id. */
  keepBreakpoint(breakpoint: KeptBreakpoint): void {
    this.#change(({ breakpoints }) => ({ breakpoints: kept(breakpoints, breakpoint) }));
  }

  removeBreakpoint(id: number): void {
    this.#change(({ breakpoints }) => ({ breakpoints: breakpoints.filter((one) => one.id !== id) }));
  }

  setBreakpoints(breakpoints: readonly KeptBreakpoint[]): void {
    this.#change(() => ({ breakpoints }));
  }

  keepWatch(watch: KeptWatch): void {
    this.#change(({ watches }) => ({ watches: kept(watches, watch) }));
  }

  removeWatch(id: number): void {
    this.#change(({ watches }) => ({ watches: watches.filter((one) => one.id !== id) }));
  }

  refused(refusal: AppError | undefined): void {
    this.store.setState({ refusal });
  }

  /** Another window has changed what the browser keeps. */
  reload(key: string | null): void {
    if (key === kKey) this.store.setState(this.#load());
  }

  #change(change: (settings: DebugSettings) => Partial<DebugSettings>): void {
    this.store.setState((settings) => ({ ...change(settings), refusal: undefined }));
    const { breakpoints, watches } = this.store.getState();
    try {
      this.#storage?.setItem(kKey, JSON.stringify({ version: kVersion, breakpoints, watches }));
    } catch {
      // Full, or forbidden by the person: they hold until the page is left.
    }
  }

  #load(): DebugSettings {
    const fields = parseStored(this.#storage?.getItem(kKey) ?? null);
    if (fields["version"] !== kVersion) return kNothing;
    return {
      breakpoints: listOf(fields["breakpoints"], readBreakpoint) ?? [],
      watches: listOf(fields["watches"], readWatch) ?? [],
      refusal: undefined,
    };
  }
}

function kept<T extends { readonly id: number }>(all: readonly T[], one: T): readonly T[] {
  if (one.id !== 0) return all.map((old) => (old.id === one.id ? one : old));
  return [...all, { ...one, id: Math.max(0, ...all.map(({ id }) => id)) + 1 }];
}

function readBreakpoint(item: unknown): KeptBreakpoint | undefined {
  const fields = fieldsOf(item);
  const conditions = listOf(fields["conditions"], readCondition) ?? [];
  const id = numberOf(fields["id"]);
  if (id === undefined || conditions.length === 0) return undefined;
  return {
    id,
    conditions,
    disabled: flagOr(fields["disabled"], false),
    ignore: numberOf(fields["ignore"]) ?? 0,
    once: flagOr(fields["once"], false),
    labels: readLabels(fields["labels"]),
  };
}

function readCondition(item: unknown): Condition | undefined {
  const fields = fieldsOf(item);
  const kind = oneOf(fields["kind"], [...kConditionKinds, "unknown"], "unknown");
  if (kind === "unknown") return undefined;
  return {
    kind,
    ...withIds(fields),
    ...(typeof fields["text"] === "string" ? { text: fields["text"] } : {}),
    ...withNumber("threshold", fields),
    ...withNumber("n", fields),
    ...withNumber("stage", fields),
  };
}

function readWatch(item: unknown): KeptWatch | undefined {
  const fields = fieldsOf(item);
  const id = numberOf(fields["id"]);
  const word = textOr(fields["word"], "");
  const ids = withIds(fields);
  if (id === undefined || (word === "" && ids.ids === undefined)) return undefined;
  return { id, ...(word === "" ? ids : { word }), labels: readLabels(fields["labels"]) };
}

function withIds(fields: Fields): { readonly ids?: readonly number[] } {
  const ids = listOf(fields["ids"], numberOf) ?? [];
  return ids.length === 0 ? {} : { ids };
}

function withNumber(name: "threshold" | "n" | "stage", fields: Fields): Partial<Condition> {
  const value = numberOf(fields[name]);
  return value === undefined ? {} : { [name]: value };
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function readLabels(value: unknown): TokenLabels {
  const entries = Object.entries(fieldsOf(value)).filter(([, label]) => typeof label === "string");
  return Object.fromEntries(entries) as TokenLabels;
}

/** Keeps the windows of one browser at the same breakpoints and watches. */
export function useSharedSettings(settings: DebugSettingsStore): void {
  useEffect(() => {
    const onStorage = (event: StorageEvent) => settings.reload(event.key);
    window.addEventListener("storage", onStorage);
    return () => window.removeEventListener("storage", onStorage);
  }, [settings]);
}

/** Calls `send` when breakpoints or watches change while `isOn`; not for how they were found. */
export function useSentSettings(
  settings: DebugSettingsStore,
  isOn: boolean,
  send: (what: "breakpoints" | "watches") => void,
): void {
  const { breakpoints, watches } = useStore(settings.store);
  const known = useRef({ breakpoints, watches });
  useEffect(() => {
    const before = known.current;
    known.current = { breakpoints, watches };
    if (!isOn) return;
    if (before.breakpoints !== breakpoints) send("breakpoints");
    if (before.watches !== watches) send("watches");
  }, [breakpoints, watches, isOn, send]);
}
