import { useEffect } from "react";
import { type StoreApi, useStore } from "zustand";
import type { Preferences } from "../state/preferences";

/** Gives the document the theme that the person has chosen. */
export function useTheme(preferences: StoreApi<Preferences>): void {
  const theme = useStore(preferences, (state) => state.theme);
  useEffect(() => {
    if (theme === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = theme;
  }, [theme]);
}
