// A made-up model for the fake server: a hundred tokens and a random walk over
// them. It speaks with the protocol's own tables, so that the page cannot tell
// it from the real thing. Only tests and page development use it.
import * as pb from "../../src/protocol/generated/inferno_generated";

const kWords =
  "once upon a time there was little girl named Lily she loved to play outside and eat other things one day went the park with her mommy I can make me nice cow said sure sweetie it is pink so they both thought very pretty laughed but do you want your all enjoyed dress funny car spent much fun happy that took for himself cat thanked big red ball dog house tree sun moon sky water fish bird wind rain snow hill road friend smile".split(
    " ",
  );
const kPieces = [..."abcdefghijklmnopqrstuvwxyz"];
const kSigns = [",", ".", '."', "!", "?", "\n", "\n\n", " of", "ing", "ed", "ly", "er"];

interface VocabularyEntry {
  readonly text: string | null;
  readonly bytes: readonly number[];
  readonly kind: pb.TokenKind;
}

function vocabulary(): VocabularyEntry[] {
  const text = (value: string, kind = pb.TokenKind.Normal) => ({ text: value, bytes: [], kind });
  return [
    text("<unk>", pb.TokenKind.Unknown),
    text("<s>", pb.TokenKind.Control),
    text("</s>", pb.TokenKind.Control),
    ...kWords.map((word) => text(` ${word}`)),
    ...kPieces.map((piece) => text(piece)),
    ...kSigns.map((sign) => text(sign)),
    // The four bytes of a face, each a token of its own.
    ...[0xf0, 0x9f, 0x98, 0x80].map((byte) => ({ text: null, bytes: [byte], kind: pb.TokenKind.Byte })),
  ];
}

export const kVocabulary = vocabulary();
const kFirstFaceByte = kVocabulary.length - 4;
const kNoEntry: VocabularyEntry = { text: "", bytes: [], kind: pb.TokenKind.Unknown };

function token(id: number): pb.TokenT {
  const { text, bytes, kind } = kVocabulary[id] ?? kNoEntry;
  return new pb.TokenT(id, text, [...bytes], kind);
}

/** Small, seeded, and good enough to look random. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

interface Entry {
  readonly id: number;
  readonly logit: number;
  readonly rawLogprob: number;
}

function distribution(random: () => number): { entries: Entry[]; entropy: number; logSumExp: number } {
  const sharpness = 3 + 12 * random();
  const logits = kVocabulary.map((_, id) => ({ id, logit: sharpness * random() ** 3 + (id < 3 ? -9 : 0) }));
  logits.sort((a, b) => b.logit - a.logit || a.id - b.id);
  const logSumExp = Math.log(logits.reduce((sum, { logit }) => sum + Math.exp(logit), 0));
  const entries = logits.map((entry) => ({ ...entry, rawLogprob: entry.logit - logSumExp }));
  const entropy = entries.reduce(
    (sum, { rawLogprob }) => sum - (Math.exp(rawLogprob) * rawLogprob) / Math.LN2,
    0,
  );
  return { entries, entropy, logSumExp };
}

function entropyOf(masses: readonly number[]): number {
  return masses.reduce((sum, p) => (p > 0 ? sum - p * Math.log2(p) : sum), 0);
}

const kTop = 64;

function candidates(entries: readonly Entry[]): pb.CandidateT[] {
  return entries.slice(0, kTop).map(({ id, logit, rawLogprob }) => {
    const { text, bytes, kind } = kVocabulary[id] ?? kNoEntry;
    return new pb.CandidateT(id, text, [...bytes], kind, logit, rawLogprob, null, null);
  });
}

function baseStep(position: number, id: number, random: () => number, nTop: number) {
  const { entries, entropy, logSumExp } = distribution(random);
  const rank = entries.findIndex((entry) => entry.id === id);
  const chosen = entries[rank];
  const step = new pb.StepT();
  step.position = position;
  step.token = token(id);
  step.logit = chosen?.logit ?? null;
  step.rawLogprob = chosen?.rawLogprob ?? null;
  step.rank = rank + 1;
  step.entropy = entropy;
  step.logSumExp = logSumExp;
  step.candidates = candidates(entries).slice(0, nTop);
  step.nTop = step.candidates.length;
  step.tailMass = entries.slice(nTop).reduce((sum, { rawLogprob }) => sum + Math.exp(rawLogprob), 0);
  step.decodeUs = 180 + 40 * random();
  step.sampleUs = 12 + 3 * random();
  step.captureUs = 20 + 5 * random();
  return { step, entries };
}

export function promptStep(position: number, id: number, random: () => number): pb.StepT {
  if (position === 0) {
    const step = new pb.StepT();
    step.token = token(id);
    step.decodeUs = 190;
    return step;
  }
  return baseStep(position, id, random, 8).step;
}

/** The chain of the page's own defaults: top-k 40, top-p, min-p, temperature, a draw. */
export function generatedStep(position: number, random: () => number): pb.StepT {
  const facePart = (position % 97) - 40;
  const isFace = facePart >= 0 && facePart < 4;
  const { step, entries } = baseStep(position, -1, random, kTop);
  const kept = entries.slice(0, 40);
  const nucleus: Entry[] = [];
  let mass = 0;
  for (const entry of kept) {
    nucleus.push(entry);
    mass += Math.exp(entry.rawLogprob);
    if (mass >= 0.95) break;
  }
  const floor = Math.exp(nucleus[0]?.rawLogprob ?? 0) * 0.05;
  const left = nucleus.filter(({ rawLogprob }) => Math.exp(rawLogprob) >= floor);
  const total = left.reduce((sum, { rawLogprob }) => sum + Math.exp(rawLogprob / 0.8), 0);
  const finals = left.map(({ rawLogprob }) => Math.exp(rawLogprob / 0.8) / total);
  let draw = random();
  let drawn = finals.findIndex((p) => {
    draw -= p;
    return draw <= 0;
  });
  if (drawn < 0) drawn = 0;
  const id = isFace ? kFirstFaceByte + facePart : (left[drawn]?.id ?? 0);
  const rank = entries.findIndex((entry) => entry.id === id);
  step.token = token(id);
  step.logit = entries[rank]?.logit ?? null;
  step.rawLogprob = entries[rank]?.rawLogprob ?? null;
  step.rank = rank + 1;
  step.finalProb = isFace ? null : (finals[drawn] ?? null);
  step.forced = isFace;
  step.nFinal = left.length;
  step.nNonFinite = position % 211 === 210 ? 2 : 0;
  step.candidates.forEach((entry, index) => {
    const at = left.findIndex(({ id: leftId }) => leftId === entry.id);
    if (at >= 0) entry.finalProb = finals[at] ?? null;
    else entry.removedBy = index >= 40 ? 0 : index >= nucleus.length ? 1 : 2;
  });
  if (!step.candidates.some((entry) => entry.id === id)) {
    step.candidates.push(...candidates(entries.filter((entry) => entry.id === id)));
  }
  step.stages = isFace ? [] : stages({ entries, kept, nucleus, left, finals, id });
  return step;
}

