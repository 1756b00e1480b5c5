import { useEffect, useMemo, useRef } from "react";
import { type Command, useCommands } from "../../state/commands";

interface TimelineActions {
  readonly zoomIn: () => void;
  readonly zoomOut: () => void;
  readonly all: () => void;
  readonly stretch: () => void;
  readonly log: () => void;
  readonly table: () => void;
  readonly focus: () => void;
}

const kTitles: Readonly<Record<keyof TimelineActions, string>> = {
  zoomIn: "Timeline: zoom in",
  zoomOut: "Timeline: zoom out",
  all: "Timeline: the whole run",
  stretch: "Timeline: zoom to the marked stretch",
  log: "Timeline: logarithmic scale on or off",
  table: "Timeline: as a table, or drawn",
  focus: "Go to the timeline",
};

/** Offers what the timeline does to the palette. Its keys work while it has the focus. */
export function useTimelineCommands(actions: TimelineActions): void {
  const latest = useRef(actions);
  useEffect(() => {
    latest.current = actions;
  });
  const commands = useMemo(
    () =>
      (Object.keys(kTitles) as (keyof TimelineActions)[]).map(
        (action): Command => ({
          id: `timeline.${action}`,
          title: kTitles[action],
          group: "Timeline",
          run: () => latest.current[action](),
        }),
      ),
    [],
  );
  useCommands(commands);
}
