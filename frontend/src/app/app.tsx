import { useCallback, useEffect, useRef } from "react";
import { type StoreApi, useStore } from "zustand";
import { formatCount } from "../base/format";
import { Composer } from "../features/composer/composer";
import { ConnectionBanner } from "../features/connection-status/connection-banner";
import { ConnectionStatus } from "../features/connection-status/connection-status";
import { Inspector } from "../features/inspector/inspector";
import { ModelPanel } from "../features/models/model-panel";
import { RunPanel } from "../features/runs/run-panel";
import { RunView } from "../features/stream/run-view";
import {
  StudioContext,
  useIsReady,
  useRunRecord,
  useSelectedModel,
  useStudio,
  useStudioState,
} from "../state/hooks";
import type { Preferences, Theme } from "../state/preferences";
import { type Route, useRoute, useSelect } from "../state/route";
import type { RunRecord } from "../state/run-record";
import type { Studio } from "../state/studio";
import { Segmented } from "../widgets/segmented";
import styles from "./app.module.css";

interface AppProps {
  readonly studio: Studio;
  readonly preferences: StoreApi<Preferences>;
}

/** The composition of the page: features side by side, what they share in between. */
export function App({ studio, preferences }: AppProps) {
  useTheme(preferences);
  return (
    <StudioContext value={studio}>
      <Page preferences={preferences} />
    </StudioContext>
  );
}

function Page({ preferences }: { readonly preferences: StoreApi<Preferences> }) {
  const route = useRoute();
  const record = useRunRecord(route.run);
  useFreshRuns();
  return (
    <div className={styles["page"]}>
      <Header preferences={preferences} />
      <ConnectionBanner />
      <div className={styles["columns"]}>
        <aside className={styles["side"]} aria-label="Models and runs">
          <ModelPanel />
          <RunPanel current={route.run} />
        </aside>
        <main className={styles["main"]}>
          <Composer run={route.run} />
          {record === undefined ? (
            <Welcome />
          ) : (
            <Selected record={record} route={route} preferences={preferences} />
          )}
        </main>
      </div>
      <Announcer />
    </div>
  );
}

interface SelectedProps {
  readonly record: RunRecord;
  readonly route: Route;
  readonly preferences: StoreApi<Preferences>;
}

/** The run in sight and, beside it, its inspector. */
function Selected({ record, route, preferences }: SelectedProps) {
  const select = useSelect(record.run);
  const inspectorRef = useRef<HTMLElement>(null);
  const openInspector = useCallback(() => inspectorRef.current?.focus(), []);
  return (
    <>
      <RunView
        record={record}
        preferences={preferences}
        selected={route.position}
        onSelect={select}
        onOpen={openInspector}
      />
      <div className={styles["inspector"]}>
        <Inspector key={record.run} record={record} selected={route.position} panelRef={inspectorRef} />
      </div>
    </>
  );
}

const kThemes: readonly { readonly value: Theme; readonly label: string }[] = [
  { value: "system", label: "System" },
  { value: "dark", label: "Dark" },
  { value: "light", label: "Light" },
];

function Header({ preferences }: { readonly preferences: StoreApi<Preferences> }) {
  const theme = useStore(preferences, (state) => state.theme);
  const model = useSelectedModel();
  return (
    <header className={styles["header"]}>
      <h1 className={styles["logo"]}>
        <i aria-hidden="true" />
        Inferno
      </h1>
      {model?.info !== undefined && (
        <p className={styles["model"]}>
          <b>{model.name}</b> {model.info.architecture} · {model.info.quantisation} ·{" "}
          {formatCount(model.info.nCtx)} ctx
        </p>
      )}
      <span className={styles["grow"]} />
      <Segmented
        label="Theme"
        value={theme}
        onChange={(value) => preferences.setState({ theme: value })}
        options={kThemes}
      />
      <ConnectionStatus />
    </header>
  );
}

/** What to do first, or next; shown while no run is in sight. */
function Welcome() {
  const isReady = useIsReady();
  const hasModel = useStudioState((state) => state.loaded.some((model) => model.state === "ready"));
  return (
    <section className={styles["welcome"]} aria-label="Getting started">
      <h2>See what a model does at every token</h2>
      <ol>
        <li data-done={hasModel}>Load a model: choose a GGUF file on the left, or type the path of one.</li>
        <li>
          Write a prompt above and press Run. Tokens appear as they are generated, tinted by their
          probability.
        </li>
        <li>
          Click a token, or move with the arrow keys, to see why it was chosen and what else could have been.
        </li>
      </ol>
      {!isReady && <p>The page is waiting for its server.</p>}
    </section>
  );
}

/** Tells people who do not see the page what has come about. */
function Announcer() {
  const announcement = useStudioState((state) => state.announcement);
  return (
    <p role="status" className={styles["announcer"]}>
      {announcement}
    </p>
  );
}

const kRefreshEveryMs = 2000;

/** Other windows start runs, too: the list is asked for again while the page is in sight. */
function useFreshRuns(): void {
  const studio = useStudio();
  const isReady = useIsReady();
  useEffect(() => {
    if (!isReady) return undefined;
    const refresh = () => {
      if (document.visibilityState === "visible") void studio.refreshRuns();
    };
    const timer = setInterval(refresh, kRefreshEveryMs);
    return () => clearInterval(timer);
  }, [studio, isReady]);
}

function useTheme(preferences: StoreApi<Preferences>): void {
  const theme = useStore(preferences, (state) => state.theme);
  useEffect(() => {
    if (theme === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = theme;
  }, [theme]);
}
