import { useCallback, useEffect, useRef, useState } from "react";
import { type StoreApi, useStore } from "zustand";
import type { RunId } from "../../base/brand";
import { withVisibleControls } from "../../base/visible-text";
import { Inspector } from "../../features/inspector/inspector";
import { Palette } from "../../features/palette/palette";
import { useKeyBindings } from "../../features/shortcuts/key-bindings";
import { ShortcutOverview } from "../../features/shortcuts/shortcut-overview";
import { RunView } from "../../features/stream/run-view";
import { Timeline } from "../../features/timeline/timeline";
import type { RunSummary } from "../../protocol/types";
import { Commands, CommandsContext } from "../../state/commands";
import { StudioContext, useRunRecord, useStudioState } from "../../state/hooks";
import type { Preferences } from "../../state/preferences";
import { closeOverlay, useRoute, useSelect } from "../../state/route";
import type { Studio } from "../../state/studio";
import { Notice } from "../../widgets/notice";
import { useMedia } from "../media";
import { NarrowLayout, type NarrowView } from "../narrow-layout";
import { usePanels } from "../panels";
import { useTheme } from "../use-theme";
import { About } from "./about";
import { RecordingHeader } from "./recording-header";
import { RecordingLayout } from "./recording-layout";
import styles from "./recording-page.module.css";
import { RunSwitcher } from "./run-switcher";
import { useRecordingPageCommands } from "./use-recording-page-commands";

interface RecordingPageProps {
  readonly studio: Studio;
  readonly preferences: StoreApi<Preferences>;
}

/** A recorded session to look at, without a server. */
export function RecordingPage({ studio, ...props }: RecordingPageProps) {
  const [commands] = useState(() => new Commands());
  useTheme(props.preferences);
  return (
    <StudioContext value={studio}>
      <CommandsContext value={commands}>
        <Page {...props} />
      </CommandsContext>
    </StudioContext>
  );
}

type PageProps = Omit<RecordingPageProps, "studio">;

function Page({ preferences }: PageProps) {
  const { overlay } = useRoute();
  const [isPaletteOpen, setIsPaletteOpen] = useState(false);
  const openPalette = useCallback(() => setIsPaletteOpen(true), []);
  const areSingleKeysOn = useStore(preferences, ({ singleKeys }) => singleKeys);
  const runs = useStudioState((state) => state.runs);
  return (
    <div className={styles["page"]}>
      <RecordingHeader preferences={preferences} runs={runs} onPalette={openPalette} />
      {runs === undefined || runs.length === 0 ? (
        <NothingYet />
      ) : (
        <Body runs={runs} preferences={preferences} />
      )}
      {isPaletteOpen && <Palette onClose={() => setIsPaletteOpen(false)} />}
      {overlay?.kind === "shortcuts" && (
        <ShortcutOverview areSingleKeysOn={areSingleKeysOn} onClose={closeOverlay} />
      )}
      <PageCommands preferences={preferences} openPalette={openPalette} />
    </div>
  );
}

interface PageCommandsProps {
  readonly preferences: StoreApi<Preferences>;
  readonly openPalette: () => void;
}

/** Draws nothing: what commands there are changes often, and must not draw the page anew. */
function PageCommands({ preferences, openPalette }: PageCommandsProps) {
  useRecordingPageCommands(preferences, openPalette);
  useKeyBindings(useStore(preferences, ({ singleKeys }) => singleKeys));
  return null;
}

function NothingYet() {
  const isUnreadable = useStudioState(({ connection }) => connection.kind === "incompatible");
  return (
    <main className={styles["nothing"]}>
      {isUnreadable ? (
        <Notice
          tone="bad"
          title="There is no recording in this page that could be read."
          hint="The file was cut off or changed on its way: get it again, or export it again."
        />
      ) : (
        <p>Reading the recording …</p>
      )}
    </main>
  );
}

/** Panels side by side need this much. */
const kNarrow = "(max-width: 899px)";
const kTabs: Readonly<Record<NarrowView, string>> = {
  tokens: "Tokens",
  inspector: "Inspector",
  timeline: "Timeline",
  side: "Runs",
};

interface BodyProps extends PageProps {
  readonly runs: readonly RunSummary[];
}

function Body({ runs, preferences }: BodyProps) {
  const route = useRoute();
  const run = route.run ?? runs[0]?.run;
  const record = useRunRecord(run);
  const select = useSelect(run ?? kNoRun);
  const isNarrow = useMedia(kNarrow);
  const [view, setView] = useState<NarrowView>("tokens");
  const panels = usePanels(preferences, true);
  const inspectorRef = useRef<HTMLElement>(null);
  const openInspector = () => {
    if (isNarrow) setView("inspector");
    else if (!panels.isOpen("inspector")) panels.toggle("inspector");
    // Only what is in sight can take the focus.
    requestAnimationFrame(() => inspectorRef.current?.focus());
  };
  useTitle(runs);
  if (record === undefined) return null;
  const views = {
    side: (
      <>
        <RunSwitcher runs={runs} current={run} />
        <About record={record} run={runs.find((one) => one.run === run)} />
      </>
    ),
    stream: (
      <RunView
        record={record}
        preferences={preferences}
        selected={route.position}
        onSelect={select}
        onOpen={openInspector}
      />
    ),
    inspector: (
      <Inspector key={record.run} record={record} selected={route.position} panelRef={inspectorRef} />
    ),
    timeline: <Timeline record={record} selected={route.position} onSelect={select} />,
  };
  if (!isNarrow) return <RecordingLayout panels={panels} {...views} />;
  return <NarrowLayout view={view} onView={setView} names={kTabs} prompt={undefined} {...views} />;
}

const kNoRun = 0 as RunId;

/** As text: whatever people call a session stays a name. */
function useTitle(runs: readonly RunSummary[]): void {
  const title = runs[0]?.title ?? runs[0]?.prompt.trim().slice(0, 60);
  useEffect(() => {
    document.title = title ? `${withVisibleControls(title)} · Inferno` : "Recording · Inferno";
  }, [title]);
}
