import {
  type KeyboardEvent,
  type MouseEvent,
  useEffect,
  useId,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import type { Position } from "../../base/brand";
import { useRunVersion } from "../../state/hooks";
import type { Measure } from "../../state/preferences";
import type { RunRecord } from "../../state/run-record";
import { Button } from "../../widgets/button";
import { Icon } from "../../widgets/icon";
import { LineLayout } from "./line-layout";
import { nextSurprise } from "./surprise";
import { TokenLine } from "./token-line";
import { type Fonts, TokenShapes } from "./token-shapes";
import styles from "./token-stream.module.css";

const kLineHeight = 33;
/** Lines drawn above and below what is in sight, so that scrolling shows no gaps. */
const kSpareLines = 4;
/** Longer lines are hard to read. */
const kWidestLine = 880;
const kFonts: Fonts = { text: '16px "Inter Variable"', mono: '12.5px "JetBrains Mono Variable"' };

interface TokenStreamProps {
  readonly record: RunRecord;
  readonly selected: Position | undefined;
  readonly onSelect: (position: Position | undefined) => void;
  /** Enter was pressed on a token. */
  readonly onOpen: () => void;
  readonly measure: Measure;
  readonly showSpaces: boolean;
}

/**
 * The run's text, token by token. Only the lines in sight are in the document;
 * one element has the focus and names its active token.
 */
export function TokenStream({ record, selected, onSelect, onOpen, measure, showSpaces }: TokenStreamProps) {
  const version = useRunVersion(record);
  const { tokens } = record;
  const boxRef = useRef<HTMLDivElement>(null);
  const [box, setBox] = useState({ width: 0, height: 0 });
  const [scrollTop, setScrollTop] = useState(0);
  const [isFollowing, setIsFollowing] = useState(true);
  const areFontsLoaded = useFonts();
  const idPrefix = `${useId()}token-`;

  useBoxSize(boxRef, setBox);
  const layout = useLayout(record, Math.min(kWidestLine, box.width), showSpaces, areFontsLoaded, version);
  const selectedIndex = selected === undefined ? undefined : tokens.indexOf(selected);
  const contentHeight = layout.lineCount * kLineHeight;
  const follows = isFollowing && record.isLive && selected === undefined;
  const top = follows ? Math.max(0, contentHeight - box.height) : scrollTop;

  useLayoutEffect(() => {
    const element = boxRef.current;
    if (follows && element !== null && version > 0) element.scrollTop = contentHeight;
  }, [follows, contentHeight, version]);

  // A selection made elsewhere (a link, the keyboard) is brought into sight.
  useLayoutEffect(() => {
    const element = boxRef.current;
    if (element === null || selectedIndex === undefined || box.height === 0) return;
    const lineTop = layout.lineOf(selectedIndex) * kLineHeight;
    if (lineTop < element.scrollTop) element.scrollTop = Math.max(0, lineTop - kLineHeight);
    else if (lineTop + kLineHeight > element.scrollTop + box.height) {
      element.scrollTop = lineTop - box.height + 2 * kLineHeight;
    }
  }, [selectedIndex, layout, box.height]);

  const select = (index: number) => {
    if (index >= 0 && index < tokens.length) onSelect(tokens.position(index));
  };

  const onScroll = () => {
    const element = boxRef.current;
    if (element === null) return;
    setScrollTop(element.scrollTop);
    setIsFollowing(element.scrollTop + element.clientHeight >= element.scrollHeight - kLineHeight);
  };

  const onClick = (event: MouseEvent) => {
    const target = event.target instanceof Element ? event.target.closest("[data-index]") : null;
    const index = target?.getAttribute("data-index");
    if (index !== null && index !== undefined) select(Number(index));
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || tokens.length === 0) return;
    const action = keyAction(event.key);
    if (action === undefined) return;
    event.preventDefault();
    if (action === "open") onOpen();
    else if (action === "leave") onSelect(undefined);
    else
      select(
        action(record, layout, selectedIndex ?? tokens.length - 1, Math.floor(box.height / kLineHeight)),
      );
  };

  const firstLine = Math.max(0, Math.floor(top / kLineHeight) - kSpareLines);
  const lastLine = Math.min(layout.lineCount, Math.ceil((top + box.height) / kLineHeight) + kSpareLines);
  const newest = record.isLive ? tokens.length - 1 : undefined;
  const isActiveDrawn =
    selectedIndex !== undefined &&
    selectedIndex >= layout.begin(firstLine) &&
    selectedIndex < layout.end(lastLine - 1);

  const lines = [];
  for (let line = firstLine; line < lastLine; ++line) {
    const [begin, end] = [layout.begin(line), layout.end(line)];
    const holds = (index: number | undefined) =>
      index !== undefined && index >= begin && index < Math.max(end, begin + 1) ? index : undefined;
    const isLast = line === layout.lineCount - 1;
    lines.push(
      <TokenLine
        key={line}
        tokens={tokens}
        top={line * kLineHeight}
        begin={begin}
        end={end}
        isContinued={!layout.followsLineEnd(line)}
        selected={holds(selectedIndex)}
        newest={isLast ? newest : holds(newest)}
        measure={measure}
        nVocab={record.started?.nVocab ?? 0}
        showSpaces={showSpaces}
        idPrefix={idPrefix}
        stamp={end > tokens.settledLength || isLast ? version : 0}
      />,
    );
  }

  return (
    <div className={styles["frame"]}>
      <div
        ref={boxRef}
        className={styles["stream"]}
        role="listbox"
        aria-label="Tokens of the run"
        tabIndex={0}
        aria-activedescendant={isActiveDrawn ? `${idPrefix}${selectedIndex}` : undefined}
        onScroll={onScroll}
        onClick={onClick}
        onKeyDown={onKeyDown}
      >
        <div role="presentation" className={styles["content"]} style={{ height: contentHeight }}>
          {lines}
        </div>
      </div>
      {record.isLive && !follows && (
        <div className={styles["follow"]}>
          <Button
            onPress={() => {
              onSelect(undefined);
              setIsFollowing(true);
            }}
          >
            <Icon name="down" /> Follow the newest
          </Button>
        </div>
      )}
    </div>
  );
}

