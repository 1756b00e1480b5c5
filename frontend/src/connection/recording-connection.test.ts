import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { asPosition, asRunId } from "../base/brand";
import * as pb from "../protocol/generated/inferno_generated";
import type { SamplerStage } from "../protocol/types";
import type { ConnectionEvent, RunBatch } from "./connection";
import type { BlockSource, RecordedBlock } from "./recorded-block";
import { RecordedRun } from "./recorded-run";
import { RecordingConnection } from "./recording-connection";
import { SparseBuilder } from "./sparse-builder";
import type { WhatIfPiece } from "./what-if-columns";

function message(run: number, seq: number, type: pb.Body, body: pb.EnvelopeT["body"]): Uint8Array {
  const builder = new SparseBuilder(256);
  pb.Envelope.finishEnvelopeBuffer(builder, new pb.EnvelopeT(1, 0, run, seq, type, body).pack(builder));
  return new Uint8Array(builder.asUint8Array());
}

const step = (position: number) => new pb.StepT(position, new pb.TokenT(position, `t${position}`), 1.5, -0.5);
const started = (run: number) =>
  message(run, 1, pb.Body.RunStarted, new pb.RunStartedT(1, "stories", [], 7, 0, 64, 100));
const steps = (run: number, seq: number, ...positions: number[]) =>
  message(run, seq, pb.Body.Steps, new pb.StepsT(positions.map(step)));
const finished = (run: number, seq: number) => message(run, seq, pb.Body.Finished, new pb.FinishedT());

function block(run: number, messages: readonly Uint8Array[]): RecordedBlock {
  const parts = messages.flatMap((bytes) => {
    const head = new Uint8Array(8);
    new DataView(head.buffer).setUint32(0, bytes.length, true);
    return [head, bytes, new Uint8Array((8 - (bytes.length % 8)) % 8)];
  });
  const packed = new Uint8Array(gzipSync(Buffer.concat(parts)));
  return { run: run === 0 ? undefined : asRunId(run), packed };
}

const kAbout = block(0, [
  message(0, 0, pb.Body.Welcome, new pb.WelcomeT(1, "0.1.0", "llama.cpp 0.5.0", 1)),
  message(
    0,
    0,
    pb.Body.RunList,
    new pb.RunListT([new pb.RunSummaryT(1, 0, "stories"), new pb.RunSummaryT(2, 0, "stories")]),
  ),
]);

/** A file whose blocks come one by one. */
class FakeFile implements BlockSource {
  readonly #blocks: RecordedBlock[];

  constructor(blocks: readonly RecordedBlock[]) {
    this.#blocks = [...blocks];
  }

  async next(): Promise<RecordedBlock | undefined> {
    await new Promise((resolve) => setTimeout(resolve));
    return this.#blocks.shift();
  }
}

/** Opens the file with a run followed, and gives what was told when all is read. */
async function read(blocks: readonly RecordedBlock[], run = 1) {
  const connection = new RecordingConnection(new FakeFile(blocks));
  const events: ConnectionEvent[] = [];
  connection.listen((event) => events.push(event));
  connection.follow(asRunId(run));
  await connection.open();
  const batches = () =>
    events.flatMap((event): readonly RunBatch[] => (event.kind === "batch" ? event.runs : []));
  const isOver = () =>
    batches().some(({ phase, failure }) => phase?.kind === "finished" || failure !== undefined);
  await expect.poll(isOver, { timeout: 30_000 }).toBe(true);
  return { connection, events, batches: batches() };
}

const positions = (batches: readonly RunBatch[]) =>
  batches.flatMap(({ steps: columns }) => [...(columns?.position ?? [])]);
const failures = (batches: readonly RunBatch[]) =>
  batches.flatMap(({ failure }) => (failure === undefined ? [] : [failure.message]));

const kFirst = [
  block(1, [started(1), steps(1, 2, 0, 1)]),
  block(1, [steps(1, 3, 2)]),
  block(1, [steps(1, 4, 3), finished(1, 5)]),
];

