import { type ReactNode, type RefObject, useEffect, useId, useLayoutEffect, useRef } from "react";
import { Button } from "./button";
import styles from "./dialog.module.css";
import { Icon } from "./icon";

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly size?: "narrow" | "wide" | "palette";
  /** Beside the title. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}

/**
 * A modal view over the page, on the browser's own dialog: the rest can't be
 * reached while it is open, Escape closes it, and the focus goes back to where
 * it was. It is open as long as it is on the page. The focus begins at the
 * element with `data-first-focus`, else at the button that closes it.
 */
export function Dialog({ title, onClose, size = "narrow", aside, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useModal(ref);
  useOutsidePress(ref, onClose);
  return (
    <dialog
      ref={ref}
      className={`${styles["dialog"]} ${styles[size]}`}
      aria-labelledby={titleId}
      // After the second Escape in a row a browser closes without asking.
      onClose={() => ref.current?.open === false && onClose()}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape" && !event.defaultPrevented) onClose();
      }}
    >
      <header className={styles["head"]}>
        <h2 id={titleId} className={styles["title"]}>
          {title}
        </h2>
        {aside}
        <Button look="quiet" aria-label="Close" onPress={onClose}>
          <Icon name="close" />
        </Button>
      </header>
      <div className={styles["body"]}>{children}</div>
    </dialog>
  );
}

function useModal(ref: RefObject<HTMLDialogElement | null>): void {
  useLayoutEffect(() => {
    const dialog = ref.current;
    if (dialog === null) return undefined;
    const before = document.activeElement;
    if (typeof dialog.showModal === "function") dialog.showModal();
    else dialog.setAttribute("open", "");
    // The browser takes the first button; React sets no attribute for autoFocus.
    const first = dialog.querySelector<HTMLElement>("[data-first-focus]") ?? dialog.querySelector("button");
    first?.focus();
    return () => {
      if (typeof dialog.close === "function") dialog.close();
      else dialog.removeAttribute("open");
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, [ref]);
}

/** A press on the backdrop is a press on the dialog itself, outside of its box. */
function useOutsidePress(ref: RefObject<HTMLDialogElement | null>, onClose: () => void): void {
  useEffect(() => {
    const dialog = ref.current;
    const onDown = (event: PointerEvent) => {
      if (event.target !== dialog || dialog === null) return;
      const box = dialog.getBoundingClientRect();
      const isInside =
        event.clientX >= box.left &&
        event.clientX <= box.right &&
        event.clientY >= box.top &&
        event.clientY <= box.bottom;
      if (!isInside) onClose();
    };
    dialog?.addEventListener("pointerdown", onDown);
    return () => dialog?.removeEventListener("pointerdown", onDown);
  }, [ref, onClose]);
}
