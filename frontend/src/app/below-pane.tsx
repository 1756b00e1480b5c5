import { type KeyboardEvent, lazy, useEffect, useId } from "react";
import { type BelowView, kBelowViews, openView, type Route } from "../state/route";
import type { RunRecord } from "../state/run-record";
import { Fetched } from "../widgets/fetched";
import styles from "./below-pane.module.css";
import type { Panels } from "./panels";
import { TimelinePane } from "./timeline-pane";

const BranchesView = lazy(async () => ({
  default: (await import("../features/debugger/branches/branches-view")).BranchesView,
}));
const ExploreView = lazy(async () => ({
  default: (await import("../features/debugger/explore/explore-view")).ExploreView,
}));
const TreeView = lazy(async () => ({
  default: (await import("../features/debugger/explore/tree-view")).TreeView,
}));

const kNames: Readonly<Record<BelowView, string>> = {
  timeline: "Timeline",
  branches: "Branches",
  explore: "Explore",
  tree: "Probability tree",
};
/** With less than this a tree shows two of its rows. */
const kRoomPx = 260;

interface BelowPaneProps {
  readonly record: RunRecord | undefined;
  readonly route: Route;
  /** Undefined: the window is too narrow for panels side by side. */
  readonly panels: Panels | undefined;
}

/** Below the text: the timeline, or a view of where the run comes from and where it could go. */
export function BelowPane({ record, route, panels }: BelowPaneProps) {
  const id = useId();
  const view = record === undefined ? "timeline" : (route.below ?? "timeline");
  useRoom(view, panels);
  if (record === undefined) return <TimelinePane record={record} route={route} />;
  const show = (next: BelowView) => openView(record.run, route.position, next);
  return (
    <section className={styles["pane"]} aria-label="Below the text">
      <div
        role="tablist"
        aria-label="Views below the text"
        className={styles["tabs"]}
        onKeyDown={(event) => moveTab(event, view, show)}
      >
        {kBelowViews.map((each) => (
          <button
            key={each}
            type="button"
            role="tab"
            id={`${id}-${each}`}
            aria-selected={each === view}
            aria-controls={`${id}-panel`}
            tabIndex={each === view ? 0 : -1}
            onClick={() => show(each)}
          >
            {kNames[each]}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${view}`} className={styles["view"]}>
        {view === "timeline" ? (
          <TimelinePane record={record} route={route} />
        ) : (
          <Fetched name={kNames[view]} key={view}>
            <Debugging view={view} record={record} route={route} />
          </Fetched>
        )}
      </div>
    </section>
  );
}

interface DebuggingProps {
  readonly view: Exclude<BelowView, "timeline">;
  readonly record: RunRecord;
  readonly route: Route;
}

function Debugging({ view, record, route }: DebuggingProps) {
  switch (view) {
    case "branches":
      return <BranchesView record={record} />;
    case "explore":
      return <ExploreView key={record.run} record={record} selected={route.position} />;
    case "tree":
      return <TreeView key={record.run} record={record} selected={route.position} />;
  }
}

/** A view that needs height gets it when it is opened. */
function useRoom(view: BelowView, panels: Panels | undefined): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: only opening a view makes room, not every change of sizes
  useEffect(() => {
    if (view === "timeline" || panels === undefined) return;
    if (!panels.isOpen("timeline") || panels.sizes.timeline < kRoomPx) panels.resize("timeline", kRoomPx);
  }, [view]);
}

function moveTab(event: KeyboardEvent, view: BelowView, show: (view: BelowView) => void): void {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (step === undefined) return;
  const count = kBelowViews.length;
  const next = kBelowViews[(kBelowViews.indexOf(view) + step + count) % count];
  if (next === undefined) return;
  event.preventDefault();
  show(next);
  const tabs = event.currentTarget.querySelectorAll<HTMLElement>("[role=tab]");
  tabs[kBelowViews.indexOf(next)]?.focus();
}
