import { useRef } from "react";
import { kLaneHeight, rowsOf, type Scene } from "./draw";
import type { RunProfile } from "./run-profile";
import styles from "./timeline.module.css";
import type { Track } from "./tracks";
import { useSize } from "./use-size";

/** Height at which there is room for the domain, too. */
const kTwoLines = 28;

interface LabelsProps {
  readonly tracks: readonly Track[];
  readonly profile: RunProfile;
  readonly context: Scene["context"];
  readonly shown: number | undefined;
  readonly hasDiffering: boolean;
}

/** Beside each track: what it is, its domain, and its value at the step in question. */
export function Labels({ tracks, profile, context, shown, hasDiffering }: LabelsProps) {
  // As high as the plot beside it.
  const ref = useRef<HTMLDivElement>(null);
  const { height } = useSize(ref);
  const nLanes = hasDiffering ? 2 : 1;
  const rows = rowsOf(tracks.length, height, nLanes);
  return (
    <div ref={ref} className={styles["labels"]}>
      <p className={styles["lane"]} style={{ top: 0, height: kLaneHeight }}>
        surprises
      </p>
      {hasDiffering && (
        <p className={styles["lane"]} style={{ top: kLaneHeight, height: kLaneHeight }}>
          what if
        </p>
      )}
      {tracks.map((track, at) => {
        const [low, high] = track.ends(context);
        const value = shown === undefined ? undefined : profile.pyramid(at)?.value(shown);
        return (
          <div key={track.id} className={styles["label"]} style={rows[at]}>
            <span className={styles["name"]}>
              <i style={{ background: `var(${track.colour})` }} />
              {track.label}
            </span>
            <b>{value === undefined ? "" : track.format(value)}</b>
            {(rows[at]?.height ?? 0) >= kTwoLines && (
              <small>
                {low} – {high}
              </small>
            )}
          </div>
        );
      })}
    </div>
  );
}
