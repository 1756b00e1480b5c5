import { useId, useState } from "react";
import { formatParameter } from "../../protocol/words";
import type { Dial } from "./trial-chain";
import styles from "./what-if.module.css";

interface DialFieldProps {
  readonly dial: Dial;
  readonly value: number;
  /** What the run had; undefined: it had no such stage. */
  readonly own: number | undefined;
  readonly onChange: (value: number) => void;
}

/** A number on a slider, or typed. */
export function DialField({ dial, value, own, onChange }: DialFieldProps) {
  const id = useId();
  // What is being typed, as long as it is not (yet) a number that the dial takes.
  const [typed, setTyped] = useState<string>();
  const problem = typed !== undefined && numberIn(typed, dial) === undefined;
  const change = (text: string) => {
    setTyped(text);
    const number = numberIn(text, dial);
    if (number !== undefined) onChange(number);
  };
  const isChanged = own !== value;
  return (
    <div className={styles["dial"]} data-changed={isChanged}>
      <label htmlFor={id}>{dial.label}</label>
      <input
        type="range"
        aria-label={`${dial.label}, slider`}
        min={dial.least}
        max={Math.max(dial.most, value)}
        step={dial.step}
        value={value}
        onChange={(event) => {
          setTyped(undefined);
          onChange(Number(event.target.value));
        }}
      />
      <input
        id={id}
        inputMode="decimal"
        autoComplete="off"
        value={typed ?? formatParameter(value)}
        aria-invalid={problem}
        aria-describedby={problem ? `${id}-problem` : undefined}
        onChange={(event) => change(event.target.value)}
        onBlur={() => setTyped(undefined)}
      />
      <small>{isChanged ? ownWords(own) : ""}</small>
      {problem && (
        <p id={`${id}-problem`} className={styles["problem"]}>
          A {dial.step === 1 ? "whole " : ""}number from {dial.least} upwards.
        </p>
      )}
    </div>
  );
}

function ownWords(own: number | undefined): string {
  return own === undefined ? "run: none" : `run: ${formatParameter(own)}`;
}

function numberIn(text: string, { least, step }: Dial): number | undefined {
  const value = Number(text.trim().replace(",", "."));
  if (text.trim() === "" || !Number.isFinite(value) || value < least) return undefined;
  return step === 1 && !Number.isInteger(value) ? undefined : value;
}
