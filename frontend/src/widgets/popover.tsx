import { type ReactNode, type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";
import { Button } from "./button";
import styles from "./popover.module.css";

interface PopoverProps {
  /** What the button shows. */
  readonly trigger: ReactNode;
  /** The button's name, where what it shows is only a sign. */
  readonly triggerLabel?: string;
  readonly look?: "plain" | "quiet";
  /** The name of what opens. */
  readonly label: string;
  readonly children: ReactNode;
}

/** A button and the small view that it opens below itself; a click elsewhere or Escape closes it. */
export function Popover({ trigger, triggerLabel, look = "quiet", label, children }: PopoverProps) {
  const [isOpen, setIsOpen] = useState(false);
  const anchorRef = useRef<HTMLSpanElement>(null);
  return (
    <span ref={anchorRef} className={styles["anchor"]}>
      <Button
        look={look}
        aria-expanded={isOpen}
        {...(triggerLabel === undefined ? {} : { "aria-label": triggerLabel })}
        onPress={() => setIsOpen(!isOpen)}
      >
        {trigger}
      </Button>
      {isOpen && (
        <Panel label={label} anchor={anchorRef} onClose={() => setIsOpen(false)}>
          {children}
        </Panel>
      )}
    </span>
  );
}

interface PanelProps {
  readonly label: string;
  readonly anchor: RefObject<HTMLElement | null>;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

const kGap = 6;
const kMargin = 8;

function Panel({ label, anchor, onClose, children }: PanelProps) {
  const ref = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const panel = ref.current;
    const at = anchor.current?.getBoundingClientRect();
    if (panel === null || at === undefined) return;
    panel.showPopover?.();
    const { width } = panel.getBoundingClientRect();
    panel.style.top = `${at.bottom + kGap}px`;
    panel.style.left = `${Math.max(kMargin, Math.min(at.left, window.innerWidth - width - kMargin))}px`;
    panel.style.maxHeight = `${window.innerHeight - at.bottom - kGap - kMargin}px`;
    panel.focus();
  }, [anchor]);
  useEffect(() => {
    const onDown = (event: PointerEvent) => {
      if (!(event.target instanceof Node) || anchor.current?.contains(event.target) !== true) onClose();
    };
    document.addEventListener("pointerdown", onDown);
    return () => document.removeEventListener("pointerdown", onDown);
  }, [anchor, onClose]);
  return (
    <div
      ref={ref}
      popover="manual"
      role="dialog"
      aria-label={label}
      tabIndex={-1}
      className={styles["panel"]}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        onClose();
        anchor.current?.querySelector("button")?.focus();
      }}
    >
      {children}
    </div>
  );
}
