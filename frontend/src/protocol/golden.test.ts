// Every message of the protocol, as C++ wrote it, read by the generated code.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ByteBuffer } from "flatbuffers";
import { describe, expect, it } from "vitest";
import * as pb from "./generated/inferno_generated";

const kFolder = join(import.meta.dirname, "..", "..", "..", "protocol", "golden");
const kNames = existsSync(kFolder)
  ? readdirSync(kFolder)
      .filter((name) => name.endsWith(".bin"))
      .map((name) => name.slice(0, -".bin".length))
  : [];

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** The enums by the name of the field that holds them, and the table where the name alone does not say. */
const kEnums: Readonly<Record<string, Readonly<Record<string, string | number>>>> = {
  "ErrorT.code": pb.ErrorCode,
  "TokenT.kind": pb.TokenKind,
  "CandidateT.kind": pb.TokenKind,
  "SamplerStageT.kind": pb.StageKind,
  "StageTraceT.kind": pb.StageKind,
  "EngineOptionsT.flashAttention": pb.FlashAttention,
  "LoadedModelT.state": pb.ModelState,
  "ConditionT.kind": pb.ConditionKind,
  "RunsComparedT.verdict": pb.Verdict,
  "PausedT.reason": pb.PauseReason,
  "FinishedT.reason": pb.FinishReason,
  "RunSummaryT.reason": pb.FinishReason,
  "EnvelopeT.bodyType": pb.Body,
};

const camelCase = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

/** Compares a value as read with its JSON form; returns where they differ. */
function differences(actual: unknown, json: Json, path: string, enumName = ""): string[] {
  if (typeof json === "string" && typeof actual === "number") {
    return kEnums[enumName]?.[json] === actual ? [] : [`${path}: ${actual}, not ${json}`];
  }
  if (typeof json === "number")
    return isSameNumber(Number(actual), json) ? [] : [`${path}: ${actual}, not ${json}`];
  if (Array.isArray(json)) {
    if (!Array.isArray(actual) || actual.length !== json.length)
      return [`${path}: not ${json.length} elements`];
    return json.flatMap((item: Json, index) => differences(actual[index], item, `${path}[${index}]`));
  }
  if (typeof json === "object" && json !== null) return tableDifferences(actual, json, path);
  return actual === json ? [] : [`${path}: ${String(actual)}, not ${String(json)}`];
}

/** Fractions are printed with as many digits as a 32-bit float has; whole numbers are exact. */
function isSameNumber(actual: number, json: number): boolean {
  if (Number.isInteger(json)) return actual === json;
  return Math.abs(actual - json) <= 1e-6 * Math.max(1, Math.abs(json));
}

function tableDifferences(actual: unknown, json: object, path: string): string[] {
  if (typeof actual !== "object" || actual === null) return [`${path}: not there`];
  const table = actual as Readonly<Record<string, unknown>>;
  const fields = new Map(Object.entries(json).map(([name, value]) => [camelCase(name), value as Json]));
  const unknown = [...fields.keys()]
    .filter((name) => !(name in table))
    .map((name) => `${path}.${name}: no such field`);
  const kind = actual.constructor.name;
  const known = Object.entries(table).flatMap(([name, value]) => {
    const expected = fields.get(name);
    if (expected !== undefined) return differences(value, expected, `${path}.${name}`, `${kind}.${name}`);
    return isAbsent(actual, name, value)
      ? []
      : [`${path}.${name}: ${String(value)}, but it is not in the JSON form`];
  });
  return [...unknown, ...known];
}

/** What is not in the JSON form must have the value of a table that was just made. */
function isAbsent(table: object, name: string, value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  const fresh: Readonly<Record<string, unknown>> = new (table.constructor as new () => never)();
  return value === fresh[name];
}

function read(name: string): { envelope: pb.EnvelopeT; json: Json } {
  const buffer = new ByteBuffer(new Uint8Array(readFileSync(join(kFolder, `${name}.bin`))));
  expect(pb.Envelope.bufferHasIdentifier(buffer)).toBe(true);
  const json = JSON.parse(readFileSync(join(kFolder, `${name}.json`), "utf8")) as Json;
  return { envelope: pb.Envelope.getRootAsEnvelope(buffer).unpack(), json };
}

/** Every copy of a value in which one number, word or truth is another. */
function changedCopies(json: Json): Json[] {
  if (typeof json === "number") return [json + 1];
  if (typeof json === "string") return [`${json}?`];
  if (typeof json === "boolean") return [!json];
  if (Array.isArray(json)) {
    return json.flatMap((item: Json, index) => changedCopies(item).map((other) => json.with(index, other)));
  }
  if (typeof json !== "object" || json === null) return [];
  return Object.entries(json).flatMap(([name, value]) =>
    changedCopies(value as Json).map((other) => ({ ...json, [name]: other })),
  );
}

describe("golden messages", () => {
  it("hold every message of the protocol", () => {
    const all = Object.keys(pb.Body).filter((name) => Number.isNaN(Number(name)) && name !== "NONE");
    const present = new Set(kNames.map((name) => pb.Body[read(name).envelope.bodyType]));
    expect(all.filter((name) => !present.has(name))).toEqual([]);
  });

  it.each(kNames)("%s reads as its JSON form says", (name) => {
    const { envelope, json } = read(name);
    expect(differences(envelope, json, name)).toEqual([]);
  });

  it.each(kNames)("%s is found to differ when any value of it does", (name) => {
    const { envelope, json } = read(name);
    const unnoticed = changedCopies(json).filter((copy) => differences(envelope, copy, name).length === 0);
    expect(unnoticed).toEqual([]);
  });
});
