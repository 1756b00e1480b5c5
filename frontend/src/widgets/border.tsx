import { type KeyboardEvent, type PointerEvent, useRef } from "react";
import styles from "./border.module.css";

interface BorderProps {
  readonly label: string;
  /** Of the panel that it resizes. */
  readonly panelId: string;
  /** Where that panel lies, seen from the border. */
  readonly side: "left" | "right" | "above" | "below";
  readonly sizePx: number;
  readonly largestPx: number;
  readonly onResize: (px: number) => void;
  readonly onToggle: () => void;
  readonly onReset: () => void;
}

const kKeyStepPx = 16;

/** The movable border of a panel: by dragging, by the arrow keys; Enter puts the panel away, a double click resets it. */
export function Border(props: BorderProps) {
  const { label, panelId, side, sizePx, largestPx, onResize, onToggle, onReset } = props;
  const dragRef = useRef<{ readonly from: number; readonly sizePx: number } | undefined>(undefined);
  const isUpright = side === "left" || side === "right";
  const sign = side === "left" || side === "above" ? 1 : -1;
  const at = (event: PointerEvent) => (isUpright ? event.clientX : event.clientY);

  const onKeyDown = (event: KeyboardEvent) => {
    const step = keyStep(event.key, isUpright);
    if (step !== undefined) onResize(sizePx === 0 && step * sign > 0 ? largestPx / 3 : sizePx + step * sign);
    else if (event.key === "Enter") onToggle();
    else if (event.key === "Home") onReset();
    else return;
    event.preventDefault();
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a separator that moves is no thematic break
    <div
      role="separator"
      aria-label={label}
      aria-controls={panelId}
      aria-orientation={isUpright ? "vertical" : "horizontal"}
      aria-valuenow={Math.round(sizePx)}
      aria-valuemin={0}
      aria-valuemax={Math.round(largestPx)}
      aria-valuetext={sizePx === 0 ? "put away" : `${Math.round(sizePx)} pixels`}
      tabIndex={0}
      className={isUpright ? `${styles["border"]} ${styles["upright"]}` : styles["border"]}
      onKeyDown={onKeyDown}
      onDoubleClick={onReset}
      onPointerDown={(event) => {
        dragRef.current = { from: at(event), sizePx };
        event.currentTarget.setPointerCapture(event.pointerId);
        event.preventDefault();
      }}
      onPointerMove={(event) => {
        const drag = dragRef.current;
        if (drag !== undefined) onResize(drag.sizePx + (at(event) - drag.from) * sign);
      }}
      onPointerUp={() => {
        dragRef.current = undefined;
      }}
      onLostPointerCapture={() => {
        dragRef.current = undefined;
      }}
    />
  );
}

function keyStep(key: string, isUpright: boolean): number | undefined {
  if (key === (isUpright ? "ArrowRight" : "ArrowDown")) return kKeyStepPx;
  return key === (isUpright ? "ArrowLeft" : "ArrowUp") ? -kKeyStepPx : undefined;
}
