import { lazy } from "react";
import type { Route } from "../state/route";
import { useSelect } from "../state/route";
import type { RunRecord } from "../state/run-record";
import { Fetched } from "../widgets/fetched";
import styles from "./app.module.css";

const Timeline = lazy(async () => ({ default: (await import("../features/timeline/timeline")).Timeline }));

interface TimelinePaneProps {
  readonly record: RunRecord | undefined;
  readonly route: Route;
}

export function TimelinePane({ record, route }: TimelinePaneProps) {
  if (record !== undefined) return <OfRun record={record} route={route} />;
  return (
    <section className={styles["empty"]} aria-label="Timeline">
      <p>
        <b>Timeline</b> Probability, entropy and time of every token of a run, side by side. It begins with
        the first run.
      </p>
    </section>
  );
}

function OfRun({ record, route }: { readonly record: RunRecord; readonly route: Route }) {
  const select = useSelect(record.run);
  return (
    <Fetched name="timeline">
      <Timeline record={record} selected={route.position} onSelect={select} />
    </Fetched>
  );
}
