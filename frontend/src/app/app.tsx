import { lazy, type RefObject, useCallback, useEffect, useRef, useState } from "react";
import type { StoreApi } from "zustand";
import { useStore } from "zustand";
import { Composer } from "../features/composer/composer";
import { ConnectionBanner } from "../features/connection-status/connection-banner";
import { ModelPanel } from "../features/models/model-panel";
import { RunPanel } from "../features/runs/run-panel";
import { useRecordingCommands } from "../features/runs/use-recording-commands";
import { useKeyBindings } from "../features/shortcuts/key-bindings";
import { Commands, CommandsContext } from "../state/commands";
import { StudioContext, useIsReady, useRunRecord, useStudio, useStudioState } from "../state/hooks";
import type { Preferences } from "../state/preferences";
import { type Route, useRoute, useSelect } from "../state/route";
import type { RunRecord } from "../state/run-record";
import type { Studio } from "../state/studio";
import { Fetched } from "../widgets/fetched";
import styles from "./app.module.css";
import { BelowPane } from "./below-pane";
import { DebugBars } from "./debug-bars";
import { Header } from "./header";
import { useMedia } from "./media";
import { NarrowLayout, type NarrowView } from "./narrow-layout";
import { Overlays } from "./overlays";
import { type Panels, usePanels } from "./panels";
import { useStudioCommands } from "./studio-commands";
import { useTheme } from "./use-theme";
import { Welcome } from "./welcome";
import { WideLayout } from "./wide-layout";

// Fetched with the first run: before it there is nothing for them to show.
const RunView = lazy(async () => ({ default: (await import("../features/stream/run-view")).RunView }));
const DebugPanel = lazy(async () => ({
  default: (await import("../features/debugger/debug-panel")).DebugPanel,
}));
const Inspector = lazy(async () => ({
  default: (await import("../features/inspector/inspector")).Inspector,
}));

interface AppProps {
  readonly studio: Studio;
  readonly preferences: StoreApi<Preferences>;
}

/** The composition of the page: features side by side, what they share in between. */
export function App({ studio, preferences }: AppProps) {
  const [commands] = useState(() => new Commands());
  useTheme(preferences);
  return (
    <StudioContext value={studio}>
      <CommandsContext value={commands}>
        <Page preferences={preferences} />
      </CommandsContext>
    </StudioContext>
  );
}

/** Panels side by side need this much; 200 % zoom on most screens has less. */
const kNarrow = "(max-width: 899px)";

function Page({ preferences }: { readonly preferences: StoreApi<Preferences> }) {
  const route = useRoute();
  const isNarrow = useMedia(kNarrow);
  const all = usePanels(preferences, route.run !== undefined);
  const panels = isNarrow ? undefined : all;
  const [isPaletteOpen, setIsPaletteOpen] = useState(false);
  const openPalette = useCallback(() => setIsPaletteOpen(true), []);
  useFreshRuns();
  return (
    <div className={styles["page"]}>
      <Header panels={panels} onPalette={openPalette} />
      <ConnectionBanner />
      <Body route={route} panels={panels} preferences={preferences} />
      <Overlays
        overlay={route.overlay}
        isPaletteOpen={isPaletteOpen}
        onPaletteClose={() => setIsPaletteOpen(false)}
        preferences={preferences}
      />
      <PageCommands preferences={preferences} panels={panels} openPalette={openPalette} />
      <Announcer />
    </div>
  );
}

interface PageCommandsProps {
  readonly preferences: StoreApi<Preferences>;
  readonly panels: Panels | undefined;
  readonly openPalette: () => void;
}

/** Draws nothing: what commands there are changes often, and must not draw the page anew. */
function PageCommands({ preferences, panels, openPalette }: PageCommandsProps) {
  useStudioCommands(preferences, panels, openPalette);
  useRecordingCommands(useRoute().run);
  useKeyBindings(useStore(preferences, ({ singleKeys }) => singleKeys));
  return null;
}

interface BodyProps {
  readonly route: Route;
  readonly panels: Panels | undefined;
  readonly preferences: StoreApi<Preferences>;
}

function Body({ route, panels, preferences }: BodyProps) {
  const record = useRunRecord(route.run);
  const [view, setView] = useState<NarrowView>("tokens");
  const inspectorRef = useRef<HTMLElement>(null);
  const openInspector = useCallback(() => {
    if (panels === undefined) setView("inspector");
    else if (!panels.isOpen("inspector")) panels.toggle("inspector");
    // Only what is in sight can take the focus.
    requestAnimationFrame(() => inspectorRef.current?.focus());
  }, [panels]);
  const giveRoom = useCallback((px: number) => panels?.ensure("prompt", px), [panels]);
  const views = {
    side: (
      <>
        <ModelPanel />
        <RunPanel current={route.run} />
        <Fetched name="breakpoints and watches">
          <DebugPanel run={route.run} selected={route.position} />
        </Fetched>
      </>
    ),
    prompt: <Composer run={route.run} onWantRoom={giveRoom} />,
    stream:
      record === undefined ? (
        <Welcome />
      ) : (
        <Tokens record={record} route={route} preferences={preferences} onOpen={openInspector} />
      ),
    inspector: <InspectorPane record={record} route={route} panelRef={inspectorRef} />,
    timeline: <BelowPane record={record} route={route} panels={panels} />,
  };
  return (
    <div className={styles["body"]}>
      {panels === undefined ? (
        <NarrowLayout view={view} onView={setView} {...views} />
      ) : (
        <WideLayout panels={panels} {...views} />
      )}
    </div>
  );
}

interface TokensProps {
  readonly record: RunRecord;
  readonly route: Route;
  readonly preferences: StoreApi<Preferences>;
  readonly onOpen: () => void;
}

function Tokens({ record, route, preferences, onOpen }: TokensProps) {
  const select = useSelect(record.run);
  const textSize = useStore(preferences, (state) => state.textSize);
  return (
    <div className={styles["tokens"]} data-text-size={textSize}>
      <DebugBars record={record} onSelect={select} />
      <Fetched name="tokens">
        <RunView
          record={record}
          preferences={preferences}
          selected={route.position}
          onSelect={select}
          onOpen={onOpen}
        />
      </Fetched>
    </div>
  );
}

interface InspectorPaneProps {
  readonly record: RunRecord | undefined;
  readonly route: Route;
  readonly panelRef: RefObject<HTMLElement | null>;
}

function InspectorPane({ record, route, panelRef }: InspectorPaneProps) {
  if (record === undefined) {
    return (
      <section ref={panelRef} className={styles["empty"]} aria-label="Inspector" tabIndex={-1}>
        <p>
          <b>Why this token?</b> The inspector explains the token you select: what the model thought, what the
          sampler changed, and what else could have been.
        </p>
      </section>
    );
  }
  return (
    <Fetched name="inspector">
      <Inspector key={record.run} record={record} selected={route.position} panelRef={panelRef} />
    </Fetched>
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
