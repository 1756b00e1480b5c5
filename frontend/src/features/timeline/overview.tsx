import { useRef } from "react";
import { drawOverview } from "./draw";
import { SceneCanvas, type SceneCanvasProps } from "./scene-canvas";
import styles from "./timeline.module.css";
import { indexAt, rangeOf, show, type View } from "./viewport";

interface OverviewProps extends Omit<SceneCanvasProps, "draw"> {
  readonly view: View;
  readonly length: number;
  readonly onView: (view: View) => void;
}

/** The whole run in a strip; what is in sight above is framed and can be moved. */
export function Overview({ view, length, onView, ...canvas }: OverviewProps) {
  const ref = useRef<HTMLDivElement>(null);
  const { begin, end } = rangeOf(view, length);
  const moveTo = (clientX: number) => {
    const box = ref.current?.getBoundingClientRect();
    if (box === undefined || view.kind === "all") return;
    const centre = indexAt(clientX - box.left, { begin: 0, end: length }, box.width);
    onView(show({ begin: centre - (end - begin) / 2, end: centre + (end - begin) / 2 }, length));
  };
  return (
    <div
      ref={ref}
      aria-hidden="true"
      className={styles["overview"]}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture?.(event.pointerId);
        moveTo(event.clientX);
      }}
      onPointerMove={(event) => event.buttons === 1 && moveTo(event.clientX)}
    >
      <SceneCanvas draw={drawOverview} {...canvas} />
      <div
        className={styles["window"]}
        style={{ left: `${(begin / length) * 100}%`, width: `${((end - begin) / length) * 100}%` }}
      />
    </div>
  );
}
