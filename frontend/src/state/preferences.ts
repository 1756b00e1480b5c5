import { createStore, type StoreApi } from "zustand/vanilla";

export type Theme = "system" | "dark" | "light";
export type Measure = "rawProb" | "finalProb" | "entropy" | "rank";

/** How this person likes the page; kept by the browser. */
export interface Preferences {
  readonly theme: Theme;
  readonly measure: Measure;
  readonly showSpaces: boolean;
}

const kKey = "inferno.preferences";
const kDefaults: Preferences = { theme: "system", measure: "rawProb", showSpaces: false };
const kThemes: readonly string[] = ["system", "dark", "light"];
const kMeasures: readonly string[] = ["rawProb", "finalProb", "entropy", "rank"];

export function createPreferences(storage: Pick<Storage, "getItem" | "setItem">): StoreApi<Preferences> {
  const store = createStore<Preferences>(() => ({ ...kDefaults, ...parse(storage.getItem(kKey)) }));
  store.subscribe((preferences) => storage.setItem(kKey, JSON.stringify(preferences)));
  return store;
}

/** What is stored was written by some version of the page: taken only as far as it is understood. */
function parse(text: string | null): Partial<Preferences> {
  let stored: unknown;
  try {
    stored = JSON.parse(text ?? "{}");
  } catch {
    return {};
  }
  if (typeof stored !== "object" || stored === null) return {};
  const fields = stored as Record<string, unknown>;
  return {
    ...(kThemes.includes(String(fields["theme"])) ? { theme: fields["theme"] as Theme } : {}),
    ...(kMeasures.includes(String(fields["measure"])) ? { measure: fields["measure"] as Measure } : {}),
    ...(typeof fields["showSpaces"] === "boolean" ? { showSpaces: fields["showSpaces"] } : {}),
  };
}
