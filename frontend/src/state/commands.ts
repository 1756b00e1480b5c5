import { createContext, useContext, useEffect } from "react";
import { useStore } from "zustand";
import { createStore, type StoreApi } from "zustand/vanilla";

/** Something a person can do: in the palette, by a key, in the overview of shortcuts. */
export interface Command {
  /** Stable and unique: "run.start". */
  readonly id: string;
  readonly title: string;
  /** Where the overview lists it: "Run", "Tokens", "View" … */
  readonly group: string;
  /** In tinykeys' notation: "$mod+k", "[". A single key works only outside of text fields, and can be switched off. */
  readonly shortcut?: string | undefined;
  /** Undefined: it can be done. Else the reason, in words, why not now. */
  readonly obstacle?: string | undefined;
  readonly run: () => void;
}

/** The commands of what is on the page now; one per page. */
export class Commands {
  readonly store: StoreApi<{ readonly all: readonly Command[] }> = createStore(() => ({
    all: [] as readonly Command[],
  }));

  /** Returns the undo. */
  register(commands: readonly Command[]): () => void {
    this.store.setState(({ all }) => ({ all: [...all, ...commands] }));
    return () => this.store.setState(({ all }) => ({ all: all.filter((one) => !commands.includes(one)) }));
  }
}

/** Without a provider (in a component's own test) commands go nowhere. */
export const CommandsContext = createContext(new Commands());

/** Offers commands while the component is on the page. Memoize the list. */
export function useCommands(commands: readonly Command[]): void {
  const registry = useContext(CommandsContext);
  useEffect(() => registry.register(commands), [registry, commands]);
}

export function useAllCommands(): readonly Command[] {
  return useStore(useContext(CommandsContext).store, ({ all }) => all);
}