interface ChainParts {
  readonly entries: readonly Entry[];
  readonly kept: readonly Entry[];
  readonly nucleus: readonly Entry[];
  readonly left: readonly Entry[];
  readonly finals: readonly number[];
  readonly id: number;
}

function stages({ entries, kept, nucleus, left, finals, id }: ChainParts): pb.StageTraceT[] {
  const sets = [entries, kept, nucleus, left, left];
  const kinds = [pb.StageKind.TopK, pb.StageKind.TopP, pb.StageKind.MinP, pb.StageKind.Temperature];
  const massOf = (set: readonly Entry[]) =>
    set.reduce((sum, { rawLogprob }) => sum + Math.exp(rawLogprob), 0);
  const normal = (set: readonly Entry[]) => set.map(({ rawLogprob }) => Math.exp(rawLogprob) / massOf(set));
  const top = entries[0]?.id ?? 0;
  const traces = kinds.map((kind, index) => {
    const [before, after] = [sets[index] ?? [], sets[index + 1] ?? []];
    const isTemperature = kind === pb.StageKind.Temperature;
    const trace = new pb.StageTraceT();
    trace.stage = index;
    trace.kind = kind;
    trace.nIn = before.length;
    trace.nOut = after.length;
    trace.massRemoved = Math.max(0, 1 - massOf(after) / massOf(before));
    trace.entropyBefore = entropyOf(normal(before));
    trace.entropyAfter = isTemperature ? entropyOf(finals) : entropyOf(normal(after));
    trace.topBefore = top;
    trace.topAfter = top;
    trace.changed = before.length !== after.length || isTemperature;
    return trace;
  });
  const draw = new pb.StageTraceT();
  Object.assign(draw, { stage: 4, kind: pb.StageKind.Distribution, nIn: left.length, nOut: left.length });
  Object.assign(draw, { entropyBefore: entropyOf(finals), entropyAfter: entropyOf(finals), selected: id });
  Object.assign(draw, { topBefore: top, topAfter: top });
  return [...traces, draw];
}

/** Cuts a text into the vocabulary's tokens, longest first. */
export function tokenize(text: string): number[] {
  const ids = [1];
  let rest = ` ${text}`;
  while (rest !== "") {
    let best = 0;
    let length = 1;
    kVocabulary.forEach(({ text: entry }, id) => {
      if (id > 2 && entry !== null && entry.length > (best === 0 ? 0 : length) && rest.startsWith(entry)) {
        best = id;
        length = entry.length;
      }
    });
    ids.push(best);
    rest = rest.slice(length);
  }
  return ids;
}
