// A sampler's stage as the wire has it.
import * as pb from "../protocol/generated/inferno_generated";
import type { LogitBias, SamplerStage } from "../protocol/types";
import { kPbStageKinds } from "./enums";

export function encodedStage(stage: SamplerStage): pb.SamplerStageT {
  const body = Object.assign(new pb.SamplerStageT(kPbStageKinds[stage.kind]), stage.parameters);
  body.breakers = [...(stage.breakers ?? [])];
  body.biases = (stage.biases ?? []).map(logitBias);
  body.grammar = stage.grammar ?? null;
  body.root = stage.root ?? null;
  body.jsonSchema = stage.jsonSchema ?? null;
  return body;
}

/** Numbers on the wire are finite: a ban has a field of its own. */
function logitBias({ id, bias }: LogitBias): pb.LogitBiasT {
  const isBan = bias === Number.NEGATIVE_INFINITY;
  return new pb.LogitBiasT(id, isBan ? 0 : bias, isBan);
}
