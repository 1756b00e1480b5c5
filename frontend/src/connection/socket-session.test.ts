import { ByteBuffer } from "flatbuffers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { asPosition, asRunId } from "../base/brand";
import * as pb from "../protocol/generated/inferno_generated";
import type { ConnectionState } from "./connection";
import { type SocketLike, SocketSession } from "./socket-session";
import { SparseBuilder } from "./sparse-builder";

function message(type: pb.Body, body: pb.EnvelopeT["body"], request = 0, run = 0, seq = 0): ArrayBuffer {
  const builder = new SparseBuilder(256);
  pb.Envelope.finishEnvelopeBuffer(builder, new pb.EnvelopeT(1, request, run, seq, type, body).pack(builder));
  return new Uint8Array(builder.asUint8Array()).buffer;
}

function steps(seq: number, ...positions: number[]): ArrayBuffer {
  const list = positions.map((position) => new pb.StepT(position, new pb.TokenT(position, "a"), 1.5, -0.5));
  return message(pb.Body.Steps, new pb.StepsT(list), 0, 1, seq);
}

/** The server's end of a socket. */
class FakeSocket implements SocketLike {
  binaryType: BinaryType = "blob";
  onopen: SocketLike["onopen"] = null;
  onclose: SocketLike["onclose"] = null;
  onmessage: SocketLike["onmessage"] = null;
  readonly sent: pb.EnvelopeT[] = [];
  isClosed = false;

  send(data: Uint8Array<ArrayBuffer>): void {
    this.sent.push(pb.Envelope.getRootAsEnvelope(new ByteBuffer(data)).unpack());
  }

  close(): void {
    this.isClosed = true;
  }

  open(): void {
    this.onopen?.(new Event("open"));
  }

  welcome(version = 1): void {
    this.open();
    this.receive(message(pb.Body.Welcome, new pb.WelcomeT(version, "0.1.0", "0.5.0", 1)));
  }

  receive(data: ArrayBuffer): void {
    this.onmessage?.({ data } as MessageEvent<unknown>);
  }

  drop(): void {
    this.onclose?.({} as CloseEvent);
  }

  bodies<T>(type: new () => T): T[] {
    return this.sent
      .map(({ body }) => body)
      .filter((body): body is T & pb.EnvelopeT["body"] => body instanceof type);
  }
}

