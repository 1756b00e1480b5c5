import { useState } from "react";
import { Field } from "../../../widgets/field";

export interface NumberRule {
  readonly label: string;
  readonly least: number;
  readonly most: number;
  readonly initial: number;
}

interface CountFieldProps {
  readonly rule: NumberRule;
  /** NaN: what is typed is no such number. */
  readonly count: number;
  readonly onChange: (count: number) => void;
}

/** A small number in a small field. */
export function CountField({ rule, count, onChange }: CountFieldProps) {
  const [typed, setTyped] = useState(String(count));
  const { label, least, most } = rule;
  return (
    <Field
      label={label}
      value={typed}
      isNumber
      problem={Number.isNaN(count) ? `${least} to ${most}` : undefined}
      onChange={(text) => {
        setTyped(text);
        const value = Number(text.trim().replace(",", "."));
        onChange(text.trim() !== "" && value >= least && value <= most ? value : Number.NaN);
      }}
    />
  );
}

/** Several numbers by name, each with its rule. */
export function useCounts<Name extends string>(rules: Readonly<Record<Name, NumberRule>>) {
  const [counts, setCounts] = useState(
    () =>
      Object.fromEntries(
        Object.entries<NumberRule>(rules).map(([name, { initial }]) => [name, initial]),
      ) as Record<Name, number>,
  );
  return {
    counts,
    setCount: (name: Name, count: number) => setCounts((old) => ({ ...old, [name]: count })),
    isComplete: Object.values<number>(counts).every((count) => !Number.isNaN(count)),
  };
}
