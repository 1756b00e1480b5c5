import {
  type ClipboardEvent,
  type KeyboardEvent,
  type MouseEvent,
  type Ref,
  useId,
  useImperativeHandle,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import type { Position } from "../../base/brand";
import { usePacedRunVersion } from "../../state/paced";
import type { Measure } from "../../state/preferences";
import type { RunRecord } from "../../state/run-record";
import type { WhatIfMarks } from "../../state/what-if";
import { Button } from "../../widgets/button";
import { Icon } from "../../widgets/icon";
import { markedText } from "./copy-text";
import type { FoundText } from "./find/found-text";
import { HoverCard } from "./hover-card";
import { keyAction } from "./moves";
import { usePendingToken } from "./pending-token";
import { type TintScale, usualStepUs } from "./surprise";
import { TokenLine } from "./token-line";
import type { Visibility } from "./token-shapes";
import styles from "./token-stream.module.css";
import { useHoverCard } from "./use-hover-card";
import { useBox, useLayout } from "./use-layout";

const kLineHeight = 33;
/** Lines drawn above and below what is in sight, so that scrolling shows no gaps. */
const kSpareLines = 4;
/** Longer lines are hard to read. */
const kWidestLine = 880;

/** What others may ask of the stream. */
export interface StreamHandle {
  focus(): void;
  /** Goes to the end of the text, and stays there while it grows. */
  followNewest(): void;
  /** The text of the marked tokens, or of the selected one; undefined: there is none. */
  markedText(): string | undefined;
}

interface TokenStreamProps {
  readonly record: RunRecord;
  readonly selected: Position | undefined;
  readonly onSelect: (position: Position | undefined) => void;
  /** Enter was pressed on a token. */
  readonly onOpen: () => void;
  readonly measure: Measure;
  readonly visible: Visibility;
  readonly found?: FoundText | undefined;
  readonly currentMatch?: number | undefined;
  readonly whatIf?: WhatIfMarks | undefined;
  readonly handle?: Ref<StreamHandle>;
}

/**
 * The run's text, token by token. Only the lines in sight are in the document;
 * one element has the focus and names its active token.
 */
export function TokenStream(props: TokenStreamProps) {
  const { record, selected, onSelect, onOpen, measure, visible, found, currentMatch, whatIf } = props;
  const version = usePacedRunVersion(record);
  const { tokens } = record;
  const boxRef = useRef<HTMLDivElement>(null);
  const box = useBox(boxRef);
  // Beside the state that draws again: while it follows, each scroll is its own doing and needs no draw.
  const scrollTop = useRef(0);
  const [, setDrawnTop] = useState(0);
  const [isFollowing, setIsFollowing] = useState(true);
  /** Where a marked stretch of tokens began; it goes to the selected token. */
  const [anchor, setAnchor] = useState<number | undefined>();
  const card = useHoverCard();
  const idPrefix = `${useId()}token-`;

  const pending = usePendingToken(record);
  const layout = useLayout(record, pending, Math.min(kWidestLine, box.width), visible);
  const scale = useScale(record);
  const selectedIndex = selected === undefined ? undefined : record.indexOf(selected);
  const contentHeight = layout.lineCount * kLineHeight;
  const follows = isFollowing && record.isLive && selected === undefined;
  const top = follows ? Math.max(0, contentHeight - box.height) : scrollTop.current;
  const marked = stretch(anchor, selectedIndex);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a box of another height has its end elsewhere
  useLayoutEffect(() => {
    const element = boxRef.current;
    // Setting it has the browser lay out the page at once: only where the end has moved.
    if (follows && element !== null) element.scrollTop = contentHeight;
  }, [follows, contentHeight, box.height]);

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

  const textToCopy = () => {
    const native = boxRef.current === null ? undefined : markedText(tokens, boxRef.current);
    if (native !== undefined && native !== "") return native;
    if (marked !== undefined) return tokens.text(marked.begin, marked.end);
    return selectedIndex === undefined ? undefined : tokens.text(selectedIndex, selectedIndex + 1);
  };

  useImperativeHandle(props.handle, () => ({
    focus: () => boxRef.current?.focus(),
    followNewest: () => {
      onSelect(undefined);
      setIsFollowing(true);
      const element = boxRef.current;
      if (element !== null) element.scrollTop = contentHeight;
    },
    markedText: textToCopy,
  }));

  const select = (index: number, extends_: boolean) => {
    if (index < 0 || index >= record.length) return;
    setAnchor(extends_ ? (anchor ?? selectedIndex ?? index) : undefined);
    onSelect(record.positionAt(index));
  };

  const onScroll = () => {
    const element = boxRef.current;
    if (element === null) return;
    scrollTop.current = element.scrollTop;
    const isAtEnd = element.scrollTop + element.clientHeight >= element.scrollHeight - kLineHeight;
    setIsFollowing(isAtEnd);
    if (!follows || !isAtEnd) setDrawnTop(element.scrollTop);
    if (card.target !== undefined) card.close();
  };

  const onClick = (event: MouseEvent) => {
    // The end of marking text with the pointer is not a choice of a token.
    if (!event.shiftKey && window.getSelection()?.isCollapsed === false) return;
    const target = event.target instanceof Element ? event.target.closest("[data-index]") : null;
    const index = target?.getAttribute("data-index");
    if (index === null || index === undefined) return;
    // The inspector says more of it.
    card.close();
    select(Number(index), event.shiftKey);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || record.length === 0) return;
    const action = keyAction(event.key);
    if (action === undefined) return;
    event.preventDefault();
    // The same keys are commands of the page; once is enough.
    event.stopPropagation();
    if (action === "open") onOpen();
    else if (action === "leave") leave();
    else {
      const linesInSight = Math.floor(box.height / kLineHeight);
      const { length } = record;
      const to = action({ tokens, length, layout, from: selectedIndex ?? length - 1, linesInSight });
      select(to, event.shiftKey && event.key.length > 1);
      // The inspector says more of it, and nothing must hide that.
      if (card.target !== undefined) card.close();
    }
  };

  const leave = () => {
    if (card.target !== undefined) card.close();
    else if (anchor !== undefined) setAnchor(undefined);
    else onSelect(undefined);
  };

  const onCopy = (event: ClipboardEvent) => {
    const text = textToCopy();
    if (text === undefined) return;
    event.clipboardData.setData("text/plain", text);
    event.preventDefault();
  };

  const firstLine = Math.max(0, Math.floor(top / kLineHeight) - kSpareLines);
  const lastLine = Math.min(layout.lineCount, Math.ceil((top + box.height) / kLineHeight) + kSpareLines);
  const newest = record.isLive ? record.length - 1 : undefined;
  const fork = forkIndex(record);
  const currentTokens =
    found === undefined || currentMatch === undefined ? undefined : found.tokensOf(currentMatch);
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
    const isCurrent = currentTokens !== undefined && currentTokens.first < end && currentTokens.last >= begin;
    lines.push(
      <TokenLine
        key={line}
        tokens={tokens}
        top={line * kLineHeight}
        begin={begin}
        end={end}
        isContinued={!layout.followsLineEnd(line)}
        selected={holds(selectedIndex)}
        markedBegin={Math.min(end, Math.max(begin, marked?.begin ?? 0))}
        markedEnd={Math.min(end, Math.max(begin, marked?.end ?? 0))}
        newest={isLast ? newest : holds(newest)}
        measure={measure}
        scale={scale}
        visible={visible}
        found={found}
        currentMatch={isCurrent ? currentMatch : undefined}
        whatIf={whatIf}
        pending={holds(pending?.index) === undefined ? undefined : pending}
        fork={holds(fork)}
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
        aria-multiselectable="true"
        tabIndex={0}
        aria-activedescendant={isActiveDrawn ? `${idPrefix}${selectedIndex}` : undefined}
        onScroll={onScroll}
        onMouseDown={(event) => {
          // Else the browser marks text from wherever the pointer was last.
          if (event.shiftKey) event.preventDefault();
        }}
        onClick={onClick}
        onKeyDown={onKeyDown}
        onCopy={onCopy}
        onPointerOver={card.onPointerOver}
        onPointerLeave={card.onPointerLeave}
        onBlur={card.close}
      >
        <div role="presentation" className={styles["content"]} style={{ height: contentHeight }}>
          {lines}
        </div>
      </div>
      {card.target !== undefined && (
        <HoverCard
          record={record}
          target={card.target}
          onPointerEnter={card.keep}
          onPointerLeave={card.onPointerLeave}
        />
      )}
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

/** Where a branch leaves the run that it comes from; undefined: it is none. */
function forkIndex({ started, tokens }: RunRecord): number | undefined {
  const position = started?.isReplay === true ? undefined : started?.forkPosition;
  return position === undefined ? undefined : tokens.indexOf(position);
}

function stretch(anchor: number | undefined, selected: number | undefined) {
  if (anchor === undefined || selected === undefined || anchor === selected) return undefined;
  return { begin: Math.min(anchor, selected), end: Math.max(anchor, selected) + 1 };
}

function useScale(record: RunRecord): TintScale {
  const nVocab = record.started?.nVocab ?? 0;
  const usualUs = usualStepUs(record.tokens, record.nPrompt);
  return useMemo(() => ({ nVocab, usualUs }), [nVocab, usualUs]);
}