describe("a recording in a file", () => {
  it("gives the run from its beginning to its end, each step once", async () => {
    const { batches, events } = await read([kAbout, ...kFirst]);
    expect(positions(batches)).toEqual([0, 1, 2, 3]);
    expect(batches[0]?.started?.modelName).toBe("stories");
    expect(batches.at(-1)?.phase?.kind).toBe("finished");
    expect(failures(batches)).toEqual([]);
    expect(events[0]).toMatchObject({
      kind: "state",
      state: { kind: "recording", welcome: { build: "0.1.0" } },
    });
  });

  it("lists its runs, and refuses whatever else is asked", async () => {
    const { connection } = await read([kAbout, ...kFirst]);
    const reply = await connection.request({ kind: "listRuns" });
    expect(reply.kind === "runList" && reply.runs.map(({ run }) => run)).toEqual([1, 2]);
    await expect(connection.request({ kind: "listModels" })).rejects.toThrow("there is no model to ask");
  });

  it("gives another run, too, when it is followed later", async () => {
    const second = block(2, [started(2), steps(2, 2, 0), finished(2, 3)]);
    const { connection } = await read([kAbout, ...kFirst, second]);
    const told: number[] = [];
    connection.listen((event) => {
      if (event.kind === "batch") told.push(...event.runs.map(({ run }) => run));
    });
    connection.unfollow(asRunId(1));
    connection.follow(asRunId(2));
    await expect.poll(() => told).toContain(2);
    expect(told).not.toContain(1);
    expect((await connection.stepDetail(asRunId(2), asPosition(0)))?.token.id).toBe(0);
    expect(await connection.stepDetail(asRunId(1), asPosition(0))).toBeUndefined();
  });

  it("that was cut off is shown as far as it goes, and says so", async () => {
    const { batches } = await read([kAbout, ...kFirst.slice(0, 2)]);
    expect(positions(batches)).toEqual([0, 1, 2]);
    expect(failures(batches)).toEqual(["The rest of this recording is missing."]);
  });

  it("with a damaged part is shown up to that, and says so", async () => {
    const damaged = kFirst.map((one, index) =>
      index === 1 ? { ...one, packed: one.packed.slice(0, -9) } : one,
    );
    const { batches } = await read([kAbout, ...damaged]);
    expect(positions(batches)).toEqual([0, 1]);
    expect(failures(batches)).toEqual(["A part of this recording is damaged."]);
  });

  it("with a part that is missing goes no further", async () => {
    const { batches } = await read([kAbout, ...kFirst.filter((_, index) => index !== 1)]);
    expect(positions(batches)).toEqual([0, 1]);
    expect(failures(batches)).toEqual(["A part of this recording is damaged."]);
  });

  it("that says nothing of itself is told to be none", async () => {
    const { events } = await read([]);
    expect(events).toContainEqual({ kind: "state", state: { kind: "incompatible", version: 0 } });
  });

  it("computes what if on all of its steps", async () => {
    const { connection } = await read([kAbout, ...kFirst]);
    const chain: readonly SamplerStage[] = [{ kind: "greedy", parameters: {} }];
    const pieces: WhatIfPiece[] = [];
    connection.whatIf(asRunId(1), chain, (piece) => pieces.push(piece));
    await expect.poll(() => pieces.at(-1)?.isCaughtUp).toBe(true);
    expect(pieces.flatMap(({ columns }) => [...columns.position])).toEqual([0, 1, 2, 3]);
  });
});

describe("a run too long for the memory", () => {
  it("has the steps that were dropped unpacked again", async () => {
    const run = new RecordedRun(asRunId(1), 1);
    for (const part of kFirst) await run.read(part);
    for (const position of [0, 1, 2, 3]) {
      const detail = await run.detail(asPosition(position));
      expect(detail?.token.id).toBe(position);
    }
    expect(await run.detail(asPosition(4))).toBeUndefined();
  });
});
