import { type ReactNode, useEffect, useRef } from "react";
import { Button } from "../../widgets/button";
import styles from "./composer.module.css";
import { LazyPart } from "./lazy-part";

interface SectionToggleProps {
  readonly title: string;
  /** What is wrong inside, in a few words. */
  readonly fault?: string | undefined;
  readonly isOpen: boolean;
  readonly onOpen: (isOpen: boolean) => void;
}

/** Opens and closes settings that are needed now and then. */
export function SectionToggle({ title, fault, isOpen, onOpen }: SectionToggleProps) {
  return (
    <Button look="quiet" aria-expanded={isOpen} onPress={() => onOpen(!isOpen)}>
      <span aria-hidden="true">{isOpen ? "▾" : "▸"}</span> {title}
      {fault !== undefined && <span className={styles["faultMark"]}>{fault}</span>}
    </Button>
  );
}

interface SettingsSectionProps {
  readonly title: string;
  /** What is set, in a line. */
  readonly summary: string;
  /** Whether the person has opened it just now: then it comes into sight. */
  readonly comesIntoSight: boolean;
  readonly children: ReactNode;
}

/** Settings that are needed now and then, opened. */
export function SettingsSection({ title, summary, comesIntoSight, children }: SettingsSectionProps) {
  const ref = useRef<HTMLElement>(null);
  useEffect(() => {
    if (comesIntoSight) ref.current?.scrollIntoView?.({ block: "start" });
  }, [comesIntoSight]);
  return (
    <section ref={ref} className={styles["section"]} aria-label={title}>
      <p className={styles["sectionHead"]}>
        <b>{title}</b>
        <span className={styles["summary"]}>{summary}</span>
      </p>
      <LazyPart name={title.toLowerCase()}>{children}</LazyPart>
    </section>
  );
}
