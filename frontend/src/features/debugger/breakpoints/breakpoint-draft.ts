import type { Breakpoint, Condition } from "../../../protocol/debug-types";
import type { KeptBreakpoint, TokenLabels } from "../../../state/debug-settings";
import { type KnownKind, kConditions, type NumberField } from "./condition-catalog";

/** A condition as it stands in the form: what was typed, right or wrong. */
export interface ConditionDraft {
  /** Its identity in the form. */
  readonly key: number;
  readonly kind: KnownKind;
  readonly ids: readonly number[];
  readonly text: string;
  readonly threshold: string;
  readonly n: string;
  /** Empty: any stage; else counted from 1. */
  readonly stage: string;
}

export interface BreakpointDraft {
  readonly conditions: readonly ConditionDraft[];
  readonly labels: TokenLabels;
  readonly ignore: string;
  readonly once: boolean;
}

const kIgnore: NumberField = {
  label: "Pass over first",
  divisor: 1,
  least: 0,
  most: 4_294_967_295,
  isWhole: true,
  initial: "0",
};

export function newCondition(kind: KnownKind, key: number): ConditionDraft {
  const { threshold, n } = kConditions[kind];
  return {
    key,
    kind,
    ids: [],
    text: "",
    threshold: threshold?.initial ?? "",
    n: n?.initial ?? "",
    stage: "",
  };
}

export function draftOf(breakpoint: KeptBreakpoint | undefined): BreakpointDraft {
  if (breakpoint === undefined) {
    return { conditions: [newCondition("rawProbBelow", 1)], labels: {}, ignore: "0", once: false };
  }
  const { conditions, labels, ignore, once } = breakpoint;
  return { conditions: conditionsOf(conditions), labels, ignore: String(ignore), once };
}

export function conditionsOf(conditions: readonly Condition[]): readonly ConditionDraft[] {
  return conditions.flatMap((condition, index) => {
    const { kind, ids = [], text = "", threshold, n, stage } = condition;
    if (kind === "unknown") return [];
    return [
      {
        key: index + 1,
        kind,
        ids,
        text,
        threshold: written(threshold, kConditions[kind].threshold),
        n: written(n, kConditions[kind].n),
        stage: stage === undefined ? "" : String(stage + 1),
      },
    ];
  });
}

/** 0.05 of a probability is 5 %, without the dust of binary fractions. */
function written(value: number | undefined, field: NumberField | undefined): string {
  if (value === undefined || field === undefined) return "";
  return String(Number((value * field.divisor).toPrecision(9)));
}

function numberIn(text: string, { least, most, isWhole }: NumberField): number | undefined {
  if (text.trim() === "") return undefined;
  const value = Number(text.trim().replace(",", "."));
  return value >= least && value <= most && (!isWhole || Number.isInteger(value)) ? value : undefined;
}

export function numberProblem(text: string, field: NumberField | undefined): string | undefined {
  if (field === undefined || numberIn(text, field) !== undefined) return undefined;
  const range = field.most > 1e6 ? `from ${field.least} on` : `from ${field.least} to ${field.most}`;
  return `${field.isWhole ? "A whole number" : "A number"} ${range}.`;
}

export function ignoreProblem({ ignore }: BreakpointDraft): string | undefined {
  return numberProblem(ignore, kIgnore);
}

export interface ConditionProblems {
  readonly ids?: string | undefined;
  readonly text?: string | undefined;
  readonly threshold?: string | undefined;
  readonly n?: string | undefined;
}

/** What is wrong with each field of a condition, in words. */
export function problemsOf({ kind, ids, text, threshold, n }: ConditionDraft): ConditionProblems {
  const entry = kConditions[kind];
  return {
    ids: entry.hasTokens === true && ids.length === 0 ? "Choose a token." : undefined,
    text: entry.text !== undefined && text === "" ? "Write what to look for." : undefined,
    threshold: numberProblem(threshold, entry.threshold),
    n: numberProblem(n, entry.n),
  };
}

export function isComplete(draft: BreakpointDraft): boolean {
  const isFine = (problems: ConditionProblems) => Object.values(problems).every((one) => one === undefined);
  return (
    draft.conditions.length > 0 &&
    ignoreProblem(draft) === undefined &&
    draft.conditions.map(problemsOf).every(isFine)
  );
}

/** Of a draft that is complete. */
export function breakpointOf(draft: BreakpointDraft, base: Breakpoint | undefined): KeptBreakpoint {
  return {
    id: base?.id ?? 0,
    disabled: base?.disabled ?? false,
    conditions: draft.conditions.map(conditionOf),
    ignore: numberIn(draft.ignore, kIgnore) ?? 0,
    once: draft.once,
    labels: draft.labels,
  };
}

function conditionOf({ kind, ids, text, threshold, n, stage }: ConditionDraft): Condition {
  const entry = kConditions[kind];
  const number = (value: string, field: NumberField | undefined) => {
    const read = field === undefined ? undefined : numberIn(value, field);
    return read === undefined || field === undefined ? undefined : read / field.divisor;
  };
  const [limit, count] = [number(threshold, entry.threshold), number(n, entry.n)];
  return {
    kind,
    ...(entry.hasTokens === true ? { ids } : {}),
    ...(entry.text === undefined ? {} : { text }),
    ...(limit === undefined ? {} : { threshold: limit }),
    ...(count === undefined ? {} : { n: count }),
    ...(entry.hasStage === true && stage !== "" ? { stage: Number(stage) - 1 } : {}),
  };
}
