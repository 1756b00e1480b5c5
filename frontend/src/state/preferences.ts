import { createStore, type StoreApi } from "zustand/vanilla";

export type Theme = "system" | "dark" | "light";
export type TextSize = "small" | "medium" | "large" | "huge";
export type Measure = "rawProb" | "finalProb" | "entropy" | "rank" | "time";

/** How this person likes the page; kept by the browser. */
export interface Preferences {
  readonly theme: Theme;
  readonly measure: Measure;
  readonly showSpaces: boolean;
  /** Bytes that make no character by themselves are written out. */
  readonly showBytes: boolean;
  /** Size of the stream's letters. */
  readonly textSize: TextSize;
  /** Whether keys without Ctrl or Cmd do something outside of text fields. */
  readonly singleKeys: boolean;
  /** Of the page's panels, in pixels; 0: put away. What is missing suits the window. */
  readonly panelSizes: Readonly<Record<string, number>>;
}

const kKey = "inferno.preferences";
const kDefaults: Preferences = {
  theme: "system",
  measure: "rawProb",
  showSpaces: false,
  showBytes: false,
  textSize: "medium",
  singleKeys: true,
  panelSizes: {},
};
const kThemes: readonly string[] = ["system", "dark", "light"];
const kTextSizes: readonly string[] = ["small", "medium", "large", "huge"];
const kMeasures: readonly string[] = ["rawProb", "finalProb", "entropy", "rank", "time"];

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
    ...(typeof fields["showBytes"] === "boolean" ? { showBytes: fields["showBytes"] } : {}),
    ...(kTextSizes.includes(String(fields["textSize"])) ? { textSize: fields["textSize"] as TextSize } : {}),
    ...(typeof fields["singleKeys"] === "boolean" ? { singleKeys: fields["singleKeys"] } : {}),
    panelSizes: parseSizes(fields["panelSizes"]),
  };
}

function parseSizes(stored: unknown): Readonly<Record<string, number>> {
  if (typeof stored !== "object" || stored === null) return {};
  const sizes = Object.entries(stored).filter(([, size]) => typeof size === "number" && size >= 0);
  return Object.fromEntries(sizes);
}
