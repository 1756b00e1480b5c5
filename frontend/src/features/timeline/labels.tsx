import { useRef } from "react";
import { kLaneHeight, type Lane, rowsOf, type Scene } from "./draw";
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
  readonly lanes: readonly Lane[];
}

/** Beside each track: what it is, its domain, and its value at the step in question. */
export function Labels({ tracks, profile, context, shown, lanes }: LabelsProps) {
  // As high as the plot beside it.
  const ref = useRef<HTMLDivElement>(null);
  const { height } = useSize(ref);
  const rows = rowsOf(tracks.length, height, lanes.length);
  return (
    <div ref={ref} className={styles["labels"]}>
      {lanes.map(({ name }, lane) => (
        <p key={name} className={styles["lane"]} style={{ top: lane * kLaneHeight, height: kLaneHeight }}>
          {name}
        </p>
      ))}
      {tracks.map((track, at) => {
        const [low, high] = track.ends(context);
        const value = shown === undefined ? undefined : profile.pyramid(at)?.value(shown);
        return (
          <div key={track.id} className={styles["label"]} style={rows[at]}>
            <span className={styles["name"]}>
              <i style={swatch(track)} />
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

/** The line of a track in small, with its dashes. */
function swatch({ colour, dash = [] }: Track) {
  const [on = 0, off = 0] = dash;
  if (on === 0) return { background: `var(${colour})` };
  const end = on + off;
  return {
    background: `repeating-linear-gradient(90deg, var(${colour}) 0 ${on}px, transparent ${on}px ${end}px)`,
  };
}
