import { type PointerEvent, useEffect, useRef, useState } from "react";
import { indexAt, pan, type Range, rangeOf, type View, zoom } from "./viewport";

/** The pointer has to go so far before a press is a drag. */
const kDragPixels = 4;
const kWheelZoom = 0.0016;

interface GestureOptions {
  readonly plot: React.RefObject<HTMLElement | null>;
  readonly view: View;
  readonly length: number;
  readonly onView: (view: View) => void;
  readonly onPick: (index: number) => void;
  readonly onStretch: (stretch: Range | undefined) => void;
}

type Drag =
  | { readonly kind: "press"; readonly x: number; readonly index: number }
  | { readonly kind: "stretch"; readonly index: number }
  | { readonly kind: "pan"; readonly x: number; readonly view: View }
  | { readonly kind: "pinch"; readonly distance: number; readonly x: number; readonly view: View };

/** What wheel, pointer and fingers do on the plot: pick, mark a stretch, move, zoom. */
export function useGestures(options: GestureOptions) {
  const latest = useRef(options);
  latest.current = options;
  const drag = useRef<Drag | undefined>(undefined);
  const fingers = useRef(new Map<number, number>());
  const [hovered, setHovered] = useState<number | undefined>();
  useWheel(latest);

  const at = (clientX: number) => {
    const { plot, view, length } = latest.current;
    const box = plot.current?.getBoundingClientRect();
    const width = plot.current?.clientWidth ?? 1;
    const x = clientX - (box?.left ?? 0);
    const index = indexAt(x, rangeOf(view, length), width);
    return { x, index: Math.max(0, Math.min(length - 1, Math.floor(index))), width };
  };

  const onPointerDown = (event: PointerEvent<HTMLElement>) => {
    if (event.button > 1) return;
    const { x, index } = at(event.clientX);
    fingers.current.set(event.pointerId, x);
    event.currentTarget.setPointerCapture?.(event.pointerId);
    const { view } = latest.current;
    if (fingers.current.size === 2) drag.current = { kind: "pinch", ...pinchOf(fingers.current), view };
    else if (event.shiftKey || event.button === 1) drag.current = { kind: "pan", x, view };
    else drag.current = { kind: "press", x, index };
  };

  const onPointerMove = (event: PointerEvent<HTMLElement>) => {
    const { x, index, width } = at(event.clientX);
    if (event.pointerType !== "touch") setHovered(index);
    if (fingers.current.has(event.pointerId)) fingers.current.set(event.pointerId, x);
    const { length, onStretch, onView } = latest.current;
    const now = drag.current;
    if (now?.kind === "press" && Math.abs(x - now.x) > kDragPixels) {
      drag.current = { kind: "stretch", index: now.index };
    }
    if (drag.current?.kind === "stretch") {
      const from = drag.current.index;
      onStretch({ begin: Math.min(from, index), end: Math.max(from, index) + 1 });
    } else if (now?.kind === "pan") {
      const range = rangeOf(now.view, length);
      onView(pan(now.view, length, ((now.x - x) / width) * (range.end - range.begin)));
    } else if (now?.kind === "pinch" && fingers.current.size === 2) {
      const pinch = pinchOf(fingers.current);
      const centre = indexAt(now.x, rangeOf(now.view, length), width);
      onView(zoom(now.view, length, centre, now.distance / Math.max(1, pinch.distance)));
    }
  };

  const onPointerUp = (event: PointerEvent<HTMLElement>) => {
    if (drag.current?.kind === "press" && event.type === "pointerup") {
      latest.current.onStretch(undefined);
      latest.current.onPick(drag.current.index);
    }
    fingers.current.delete(event.pointerId);
    drag.current = undefined;
  };

  return {
    hovered: hovered !== undefined && hovered < options.length ? hovered : undefined,
    handlers: {
      onPointerDown,
      onPointerMove,
      onPointerUp,
      onPointerCancel: onPointerUp,
      onPointerLeave: () => setHovered(undefined),
    },
  };
}

function pinchOf(fingers: ReadonlyMap<number, number>): { readonly distance: number; readonly x: number } {
  const [a = 0, b = 0] = [...fingers.values()];
  return { distance: Math.max(1, Math.abs(a - b)), x: (a + b) / 2 };
}

/** The wheel zooms; sideways, or with Shift, it moves. React's own listener could not keep the page from scrolling. */
function useWheel(latest: React.RefObject<GestureOptions>): void {
  useEffect(() => {
    const element = latest.current.plot.current;
    const onWheel = (event: WheelEvent) => {
      const { view, length, onView } = latest.current;
      if (element === null || length === 0) return;
      event.preventDefault();
      const range = rangeOf(view, length);
      const width = Math.max(1, element.clientWidth);
      const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
      const [across, down] = [event.deltaX * pixels, event.deltaY * pixels];
      if (event.shiftKey || Math.abs(across) > Math.abs(down)) {
        onView(pan(view, length, (((across || down) * 1) / width) * (range.end - range.begin)));
        return;
      }
      const centre = indexAt(event.clientX - element.getBoundingClientRect().left, range, width);
      // Pinching a touch pad comes as small steps of the wheel with Ctrl.
      const speed = event.ctrlKey ? 8 : 1;
      onView(zoom(view, length, centre, Math.exp(down * kWheelZoom * speed)));
    };
    element?.addEventListener("wheel", onWheel, { passive: false });
    return () => element?.removeEventListener("wheel", onWheel);
  }, [latest]);
}
