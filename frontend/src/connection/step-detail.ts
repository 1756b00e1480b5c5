import { asPosition } from "../base/brand";
import type { WatchedValue } from "../protocol/debug-types";
import * as pb from "../protocol/generated/inferno_generated";
import type { Candidate, StageTrace, StepDetail, Token } from "../protocol/types";
import { stageKind, tokenKind } from "./enums";
import { bodyAs, readEnvelope } from "./envelope";
import { bytesOf } from "./step-columns-builder";

function token(table: pb.Token | pb.Candidate): Token {
  return {
    id: table.id(),
    // A copy, so that a message outlives neither its run nor this answer.
    bytes: bytesOf(table).slice(),
    kind: tokenKind(table.kind()),
    isText: table.bytesLength() === 0,
  };
}

function candidate(table: pb.Candidate): Candidate {
  return {
    token: token(table),
    logit: table.logit() ?? undefined,
    rawLogprob: table.rawLogprob() ?? undefined,
    finalProb: table.finalProb() ?? undefined,
    removedBy: table.removedBy() ?? undefined,
    isBanned: table.banned(),
  };
}

function stageTrace(table: pb.StageTrace): StageTrace {
  return {
    stage: table.stage(),
    kind: stageKind(table.kind()),
    nIn: table.nIn(),
    nOut: table.nOut(),
    massRemoved: table.massRemoved(),
    entropyBefore: table.entropyBefore(),
    entropyAfter: table.entropyAfter(),
    topBefore: table.topBefore(),
    topAfter: table.topAfter(),
    removedTop: table.removedTop(),
    changed: table.changed(),
    selected: table.selected() ?? undefined,
    value: table.value() ?? undefined,
  };
}

function list<T>(count: number, at: (index: number) => T | null): T[] {
  return Array.from({ length: count }, (_, index) => at(index)).filter((item): item is T => item !== null);
}

function watchedValue(table: pb.Watched): WatchedValue {
  return {
    rawProb: table.rawProb() ?? undefined,
    best: table.best() ?? undefined,
    bestRank: table.bestRank() ?? undefined,
  };
}

/** `isPrompt` is not in a step itself: the message that holds it tells. */
export function stepDetail(step: pb.Step, isPrompt: boolean): StepDetail {
  const chosen = step.token();
  if (chosen === null) throw new Error("a step without its token");
  return {
    position: asPosition(step.position()),
    isPrompt,
    token: token(chosen),
    logit: step.logit() ?? undefined,
    rawLogprob: step.rawLogprob() ?? undefined,
    finalProb: step.finalProb() ?? undefined,
    rank: step.rank() ?? undefined,
    entropy: step.entropy() ?? undefined,
    logSumExp: step.logSumExp() ?? undefined,
    tailMass: step.tailMass() ?? undefined,
    nNonFinite: step.nNonFinite(),
    candidates: list(step.candidatesLength(), (i) => step.candidates(i)).map(candidate),
    nTop: step.nTop(),
    stages: list(step.stagesLength(), (i) => step.stages(i)).map(stageTrace),
    nFinal: step.nFinal() ?? undefined,
    decodeUs: step.decodeUs(),
    sampleUs: step.sampleUs(),
    captureUs: step.captureUs(),
    forced: step.forced(),
    endOfText: step.endOfText(),
    draw: step.draw() ?? undefined,
    chainToken: step.chainToken() ?? undefined,
    watched: list(step.watchedLength(), (i) => step.watched(i)).map(watchedValue),
  };
}

/** Everything about the step at `position` in a message of steps; undefined if it is not in it. */
export function stepDetailIn(message: Uint8Array, position: number): StepDetail | undefined {
  const envelope = readEnvelope(message);
  const isPrompt = envelope.bodyType() === pb.Body.PromptTokens;
  const steps = isPrompt
    ? readSteps(bodyAs(envelope, new pb.PromptTokens()))
    : readSteps(bodyAs(envelope, new pb.Steps()));
  const step = steps.find((candidateStep) => candidateStep.position() === position);
  return step === undefined ? undefined : stepDetail(step, isPrompt);
}

function readSteps(body: pb.PromptTokens | pb.Steps): pb.Step[] {
  if (body instanceof pb.PromptTokens) return list(body.tokensLength(), (i) => body.tokens(i));
  return list(body.stepsLength(), (i) => body.steps(i));
}