function setUp(why: "unauthorised" | "unreachable" = "unreachable", keptBytesPerRun?: number) {
  const sockets: FakeSocket[] = [];
  const states: ConnectionState[] = [];
  const session = new SocketSession(
    {
      openSocket: () => {
        const socket = new FakeSocket();
        sockets.push(socket);
        return socket;
      },
      whyRefused: () => Promise.resolve(why),
    },
    {
      onState: (state) => states.push(state),
      onModelList: vi.fn(),
      onLoadProgress: vi.fn(),
      onNews: vi.fn(),
    },
    keptBytesPerRun,
  );
  session.open();
  const last = () => {
    const socket = sockets.at(-1);
    if (socket === undefined) throw new Error("no socket");
    return socket;
  };
  const received = () => session.takeNews().flatMap((batch) => [...(batch.steps?.position ?? [])]);
  return { session, sockets, states, last, received };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("a connection that breaks", () => {
  it("resumes every run after the last message it has, and gets each step once", () => {
    const { session, last, received } = setUp();
    last().welcome();
    session.follow(asRunId(1));
    expect(last().bodies(pb.SubscribeT)[0]?.after).toBe(0);
    last().receive(steps(1, 0, 1));
    last().receive(steps(2, 2));
    last().drop();
    vi.advanceTimersByTime(400);
    last().welcome();
    expect(last().bodies(pb.SubscribeT)[0]?.after).toBe(2);
    last().receive(steps(3, 3));
    expect(received()).toEqual([0, 1, 2, 3]);
    expect(session.counters.reconnects).toBe(1);
  });

  it("waits longer after every failure, up to five seconds", async () => {
    const { sockets, states, last } = setUp();
    for (let i = 0; i < 12; ++i) {
      last().drop();
      await vi.advanceTimersByTimeAsync(6100);
    }
    expect(sockets.length).toBe(13);
    const pauses = states.flatMap((state) => (state.kind === "waiting" ? [state.retryInMs] : []));
    expect(pauses[0]).toBe(250);
    expect(pauses[1]).toBeGreaterThan(pauses[0] ?? 0);
    expect(Math.max(...pauses)).toBe(5000);
  });

  it("tells those who wait for an answer", async () => {
    const { session, last } = setUp();
    last().welcome();
    const answer = session.request({ kind: "listRuns" });
    last().drop();
    await expect(answer).rejects.toMatchObject({ code: "Disconnected" });
    await expect(session.request({ kind: "listRuns" })).rejects.toMatchObject({ code: "Disconnected" });
  });

  it("says when the server does not let the page in", async () => {
    const { states, last } = setUp("unauthorised");
    last().drop();
    await vi.advanceTimersByTimeAsync(0);
    expect(states.at(-1)?.kind).toBe("unauthorised");
  });

  it("does not go on with a server of another version", () => {
    const { states, sockets, last } = setUp();
    last().welcome(9);
    vi.advanceTimersByTime(60_000);
    expect(states.at(-1)).toEqual({ kind: "incompatible", version: 9 });
    expect(sockets.length).toBe(1);
  });
});

describe("a followed run", () => {
  it("drops what comes twice", () => {
    const { session, last, received } = setUp();
    last().welcome();
    session.follow(asRunId(1));
    for (const seq of [1, 1, 2, 1, 2, 3]) last().receive(steps(seq, seq));
    expect(received()).toEqual([1, 2, 3]);
    expect(session.counters.repeated).toBe(3);
  });

  it("asks again from where a number is missing", () => {
    const { session, last, received } = setUp();
    last().welcome();
    session.follow(asRunId(1));
    last().receive(steps(1, 1));
    last().receive(steps(3, 3));
    expect(last().bodies(pb.SubscribeT).at(-1)?.after).toBe(1);
    last().receive(steps(2, 2));
    last().receive(steps(3, 3));
    expect(received()).toEqual([1, 2, 3]);
    expect(session.counters.gaps).toBe(1);
  });

  it("acknowledges what it has handed over", () => {
    const { session, last } = setUp();
    last().welcome();
    session.follow(asRunId(1));
    last().receive(steps(1, 1));
    last().receive(steps(2, 2));
    session.takeNews();
    expect(last().bodies(pb.AckT)).toEqual([new pb.AckT(1, 2)]);
  });

  it("acknowledges a flood while the page is busy, so that the server does not wait for a frame", () => {
    const { session, last } = setUp();
    last().welcome();
    session.follow(asRunId(1));
    for (let seq = 1; seq <= 1000; ++seq) last().receive(steps(seq, seq));
    expect(last().bodies(pb.AckT).at(-1)?.seq).toBeGreaterThan(700);
  });

  it("answers for any step it has received", async () => {
    const { session, last } = setUp();
    last().welcome();
    session.follow(asRunId(1));
    last().receive(steps(1, 0, 1));
    last().receive(steps(2, 2, 3, 4));
    expect((await session.stepDetail(asRunId(1), asPosition(3)))?.token.id).toBe(3);
    expect(await session.stepDetail(asRunId(1), asPosition(9))).toBeUndefined();
  });

  it("asks the server again for a step whose message was dropped to save memory", async () => {
    const { session, sockets, last, received } = setUp("unreachable", 1);
    last().welcome();
    session.follow(asRunId(1));
    for (let seq = 1; seq <= 3; ++seq) last().receive(steps(seq, seq));
    const detail = session.stepDetail(asRunId(1), asPosition(2));
    const second = last();
    expect(sockets.length).toBe(2);
    second.open();
    expect(second.bodies(pb.SubscribeT)).toEqual([new pb.SubscribeT(1, 1, 1)]);
    second.receive(steps(2, 2));
    expect((await detail)?.token.id).toBe(2);
    expect(second.isClosed).toBe(true);
    expect(received()).toEqual([1, 2, 3]);
  });

  it("says why it can't be followed", () => {
    const { session, last } = setUp();
    last().welcome();
    session.follow(asRunId(1));
    const request = last().sent.at(-1)?.request ?? 0;
    last().receive(
      message(pb.Body.Error, new pb.ErrorT(pb.ErrorCode.NoSuchRun, "There is no run 1."), request),
    );
    expect(session.takeNews()[0]?.failure).toMatchObject({
      code: "NoSuchRun",
      message: "There is no run 1.",
    });
  });
});
