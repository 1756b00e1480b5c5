// A sampler chain made ready for computing: every parameter filled in and
// rounded to the 32 bits that the engine sees.
import type { LogitBias, SamplerStage, StageKind } from "../protocol/types";

export interface ReadyStage {
  readonly kind: StageKind;
  readonly k: number;
  readonly p: number;
  readonly minKeep: number;
  readonly temperature: number;
  readonly range: number;
  readonly exponent: number;
  readonly probability: number;
  readonly threshold: number;
  readonly n: number;
  readonly lastN: number;
  readonly repeat: number;
  readonly frequency: number;
  readonly presence: number;
  readonly multiplier: number;
  readonly base: number;
  readonly allowedLength: number;
  readonly biases: readonly LogitBias[];
  readonly breakers: readonly string[];
  /** Grammar, root and schema in one, to tell whether two stages are the same. */
  readonly grammar: string;
}

const kDefaultP: Readonly<Partial<Record<StageKind, number>>> = { topP: 0.95, minP: 0.05, typical: 1 };
const kDefaultBreakers: readonly string[] = ["\n", ":", '"', "*"];

/** `nCtx` is what a window of -1 means. */
export function readyStage(stage: SamplerStage, nCtx: number): ReadyStage {
  const float = (name: string, byDefault: number) => Math.fround(stage.parameters[name] ?? byDefault);
  const whole = (name: string, byDefault: number) => stage.parameters[name] ?? byDefault;
  const lastN = whole("lastN", 64);
  return {
    kind: stage.kind,
    k: whole("k", 40),
    p: float("p", kDefaultP[stage.kind] ?? 1),
    minKeep: whole("minKeep", 1),
    temperature: float("temperature", 0.8),
    range: float("range", 0),
    exponent: float("exponent", 1),
    probability: float("probability", 0.5),
    threshold: float("threshold", 0.1),
    n: float("n", 1),
    lastN: lastN < 0 ? nCtx : lastN,
    repeat: float("repeat", 1.1),
    frequency: float("frequency", 0),
    presence: float("presence", 0),
    multiplier: float("multiplier", 0.8),
    base: float("base", 1.75),
    allowedLength: whole("allowedLength", 2),
    biases: stage.biases ?? [],
    breakers: stage.breakers ?? kDefaultBreakers,
    grammar: JSON.stringify([stage.grammar ?? "", stage.root ?? "root", stage.jsonSchema ?? ""]),
  };
}

/** The parameters that each kind reads: others make no difference. */
const kRead: Readonly<Record<StageKind, readonly string[]>> = {
  topK: ["k"],
  topP: ["p", "minKeep"],
  minP: ["p", "minKeep"],
  typical: ["p", "minKeep"],
  temperature: ["temperature"],
  dynamicTemperature: ["temperature", "range", "exponent"],
  xtc: ["probability", "threshold", "minKeep", "seed"],
  topNSigma: ["n"],
  mirostat1: ["tau", "eta", "m", "seed"],
  mirostat2: ["tau", "eta", "seed"],
  penalties: ["lastN", "repeat", "frequency", "presence"],
  dry: ["multiplier", "base", "allowedLength", "lastN"],
  adaptiveP: ["target", "decay", "seed"],
  logitBias: [],
  grammar: [],
  greedy: [],
  distribution: ["seed"],
  unknown: [],
};

export function parametersOf(kind: StageKind): readonly string[] {
  return kRead[kind];
}

/** Whether two chains do the same with the same numbers drawn; a seed that is not named is the run's. */
export function isSameChain(a: readonly SamplerStage[], b: readonly SamplerStage[]): boolean {
  return a.length === b.length && a.every((stage, index) => isSameStage(stage, b[index]));
}

function isSameStage(a: SamplerStage, b: SamplerStage | undefined): boolean {
  if (b === undefined || a.kind !== b.kind) return false;
  const x = readyStage(a, 0);
  const y = readyStage(b, 0);
  const parameter = (stage: SamplerStage, ready: ReadyStage, name: string) =>
    (ready as unknown as Readonly<Record<string, number | undefined>>)[name] ?? stage.parameters[name];
  const isSame = (name: string) => {
    const left = parameter(a, x, name);
    const right = parameter(b, y, name);
    return left === right || (name === "seed" && (left === undefined || right === undefined));
  };
  return (
    kRead[a.kind].every(isSame) &&
    x.grammar === y.grammar &&
    JSON.stringify(biasTexts(x)) === JSON.stringify(biasTexts(y)) &&
    (a.kind !== "dry" || JSON.stringify(x.breakers) === JSON.stringify(y.breakers))
  );
}

/** JSON knows no infinity. */
function biasTexts({ biases }: ReadyStage): readonly string[] {
  return biases.map(({ id, bias }) => `${id} ${Math.fround(bias)}`);
}
