import { type StoreApi, useStore } from "zustand";
import type { RunSummary } from "../../protocol/types";
import { runName } from "../../protocol/words";
import type { Preferences, Theme } from "../../state/preferences";
import { Button } from "../../widgets/button";
import { Segmented } from "../../widgets/segmented";
import { Shortcut } from "../../widgets/shortcut";
import styles from "./recording-header.module.css";

const kThemes: readonly { readonly value: Theme; readonly label: string }[] = [
  { value: "system", label: "System" },
  { value: "dark", label: "Dark" },
  { value: "light", label: "Light" },
];

interface RecordingHeaderProps {
  readonly preferences: StoreApi<Preferences>;
  /** Undefined: not read yet. */
  readonly runs: readonly RunSummary[] | undefined;
  readonly onPalette: () => void;
}

/** What this is a recording of, and how it is shown. */
export function RecordingHeader({ preferences, runs, onPalette }: RecordingHeaderProps) {
  const theme = useStore(preferences, (state) => state.theme);
  const first = runs?.[0];
  return (
    <header className={styles["header"]}>
      <h1 className={styles["title"]}>
        <i aria-hidden="true" />
        <span>{first === undefined ? "Recording" : runName(first)}</span>
      </h1>
      <span className={styles["kind"]}>recording</span>
      <span className={styles["grow"]} />
      <Segmented
        label="Theme"
        value={theme}
        onChange={(value) => preferences.setState({ theme: value })}
        options={kThemes}
      />
      <Button look="quiet" onPress={onPalette}>
        <span className={styles["words"]}>Commands</span>
        <Shortcut keys="$mod+k" />
      </Button>
    </header>
  );
}
