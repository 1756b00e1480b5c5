import { useCallback, useEffect, useRef, useState } from "react";
import type { Prompt } from "../../protocol/types";
import type { ChainPreset } from "./chain-presets";
import {
  type Draft,
  type DraftStorage,
  loadDraft,
  loadHistory,
  loadPresets,
  saveDraft,
  saveHistory,
  savePresets,
  withHistory,
} from "./draft-storage";

const kSaveAfterMs = 400;

export type ChangeDraft = (changes: Partial<Draft> | ((draft: Draft) => Partial<Draft>)) => void;

/** The draft, kept by the browser: a reload, or a page that is closed, loses nothing. */
export function useDraft(storage: DraftStorage): {
  readonly draft: Draft;
  readonly change: ChangeDraft;
  /** False: the draft is too long to be kept, or the browser does not keep anything. */
  readonly isKept: boolean;
} {
  const [draft, setDraft] = useState(() => loadDraft(storage));
  const [isKept, setIsKept] = useState(true);
  const unsaved = useRef<Draft>(undefined);
  const save = useCallback(() => {
    if (unsaved.current === undefined) return;
    setIsKept(saveDraft(storage, unsaved.current));
    unsaved.current = undefined;
  }, [storage]);
  const change = useCallback<ChangeDraft>((changes) => {
    setDraft((old) => {
      const changed = { ...old, ...(typeof changes === "function" ? changes(old) : changes) };
      unsaved.current = changed;
      return changed;
    });
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: every change of the draft starts the wait anew
  useEffect(() => {
    const timer = setTimeout(save, kSaveAfterMs);
    return () => clearTimeout(timer);
  }, [draft, save]);
  useEffect(() => {
    window.addEventListener("pagehide", save);
    return () => {
      window.removeEventListener("pagehide", save);
      save();
    };
  }, [save]);
  return { draft, change, isKept };
}

/** The prompts that were run last. */
export function useHistory(storage: DraftStorage): {
  readonly prompts: readonly Prompt[];
  readonly add: (prompt: Prompt) => void;
  readonly clear: () => void;
} {
  const [prompts, setPrompts] = useState(() => loadHistory(storage));
  const keep = (next: readonly Prompt[]) => {
    saveHistory(storage, next);
    setPrompts(next);
  };
  // What another window has added since stays.
  const add = (prompt: Prompt) => keep(withHistory(loadHistory(storage), prompt));
  return { prompts, add, clear: () => keep([]) };
}

/** The chains that the person has given a name. */
export function usePresets(storage: DraftStorage): {
  readonly presets: readonly ChainPreset[];
  readonly add: (preset: ChainPreset) => void;
  readonly remove: (name: string) => void;
} {
  const [presets, setPresets] = useState(() => loadPresets(storage));
  const keep = (next: readonly ChainPreset[]) => {
    savePresets(storage, next);
    setPresets(next);
  };
  const without = (name: string) => loadPresets(storage).filter((preset) => preset.name !== name);
  return {
    presets,
    add: (preset) => keep([...without(preset.name), preset]),
    remove: (name) => keep(without(name)),
  };
}
