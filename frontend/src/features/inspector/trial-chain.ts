// The chain that "what if" tries: the run's own, with some numbers changed.
import type { SamplerStage, StageKind } from "../../protocol/types";
import { isSameChain } from "../../sampling/chain";

/** One number of a stage, as it is offered to be changed. */
export interface Dial {
  readonly parameter: string;
  readonly label: string;
  readonly least: number;
  /** The right end of the slider; larger numbers can be typed. */
  readonly most: number;
  readonly step: number;
  /** What the engine takes if nothing is said. */
  readonly otherwise: number;
}

const dial = (
  parameter: string,
  label: string,
  most: number,
  step: number,
  otherwise: number,
  least = 0,
): Dial => ({
  parameter,
  label,
  least,
  most,
  step,
  otherwise,
});

const kDials: Readonly<Partial<Record<StageKind, readonly Dial[]>>> = {
  topK: [dial("k", "Top-k", 100, 1, 40)],
  topP: [dial("p", "Top-p", 1, 0.01, 0.95)],
  minP: [dial("p", "Min-p", 1, 0.01, 0.05)],
  typical: [dial("p", "Typical", 1, 0.01, 1)],
  temperature: [dial("temperature", "Temperature", 2, 0.05, 0.8)],
  dynamicTemperature: [
    dial("temperature", "Dynamic temperature", 2, 0.05, 0.8),
    dial("range", "its range", 2, 0.05, 0),
    dial("exponent", "its exponent", 3, 0.1, 1),
  ],
  topNSigma: [dial("n", "Top-n-sigma", 5, 0.1, 1)],
  xtc: [
    dial("probability", "XTC probability", 1, 0.05, 0.5),
    dial("threshold", "its threshold", 0.5, 0.01, 0.1),
  ],
  penalties: [
    dial("repeat", "Repeat penalty", 2, 0.05, 1.1, 0.05),
    dial("frequency", "Frequency penalty", 2, 0.05, 0),
    dial("presence", "Presence penalty", 2, 0.05, 0),
    dial("lastN", "tokens looked back", 256, 1, 64),
  ],
  dry: [dial("multiplier", "DRY", 2, 0.05, 0.8), dial("allowedLength", "its allowed length", 10, 1, 2)],
};

/** What makes a stage do nothing: where a stage is added, it starts from there. */
const kOff: Readonly<Partial<Record<StageKind, number>>> = { topK: 0, topP: 1, minP: 0, temperature: 1 };

/** The usual order; a stage that is added finds its place by it. */
const kOrder = ["topK", "topP", "minP", "temperature"] as const satisfies readonly StageKind[];

export interface DialRow {
  /** Stays the same while numbers change. */
  readonly key: string;
  readonly dial: Dial;
  readonly value: number;
  readonly set: (value: number) => readonly SamplerStage[];
}

/** All that can be changed, in the chain's order; the usual stages are offered even where the chain has none. */
export function dialRows(chain: readonly SamplerStage[]): readonly DialRow[] {
  const missing = kOrder.filter((kind) => !chain.some((stage) => stage.kind === kind));
  const offered = chain.some(({ kind }) => kind === "distribution") ? missing : [];
  return [
    ...chain.flatMap((_, index) => rowsOfStage(chain, index)),
    ...offered.flatMap((kind) => rowsOfMissing(chain, kind)),
  ];
}

function rowsOfStage(chain: readonly SamplerStage[], index: number): readonly DialRow[] {
  const stage = chain[index];
  if (stage === undefined) return [];
  const nth = chain.slice(0, index).filter(({ kind }) => kind === stage.kind).length;
  return (kDials[stage.kind] ?? []).map((one) => ({
    key: `${stage.kind} ${nth} ${one.parameter}`,
    dial: one,
    value: stage.parameters[one.parameter] ?? one.otherwise,
    set: (value) =>
      chain.with(index, { ...stage, parameters: { ...stage.parameters, [one.parameter]: value } }),
  }));
}

function rowsOfMissing(chain: readonly SamplerStage[], kind: (typeof kOrder)[number]): readonly DialRow[] {
  const [first] = kDials[kind] ?? [];
  if (first === undefined) return [];
  return [
    {
      key: `${kind} 0 ${first.parameter}`,
      dial: first,
      value: kOff[kind] ?? first.otherwise,
      set: (value) => {
        const added: SamplerStage = { kind, parameters: { [first.parameter]: value } };
        return chain.toSpliced(placeFor(chain, kind), 0, added);
      },
    },
  ];
}

/** Before the first stage that usually comes later, else before the one that chooses. */
function placeFor(chain: readonly SamplerStage[], kind: (typeof kOrder)[number]): number {
  const later: readonly StageKind[] = kOrder.slice(kOrder.indexOf(kind) + 1);
  const found = chain.findIndex((stage) => later.includes(stage.kind));
  return found < 0 ? chain.length - 1 : found;
}

export type Chooser = "distribution" | "greedy" | "own";

/** How the last stage chooses; "own": in another way than the two that can be tried. */
export function chooserOf(chain: readonly SamplerStage[]): Chooser {
  const kind = chain.at(-1)?.kind;
  return kind === "distribution" || kind === "greedy" ? kind : "own";
}

export function withChooser(
  chain: readonly SamplerStage[],
  chooser: Chooser,
  own: readonly SamplerStage[],
): readonly SamplerStage[] {
  const last = own.at(-1);
  const isOwn = last !== undefined && (chooser === "own" || last.kind === chooser);
  return [
    ...chain.slice(0, -1),
    isOwn ? last : { kind: chooser === "own" ? "distribution" : chooser, parameters: {} },
  ];
}

export function isChangedFrom(chain: readonly SamplerStage[], own: readonly SamplerStage[]): boolean {
  return !isSameChain(chain, own);
}