type Move = (record: RunRecord, layout: LineLayout, from: number, linesInSight: number) => number;

function byLines(count: (linesInSight: number) => number): Move {
  return (_, layout, from, linesInSight) => {
    const step = Math.sign(count(linesInSight));
    const last = layout.lineCount - 1;
    let line = Math.min(last, Math.max(0, layout.lineOf(from) + count(linesInSight)));
    // Empty lines hold no token to select.
    while (line > 0 && line < last && layout.begin(line) === layout.end(line)) line += step;
    return layout.tokenAt(line, layout.x(from) + 1) ?? from;
  };
}

function toSurprise(step: 1 | -1): Move {
  return ({ tokens }, _, from) => nextSurprise(tokens, from, step) ?? from;
}

const kMoves: Readonly<Record<string, Move>> = {
  ArrowLeft: (_, __, from) => Math.max(0, from - 1),
  ArrowRight: ({ tokens }, _, from) => Math.min(tokens.length - 1, from + 1),
  ArrowUp: byLines(() => -1),
  ArrowDown: byLines(() => 1),
  PageUp: byLines((lines) => 1 - Math.max(2, lines)),
  PageDown: byLines((lines) => Math.max(2, lines) - 1),
  Home: () => 0,
  End: ({ tokens }) => tokens.length - 1,
  "[": toSurprise(-1),
  "]": toSurprise(1),
};

function keyAction(key: string): Move | "open" | "leave" | undefined {
  if (key === "Enter") return "open";
  if (key === "Escape") return "leave";
  return kMoves[key];
}

/** The lines of a run at a width; measured anew when the fonts have come. */
function useLayout(
  record: RunRecord,
  width: number,
  showSpaces: boolean,
  areFontsLoaded: boolean,
  version: number,
): LineLayout {
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new run or font makes a new layout
  const { layout, shapes } = useMemo(
    () => ({ layout: new LineLayout(), shapes: new TokenShapes(kFonts, showSpaces) }),
    [record, showSpaces, areFontsLoaded],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: the run changes in place; its version tells
  useMemo(() => {
    if (width > 0) layout.update(shapes.of(record.tokens), width);
  }, [layout, shapes, record, width, version]);
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

function useBoxSize(
  ref: React.RefObject<HTMLDivElement | null>,
  setBox: (box: { width: number; height: number }) => void,
): void {
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
  }, [ref, setBox]);
}
