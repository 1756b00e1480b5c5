import { memo, useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import type { GlossaryTerm } from "../base/glossary";
import styles from "./help.module.css";

interface HelpProps {
  readonly term: GlossaryTerm;
}

interface Entry {
  readonly title: string;
  readonly text: string;
}

/**
 * A question mark that explains the number or view beside it. The explanation
 * is spoken when it opens; Escape, a click elsewhere or moving on closes it.
 */
export const Help = memo(function Help({ term }: HelpProps) {
  const [isOpen, setIsOpen] = useState(false);
  const entry = useEntry(term, isOpen);
  const buttonRef = useRef<HTMLButtonElement>(null);
  const id = useId();
  useOutsideClick(isOpen, buttonRef, () => setIsOpen(false));
  return (
    <span className={styles["help"]}>
      <button
        ref={buttonRef}
        type="button"
        className={styles["button"]}
        aria-label={`Explain ${inWords(term)}`}
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={() => setIsOpen(!isOpen)}
        onBlur={() => setIsOpen(false)}
        onKeyDown={(event) => {
          if (event.key !== "Escape" || !isOpen) return;
          // A dialog around it stays.
          event.stopPropagation();
          setIsOpen(false);
        }}
      >
        <span aria-hidden="true">?</span>
      </button>
      <span aria-live="polite" id={id}>
        {isOpen && entry !== undefined && <Bubble entry={entry} anchor={buttonRef} />}
      </span>
    </span>
  );
});

const kGap = 6;
const kMargin = 8;

interface BubbleProps {
  readonly entry: Entry;
  readonly anchor: React.RefObject<HTMLElement | null>;
}

/** In the browser's top layer, where no panel's edge cuts it off. */
function Bubble({ entry, anchor }: BubbleProps) {
  const ref = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    const bubble = ref.current;
    const at = anchor.current?.getBoundingClientRect();
    if (bubble === null || at === undefined) return;
    // Not every browser (nor every test's) knows the top layer.
    bubble.showPopover?.();
    const size = bubble.getBoundingClientRect();
    const left = Math.min(at.left - 10, window.innerWidth - size.width - kMargin);
    const fitsBelow = at.bottom + kGap + size.height < window.innerHeight - kMargin;
    bubble.style.left = `${Math.max(kMargin, left)}px`;
    bubble.style.top = `${fitsBelow ? at.bottom + kGap : Math.max(kMargin, at.top - kGap - size.height)}px`;
  }, [anchor]);
  return (
    <span ref={ref} popover="manual" className={styles["bubble"]}>
      <b className={styles["title"]}>{entry.title}</b>
      {entry.text}
    </span>
  );
}

/** The texts are fetched when the first help opens. */
function useEntry(term: GlossaryTerm, isWanted: boolean): Entry | undefined {
  const [entry, setEntry] = useState<Entry | undefined>();
  useEffect(() => {
    if (!isWanted) return undefined;
    let isCurrent = true;
    void import("../base/glossary").then(({ kGlossary }) => {
      if (isCurrent) setEntry(kGlossary[term]);
    });
    return () => {
      isCurrent = false;
    };
  }, [term, isWanted]);
  return entry;
}

/** Safari gives a clicked button no focus, and so no blur. */
function useOutsideClick(
  isOpen: boolean,
  inside: React.RefObject<HTMLElement | null>,
  close: () => void,
): void {
  useEffect(() => {
    if (!isOpen) return undefined;
    const onDown = (event: PointerEvent) => {
      if (event.target instanceof Node && inside.current?.contains(event.target) === true) return;
      close();
    };
    document.addEventListener("pointerdown", onDown);
    return () => document.removeEventListener("pointerdown", onDown);
  });
}

/** "rawProbability" as "raw probability". */
function inWords(term: string): string {
  return term.replaceAll(/[A-Z]+|\d+/g, (part) => ` ${part.toLowerCase()}`);
}
