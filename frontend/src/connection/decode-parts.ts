// What several messages have in common, as the page's own types.
import { withVisibleControls } from "../base/visible-text";
import * as pb from "../protocol/generated/inferno_generated";
import type { SamplerStage, Token, Warning } from "../protocol/types";
import { stageKind, tokenKind } from "./enums";

const kEncoder = new TextEncoder();

export function string(value: string | Uint8Array | null): string {
  return typeof value === "string" ? value : "";
}

export function optionalString(value: string | Uint8Array | null): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A name or a sentence that is only read: nothing from outside hides in it or turns it round. */
export function readable(value: string | Uint8Array | null): string {
  return withVisibleControls(string(value));
}

export function optionalReadable(value: string | Uint8Array | null): string | undefined {
  return readable(value) || undefined;
}

export function warnings(list: readonly pb.WarningT[]): Warning[] {
  return list.map((warning) => ({ code: string(warning.code), message: readable(warning.message) }));
}

export function tokenOf(table: pb.TokenT): Token {
  const isText = typeof table.text === "string";
  return {
    id: table.id,
    bytes: isText ? kEncoder.encode(string(table.text)) : Uint8Array.from(table.bytes),
    kind: tokenKind(table.kind),
    isText: table.bytes.length === 0,
  };
}

export function samplerStage(table: pb.SamplerStageT): SamplerStage {
  const { kind, ...fields } = table;
  const numbers = Object.entries(fields).filter(
    (entry): entry is [string, number] => typeof entry[1] === "number",
  );
  const grammar = optionalString(table.grammar);
  const root = optionalString(table.root);
  const jsonSchema = optionalString(table.jsonSchema);
  return {
    kind: stageKind(kind),
    parameters: Object.fromEntries(numbers),
    ...(kind === pb.StageKind.Dry ? { breakers: table.breakers } : {}),
    ...(kind === pb.StageKind.LogitBias ? { biases: table.biases.map(logitBias) } : {}),
    ...(grammar === undefined ? {} : { grammar }),
    ...(root === undefined ? {} : { root }),
    ...(jsonSchema === undefined ? {} : { jsonSchema }),
  };
}

function logitBias(table: pb.LogitBiasT): { id: number; bias: number } {
  return { id: table.id, bias: table.ban ? Number.NEGATIVE_INFINITY : table.bias };
}
