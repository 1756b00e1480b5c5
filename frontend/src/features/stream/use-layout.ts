import { useEffect, useLayoutEffect, useMemo, useState } from "react";
import type { RunRecord } from "../../state/run-record";
import { LineLayout } from "./line-layout";
import type { PendingToken } from "./pending-token";
import { type Fonts, TokenShapes, type Visibility } from "./token-shapes";

const kFonts: Fonts = { text: '16px "Inter Variable"', mono: '12.5px "JetBrains Mono Variable"' };

/** The lines of a run at a width, up to its newest token; measured anew when the fonts have come. */
export function useLayout(
  record: RunRecord,
  pending: PendingToken | undefined,
  width: number,
  visible: Visibility,
): LineLayout {
  const areFontsLoaded = useFonts();
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new run or font makes a new layout
  const { layout, shapes } = useMemo(
    () => ({ layout: new LineLayout(), shapes: new TokenShapes(kFonts, visible) }),
    [record, visible, areFontsLoaded],
  );
  const { version } = record;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the run changes in place; its version tells
  useMemo(() => {
    if (width > 0) layout.update(shapes.of(record.tokens, pending?.appearance), width);
  }, [layout, shapes, record, width, version, pending]);
  return layout;
}

function useFonts(): boolean {
  const [areLoaded, setAreLoaded] = useState(false);
  useEffect(() => {
    if (!("fonts" in document)) return;
    const fonts = Object.values(kFonts).map((font: string) => document.fonts.load(font));
    void Promise.allSettled(fonts).then(() => setAreLoaded(true));
  }, []);
  return areLoaded;
}

export interface Box {
  /** Without the padding. */
  readonly width: number;
  readonly height: number;
}

export function useBox(ref: React.RefObject<HTMLElement | null>): Box {
  const [box, setBox] = useState<Box>({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const element = ref.current;
    if (element === null) return;
    const measure = () => {
      const style = getComputedStyle(element);
      const padding = Number.parseFloat(style.paddingLeft) + Number.parseFloat(style.paddingRight);
      setBox({ width: element.clientWidth - (padding || 0), height: element.clientHeight });
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [ref]);
  return box;
}
