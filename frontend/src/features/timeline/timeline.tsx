import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import type { Position } from "../../base/brand";
import { quoted } from "../../base/visible-text";
import { useRunValue } from "../../state/hooks";
import { usePacedRunVersion } from "../../state/paced";
import type { RunRecord } from "../../state/run-record";
import { useWhatIfMarks } from "../../state/what-if";
import { Button } from "../../widgets/button";
import { Help } from "../../widgets/help";
import { Toggle } from "../../widgets/toggle";
import { drawTimeline, type Lane } from "./draw";
import { Labels } from "./labels";
import { Overview } from "./overview";
import { RunProfile } from "./run-profile";
import { SceneCanvas } from "./scene-canvas";
import { StepTable } from "./step-table";
import { spokenStep, summaryWords } from "./step-words";
import styles from "./timeline.module.css";
import type { Track } from "./tracks";
import { useGestures } from "./use-gestures";
import { useTimelineCommands } from "./use-timeline-commands";
import { kAll, type Range, rangeOf, reveal, show, type View, xOf, zoom } from "./viewport";
import { useTracks } from "./watch-tracks";

interface TimelineProps {
  readonly record: RunRecord;
  readonly selected: Position | undefined;
  readonly onSelect: (position: Position | undefined) => void;
  /** The person wants to see more of the selected token. */
  readonly onOpen?: (() => void) | undefined;
  readonly tracks?: readonly Track[] | undefined;
}

/** The whole run at a glance: its measures as tracks, with zoom, and a way to every step. */
export function Timeline(props: TimelineProps) {
  const hasTokens = useRunValue(props.record, ({ tokens }) => tokens.length > 0);
  const isLive = useRunValue(props.record, (run) => run.isLive);
  return (
    <section className={styles["view"]} aria-label="Timeline">
      {hasTokens ? (
        <Tracks key={props.record.run} {...props} />
      ) : (
        <p className={styles["empty"]}>
          {isLive ? "The timeline begins with the first token." : "This run has no tokens to draw."}
        </p>
      )}
    </section>
  );
}

const kZoomStep = 2;
const kDrawEveryMs = 100;
/** No plot has more places side by side than this. */
const kMostPlaces = 3000;

function Tracks({ record, selected, onSelect, onOpen, tracks: own }: TimelineProps) {
  const version = usePacedRunVersion(record, kDrawEveryMs);
  const tracks = useTracks(record, own);
  const { tokens } = record;
  const profile = useProfile(record, tracks, version);
  const lanes = useLanes(record, profile, version);
  const [view, setView] = useState<View>(kAll);
  const [stretch, setStretch] = useState<Range | undefined>();
  const [isLog, setIsLog] = useState(false);
  const [isTable, setIsTable] = useState(false);
  const plotRef = useRef<HTMLDivElement>(null);
  const length = steadyLength(profile.length, record.isLive);
  const range = rangeOf(view, length);
  const found = selected === undefined ? undefined : tokens.indexOf(selected);
  const selectedIndex = found !== undefined && found < profile.length ? found : undefined;

  const pick = (index: number) => onSelect(tokens.position(Math.max(0, Math.min(length - 1, index))));
  const { hovered, handlers } = useGestures({
    plot: plotRef,
    view,
    length,
    onView: setView,
    onPick: pick,
    onStretch: setStretch,
  });

  // A step that was chosen elsewhere is brought into sight.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new choice moves the view, not a longer run
  useEffect(() => {
    if (selectedIndex !== undefined) setView((before) => reveal(before, length, selectedIndex));
  }, [selectedIndex]);

  const zoomBy = (factor: number) => setView(zoom(view, length, selectedIndex ?? middle(range), factor));
  const actions = {
    zoomIn: () => zoomBy(1 / kZoomStep),
    zoomOut: () => zoomBy(kZoomStep),
    all: () => setView(kAll),
    stretch: () => stretch !== undefined && setView(show(stretch, length)),
    log: () => setIsLog(!isLog),
    table: () => setIsTable(!isTable),
    focus: () => plotRef.current?.focus(),
  };
  useTimelineCommands(actions);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.round((range.end - range.begin) / 10));
    const from = selectedIndex ?? Math.min(length - 1, Math.floor(range.end) - 1);
    const to = destination(event.key, from, page, length);
    if (to !== undefined) {
      const anchor = stretch === undefined ? from : stretch.begin === from ? stretch.end - 1 : stretch.begin;
      setStretch(event.shiftKey ? { begin: Math.min(anchor, to), end: Math.max(anchor, to) + 1 } : undefined);
      pick(to);
    } else if (event.key === "+" || event.key === "=") actions.zoomIn();
    else if (event.key === "-") actions.zoomOut();
    else if (event.key === "0") actions.all();
    else if (event.key === "Escape") setStretch(undefined);
    else if (event.key === "Enter") onOpen?.();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const shown = hovered ?? selectedIndex;
  const context = useMemo(
    () => ({
      nVocab: record.started?.nVocab ?? 0,
      usualUs: profile.usualUs,
      longestUs: profile.longestUs,
      isLog,
    }),
    [record.started, profile.usualUs, profile.longestUs, isLog],
  );

  const scene = { profile, tracks, context, length, range, nPrompt: record.nPrompt, lanes };

  return (
    <>
      <div className={styles["bar"]}>
        <h2 className={styles["title"]}>Timeline</h2>
        <Help term="timeline" />
        <Button look="quiet" aria-label="Zoom out" isDisabled={view.kind === "all"} onPress={actions.zoomOut}>
          −
        </Button>
        <Button look="quiet" aria-label="Zoom in" onPress={actions.zoomIn}>
          +
        </Button>
        <Button look="quiet" isDisabled={view.kind === "all"} onPress={actions.all}>
          Whole run
        </Button>
        <Toggle isOn={isLog} onChange={setIsLog}>
          log
        </Toggle>
        <Toggle isOn={isTable} onChange={setIsTable}>
          table
        </Toggle>
        <Readout
          words={stretch === undefined ? readout(record, shown) : summaryWords(clipped(profile, stretch))}
        />
        {stretch !== undefined && (
          <>
            <Button look="quiet" onPress={actions.stretch}>
              Zoom to it
            </Button>
            <Button look="quiet" onPress={() => setStretch(undefined)}>
              Clear
            </Button>
          </>
        )}
      </div>
      {isTable ? (
        <StepTable tokens={tokens} profile={profile} tracks={tracks} selected={selectedIndex} onPick={pick} />
      ) : (
        <div className={styles["body"]}>
          <Labels tracks={tracks} profile={profile} context={context} shown={shown} lanes={lanes} />
          <div
            ref={plotRef}
            className={styles["plot"]}
            role="slider"
            tabIndex={0}
            aria-label="Step of the run"
            aria-valuemin={0}
            aria-valuemax={Math.max(0, length - 1)}
            aria-valuenow={selectedIndex ?? Math.max(0, length - 1)}
            aria-valuetext={
              selectedIndex === undefined ? "No token is selected" : spokenStep(tokens, selectedIndex)
            }
            onKeyDown={onKeyDown}
            {...handlers}
          >
            <SceneCanvas draw={drawTimeline} scene={scene} />
            {stretch !== undefined && (
              <Band range={range} from={stretch.begin} to={stretch.end} look="stretch" />
            )}
            {hovered !== undefined && <Band range={range} from={hovered} to={hovered + 1} look="hovered" />}
            {selectedIndex !== undefined && (
              <Band range={range} from={selectedIndex} to={selectedIndex + 1} look="selected" />
            )}
          </div>
          <Overview view={view} length={length} onView={setView} scene={scene} />
        </div>
      )}
    </>
  );
}

