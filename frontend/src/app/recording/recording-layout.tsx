import type { ReactNode } from "react";
import { Border } from "../../widgets/border";
import type { PanelId, Panels } from "../panels";
import styles from "./recording-layout.module.css";

interface RecordingLayoutProps {
  readonly panels: Panels;
  readonly side: ReactNode;
  readonly stream: ReactNode;
  readonly inspector: ReactNode;
  readonly timeline: ReactNode;
}

/** The panels of a recording side by side; there is nothing to write, so no prompt. */
export function RecordingLayout({ panels, side, stream, inspector, timeline }: RecordingLayoutProps) {
  const { sizes } = panels;
  const grid = {
    gridTemplateColumns: `${track(sizes.side)} 1px minmax(280px, 1fr) 1px ${track(sizes.inspector)}`,
    gridTemplateRows: `minmax(180px, 1fr) 1px ${track(sizes.timeline)}`,
  };
  return (
    <div className={styles["layout"]} style={grid}>
      <aside id="panel-side" className={styles["side"]} hidden={sizes.side === 0} aria-label="Runs">
        {side}
      </aside>
      {/* The borders are parts of it, too: all that is on the page belongs to some landmark. */}
      <main className={styles["main"]}>
        <div className={styles["atSide"]}>
          <PanelBorder panel="side" label="Border of the runs" at="left" panels={panels} />
        </div>
        <div className={styles["stream"]}>{stream}</div>
        <div className={styles["atInspector"]}>
          <PanelBorder panel="inspector" label="Border of the inspector" at="right" panels={panels} />
        </div>
        <div className={styles["atTimeline"]}>
          <PanelBorder panel="timeline" label="Border of the timeline" at="below" panels={panels} />
        </div>
      </main>
      <div id="panel-inspector" className={styles["inspector"]} hidden={sizes.inspector === 0}>
        {inspector}
      </div>
      <div id="panel-timeline" className={styles["timeline"]} hidden={sizes.timeline === 0}>
        {timeline}
      </div>
    </div>
  );
}

const track = (px: number) => `minmax(0, ${px}px)`;

interface PanelBorderProps {
  readonly panel: PanelId;
  readonly label: string;
  readonly at: "left" | "right" | "below";
  readonly panels: Panels;
}

function PanelBorder({ panel, label, at, panels }: PanelBorderProps) {
  return (
    <Border
      label={label}
      panelId={`panel-${panel}`}
      side={at}
      sizePx={panels.sizes[panel]}
      largestPx={panels.largest(panel)}
      onResize={(px) => panels.resize(panel, px)}
      onToggle={() => panels.toggle(panel)}
      onReset={() => panels.reset(panel)}
    />
  );
}
