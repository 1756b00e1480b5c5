import { type PointerEvent, useCallback, useEffect, useMemo, useRef, useState } from "react";

/** The token whose card is shown, and where it is on the screen. */
export interface HoverTarget {
  readonly index: number;
  readonly box: DOMRect;
}

// Long enough that reading with the pointer on the text opens nothing.
const kOpenAfterMs = 320;
/** While a card is open, the next one comes sooner. */
const kMoveAfterMs = 70;
/** Time to reach the card itself. */
const kCloseAfterMs = 220;

interface HoverCardControl {
  readonly target: HoverTarget | undefined;
  readonly onPointerOver: (event: PointerEvent) => void;
  readonly onPointerLeave: () => void;
  /** The pointer is on the card: it stays. */
  readonly keep: () => void;
  /** For good, until the pointer goes to another token: one at rest hears of every new drawing of its own. */
  readonly close: () => void;
}

/** When the card of a token opens and closes. Touch opens none: a tap selects. */
export function useHoverCard(): HoverCardControl {
  const [target, setTarget] = useState<HoverTarget | undefined>();
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const isOpen = useRef(false);
  const over = useRef<Element | null>(null);
  const closedOn = useRef<string | null>(null);
  isOpen.current = target !== undefined;

  const after = useCallback((ms: number, act: () => void) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(act, ms);
  }, []);
  useEffect(() => () => clearTimeout(timer.current), []);

  return useMemo(() => {
    const close = () => {
      clearTimeout(timer.current);
      setTarget(undefined);
      closedOn.current = indexOf(over.current);
    };
    const left = () => {
      over.current = null;
      close();
    };
    const show = (element: Element | null) => setTarget(element === null ? undefined : targetOf(element));
    return {
      target,
      close,
      keep: () => clearTimeout(timer.current),
      onPointerLeave: () => after(kCloseAfterMs, left),
      onPointerOver: (event) => {
        if (event.pointerType === "touch") return;
        const element = event.target instanceof Element ? event.target.closest("[data-index]") : null;
        over.current = element;
        if (element !== null && indexOf(element) === closedOn.current) return;
        closedOn.current = null;
        if (element === null) after(kCloseAfterMs, close);
        else after(isOpen.current ? kMoveAfterMs : kOpenAfterMs, () => show(element));
      },
    };
  }, [target, after]);
}

function indexOf(element: Element | null): string | null {
  return element?.getAttribute("data-index") ?? null;
}

function targetOf(element: Element): HoverTarget | undefined {
  const index = indexOf(element);
  // While it waited, its line may have gone out of sight.
  if (index === null || !element.isConnected) return undefined;
  return { index: Number(index), box: element.getBoundingClientRect() };
}