/**
 * The steps that are drawn: while a long run grows, fewer than have come by less
 * than a pixel's worth, so that not every token moves the whole plot.
 */
function steadyLength(length: number, isLive: boolean): number {
  const step = Math.max(1, Math.floor(length / kMostPlaces));
  return isLive ? length - (length % step) : length;
}

function middle({ begin, end }: Range): number {
  return (begin + end) / 2;
}

function destination(key: string, from: number, page: number, length: number): number | undefined {
  const to: Readonly<Record<string, number>> = {
    ArrowLeft: from - 1,
    ArrowDown: from - 1,
    ArrowRight: from + 1,
    ArrowUp: from + 1,
    PageDown: from - page,
    PageUp: from + page,
    Home: 0,
    End: length - 1,
  };
  const index = to[key];
  return index === undefined ? undefined : Math.max(0, Math.min(length - 1, index));
}

function clipped(profile: RunProfile, { begin, end }: Range) {
  return profile.summary(Math.min(begin, profile.length), Math.min(end, profile.length));
}

function readout({ tokens }: RunRecord, index: number | undefined): readonly string[] {
  if (index === undefined) return [];
  return [`${tokens.position(index)}`, quoted(tokens.appearance(index).text)];
}

function Readout({ words }: { readonly words: readonly string[] }) {
  return (
    <p className={styles["readout"]}>
      {words.map((word) => (
        <span key={word}>{word}</span>
      ))}
    </p>
  );
}

/** What is marked above the tracks: surprises, where breakpoints stopped the run, what other settings would change. */
function useLanes(record: RunRecord, profile: RunProfile, version: number): readonly Lane[] {
  const differing = useDiffering(record);
  const { stops } = record.debugging;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the profile grows in place; the version tells
  return useMemo(() => {
    const first = record.tokens.length > 0 ? record.tokens.position(0) : 0;
    const stopped = Uint32Array.from(stops, ({ position }) => position - first);
    return [
      { name: "surprises", colour: "--track-surprise", marks: profile.surprises },
      ...(stops.length === 0 ? [] : [{ name: "breakpoints", colour: "--track-stop", marks: stopped }]),
      ...(differing === undefined
        ? []
        : [{ name: "what if", colour: "--track-differing", marks: differing }]),
    ];
  }, [record, profile, version, stops, differing]);
}

/** Indices of the tokens that another chain would have changed, rising; undefined: none is tried. */
function useDiffering(record: RunRecord): Uint32Array | undefined {
  const marks = useWhatIfMarks(record.run);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the version stands for what is in the outcome
  return useMemo(() => {
    const first = record.tokens.length > 0 ? record.tokens.position(0) : 0;
    return marks?.outcome.changed.map((position) => position - first);
  }, [marks?.outcome, marks?.version, record]);
}

/** The numbers of a run; grows with it. */
function useProfile(record: RunRecord, tracks: readonly Track[], version: number): RunProfile {
  // biome-ignore lint/correctness/useExhaustiveDependencies: another run has another profile
  const profile = useMemo(() => new RunProfile(tracks), [record, tracks]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the run changes in place; its version tells
  useMemo(() => profile.update(record.tokens), [profile, record, version]);
  return profile;
}

interface BandProps {
  readonly range: Range;
  readonly from: number;
  readonly to: number;
  readonly look: "stretch" | "hovered" | "selected";
}

/** A stretch of the plot, marked. */
function Band({ range, from, to, look }: BandProps) {
  const left = Math.max(0, xOf(from, range, 100));
  const right = Math.min(100, xOf(to, range, 100));
  if (right < 0 || left > 100) return null;
  return (
    <div
      aria-hidden="true"
      className={`${styles["band"]} ${styles[look]}`}
      style={{ left: `${left}%`, width: `${Math.max(0, right - left)}%` }}
    />
  );
}
