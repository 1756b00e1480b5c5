import { type ReactNode, useId } from "react";
import { type StoreApi, useStore } from "zustand";
import type { Measure, Preferences, TextSize, Theme } from "../../state/preferences";
import { openOverlay } from "../../state/route";
import { Button } from "../../widgets/button";
import { ChoiceField } from "../../widgets/choice-field";
import { Dialog } from "../../widgets/dialog";
import { Segmented } from "../../widgets/segmented";
import { Toggle } from "../../widgets/toggle";
import { About } from "./about";
import { ServerSettings } from "./server-settings";
import styles from "./settings.module.css";

interface SettingsProps {
  readonly preferences: StoreApi<Preferences>;
  readonly onClose: () => void;
}

const kThemes: readonly { readonly value: Theme; readonly label: string }[] = [
  { value: "system", label: "System" },
  { value: "dark", label: "Dark" },
  { value: "light", label: "Light" },
];
const kTextSizes: readonly { readonly value: TextSize; readonly label: string }[] = [
  { value: "small", label: "Small" },
  { value: "medium", label: "Medium" },
  { value: "large", label: "Large" },
  { value: "huge", label: "Huge" },
];
const kMeasures: readonly { readonly value: Measure; readonly label: string }[] = [
  { value: "rawProb", label: "Raw probability" },
  { value: "finalProb", label: "Final probability" },
  { value: "entropy", label: "Entropy" },
  { value: "rank", label: "Rank" },
  { value: "time", label: "Time" },
];

/** How this person likes the page, which server it speaks to, and what it is. */
export function Settings({ preferences, onClose }: SettingsProps) {
  return (
    <Dialog title="Settings" onClose={onClose}>
      <div className={styles["settings"]}>
        <Appearance preferences={preferences} />
        <Keyboard preferences={preferences} />
        <Part title="Server">
          <ServerSettings />
        </Part>
        <Part title="About">
          <About />
        </Part>
      </div>
    </Dialog>
  );
}

function Appearance({ preferences }: { readonly preferences: StoreApi<Preferences> }) {
  const { theme, textSize, measure, showSpaces, showBytes } = useStore(preferences);
  return (
    <Part title="Appearance">
      <Row label="Theme">
        <Segmented
          label="Theme"
          value={theme}
          options={kThemes}
          onChange={(value) => preferences.setState({ theme: value })}
        />
      </Row>
      <Row label="Letters of the stream">
        <Segmented
          label="Letters of the stream"
          value={textSize}
          options={kTextSizes}
          onChange={(value) => preferences.setState({ textSize: value })}
        />
      </Row>
      <ChoiceField
        label="Measure that tints the tokens"
        help="tint"
        value={measure}
        options={kMeasures}
        onChange={(value) => preferences.setState({ measure: value })}
      />
      <Toggle isOn={showSpaces} onChange={(value) => preferences.setState({ showSpaces: value })}>
        Show spaces and line ends as signs
      </Toggle>
      <Toggle isOn={showBytes} onChange={(value) => preferences.setState({ showBytes: value })}>
        Write out bytes that make no character by themselves
      </Toggle>
      <p className={styles["note"]}>
        Motion follows the system: where it asks for less, nothing on this page moves by itself.
      </p>
    </Part>
  );
}

function Keyboard({ preferences }: { readonly preferences: StoreApi<Preferences> }) {
  const singleKeys = useStore(preferences, (state) => state.singleKeys);
  return (
    <Part title="Keyboard">
      <Toggle isOn={singleKeys} onChange={(value) => preferences.setState({ singleKeys: value })}>
        Shortcuts of a single key
      </Toggle>
      <p className={styles["note"]}>
        Keys without Ctrl or Cmd, such as [ and ]. They never work within text fields; switch them off if you
        speak to your computer or press keys by accident.
      </p>
      <div>
        <Button onPress={() => openOverlay({ kind: "shortcuts" })}>All keyboard shortcuts</Button>
      </div>
    </Part>
  );
}

function Part({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  const id = useId();
  return (
    <section className={styles["part"]} aria-labelledby={id}>
      <h3 id={id}>{title}</h3>
      <div className={styles["rows"]}>{children}</div>
    </section>
  );
}

function Row({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div className={styles["row"]}>
      <span aria-hidden="true">{label}</span>
      {children}
    </div>
  );
}
