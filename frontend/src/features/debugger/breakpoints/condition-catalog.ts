import type { GlossaryTerm } from "../../../base/glossary";
import type { Condition, ConditionKind } from "../../../protocol/debug-types";

export type KnownKind = Exclude<ConditionKind, "unknown">;

/** A number that a condition reads, as it is typed. */
export interface NumberField {
  readonly label: string;
  /** What is typed, divided by this, is what is sent: 100 for percent. */
  readonly divisor: number;
  readonly least: number;
  readonly most: number;
  readonly isWhole: boolean;
  readonly initial: string;
}

interface ConditionEntry {
  readonly title: string;
  readonly help: GlossaryTerm;
  readonly hasTokens?: true;
  readonly text?: string;
  readonly threshold?: NumberField;
  readonly n?: NumberField;
  readonly hasStage?: true;
}

const percent = (label: string, initial: string): NumberField => ({
  label: `${label}, in %`,
  divisor: 100,
  least: 0,
  most: 100,
  isWhole: false,
  initial,
});
const whole = (label: string, least: number, initial: string): NumberField => ({
  label,
  divisor: 1,
  least,
  most: 4_294_967_295,
  isWhole: true,
  initial,
});

/** Every condition there is, with what it reads. */
export const kConditions: Readonly<Record<KnownKind, ConditionEntry>> = {
  rawProbBelow: {
    title: "raw probability below",
    help: "conditionRawProbBelow",
    threshold: percent("Raw probability below", "5"),
  },
  finalProbBelow: {
    title: "final probability below",
    help: "conditionFinalProbBelow",
    threshold: percent("Final probability below", "5"),
  },
  entropyAbove: {
    title: "entropy above",
    help: "conditionEntropyAbove",
    threshold: {
      label: "Entropy above, in bits",
      divisor: 1,
      least: 0,
      most: 32,
      isWhole: false,
      initial: "3",
    },
  },
  rankAbove: { title: "rank above", help: "conditionRankAbove", n: whole("Rank above", 1, "10") },
  tokenIs: { title: "the token is …", help: "conditionTokenIs", hasTokens: true },
  tokenInTop: {
    title: "a token is among the top",
    help: "conditionTokenInTop",
    hasTokens: true,
    n: whole("Among the … most probable", 1, "5"),
  },
  textMatches: { title: "the text …", help: "conditionTextMatches", text: "Text" },
  patternMatches: {
    title: "the text matches a pattern",
    help: "conditionPatternMatches",
    text: "Regular expression",
  },
  stageRemovedTop: {
    title: "a stage removed the favourite",
    help: "conditionStageRemovedTop",
    hasStage: true,
  },
  nearTie: {
    title: "a near tie",
    help: "conditionNearTie",
    threshold: percent("The two best differ by less than", "2"),
  },
  repetition: { title: "a repetition", help: "conditionRepetition", n: whole("Tokens repeated", 1, "8") },
  endOfTextAbove: {
    title: "the end is likely",
    help: "conditionEndOfTextAbove",
    threshold: percent("Ending the text above", "50"),
  },
  positionIs: { title: "a position", help: "conditionPositionIs", n: whole("Position", 0, "100") },
  everyNth: { title: "every so many tokens", help: "conditionEveryNth", n: whole("Every … tokens", 1, "10") },
};

export const kKinds = Object.keys(kConditions) as readonly KnownKind[];

export interface BreakpointPreset {
  readonly name: string;
  readonly conditions: readonly Condition[];
}

/** What people look for most. */
export const kPresets: readonly BreakpointPreset[] = [
  { name: "Surprise", conditions: [{ kind: "rawProbBelow", threshold: 0.05 }] },
  { name: "Undecided", conditions: [{ kind: "entropyAbove", threshold: 3 }] },
  { name: "Favourite removed", conditions: [{ kind: "stageRemovedTop" }] },
  { name: "Near tie", conditions: [{ kind: "nearTie", threshold: 0.02 }] },
  { name: "Loop", conditions: [{ kind: "repetition", n: 8 }] },
  { name: "About to end", conditions: [{ kind: "endOfTextAbove", threshold: 0.5 }] },
];
