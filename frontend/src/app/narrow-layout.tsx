import { type KeyboardEvent, type ReactNode, useId } from "react";
import styles from "./narrow-layout.module.css";

export const kNarrowViews = ["tokens", "inspector", "timeline", "side"] as const;
export type NarrowView = (typeof kNarrowViews)[number];

const kNames: Readonly<Record<NarrowView, string>> = {
  tokens: "Prompt and tokens",
  inspector: "Inspector",
  timeline: "Timeline",
  side: "Models and runs",
};

interface NarrowLayoutProps {
  readonly view: NarrowView;
  readonly onView: (view: NarrowView) => void;
  /** Of the tabs, where the usual ones do not fit. */
  readonly names?: Readonly<Record<NarrowView, string>>;
  readonly side: ReactNode;
  readonly prompt: ReactNode;
  readonly stream: ReactNode;
  readonly inspector: ReactNode;
  readonly timeline: ReactNode;
}

/** One panel at a time, chosen by tabs: for narrow windows and for large letters. */
export function NarrowLayout({ view, onView, names = kNames, ...views }: NarrowLayoutProps) {
  const id = useId();
  const content: Readonly<Record<NarrowView, ReactNode>> = {
    ...views,
    tokens: (
      <>
        <div>{views.prompt}</div>
        <div className={styles["stream"]}>{views.stream}</div>
      </>
    ),
  };
  return (
    <main className={styles["layout"]}>
      <div
        role="tablist"
        aria-label="Views"
        className={styles["tabs"]}
        onKeyDown={(e) => moveTab(e, view, onView)}
      >
        {kNarrowViews.map((each) => (
          <button
            key={each}
            type="button"
            role="tab"
            id={`${id}-tab-${each}`}
            aria-selected={each === view}
            aria-controls={`${id}-${each}`}
            tabIndex={each === view ? 0 : -1}
            className={styles["tab"]}
            onClick={() => onView(each)}
          >
            {names[each]}
          </button>
        ))}
      </div>
      {kNarrowViews.map((each) => (
        <div
          key={each}
          role="tabpanel"
          id={`${id}-${each}`}
          aria-labelledby={`${id}-tab-${each}`}
          hidden={each !== view}
          className={`${styles["view"]} ${styles[each]}`}
        >
          {content[each]}
        </div>
      ))}
    </main>
  );
}

function moveTab(event: KeyboardEvent, view: NarrowView, onView: (view: NarrowView) => void): void {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (step === undefined) return;
  event.preventDefault();
  const count = kNarrowViews.length;
  const next = kNarrowViews[(kNarrowViews.indexOf(view) + step + count) % count];
  if (next === undefined) return;
  onView(next);
  const tabs = event.currentTarget.querySelectorAll<HTMLElement>("[role=tab]");
  tabs[kNarrowViews.indexOf(next)]?.focus();
}
