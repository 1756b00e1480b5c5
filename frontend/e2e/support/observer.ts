// A second, independent client of the server: what it hears is what the page
// must show.
import { ByteBuffer } from "flatbuffers";
import type { BrowserContext } from "playwright-core";
import { WebSocket } from "ws";
import { SparseBuilder } from "../../src/connection/sparse-builder";
import * as pb from "../../src/protocol/generated/inferno_generated";

export interface HeardToken {
  readonly position: number;
  readonly id: number;
  readonly text: string;
}

export interface HeardRun {
  readonly seqs: readonly number[];
  readonly tokens: readonly HeardToken[];
  readonly finished: pb.FinishedT;
}

const kTimeoutMs = 30_000;

/** Everything the server has of a run, once it has finished. */
export async function hearRun(context: BrowserContext, pageUrl: string, run: number): Promise<HeardRun> {
  const { origin, host } = new URL(pageUrl);
  const cookies = await context.cookies(origin);
  const socket = new WebSocket(`ws://${host}/ws`, "inferno.v1.fbs", {
    origin,
    headers: { Cookie: cookies.map(({ name, value }) => `${name}=${value}`).join("; ") },
  });
  socket.binaryType = "arraybuffer";
  try {
    return await listen(socket, run);
  } finally {
    socket.close();
  }
}

function listen(socket: WebSocket, run: number): Promise<HeardRun> {
  return new Promise((resolve, reject) => {
    const seqs: number[] = [];
    const tokens: HeardToken[] = [];
    const timer = setTimeout(() => reject(new Error("the run did not finish in time")), kTimeoutMs);
    socket.on("error", reject);
    socket.on("open", () => {
      socket.send(message(pb.Body.Hello, new pb.HelloT("e2e observer"), 1));
      socket.send(message(pb.Body.Subscribe, new pb.SubscribeT(run, 0), 2));
    });
    socket.on("message", (data: ArrayBuffer) => {
      const envelope = pb.Envelope.getRootAsEnvelope(new ByteBuffer(new Uint8Array(data))).unpack();
      if (envelope.seq === 0) return;
      seqs.push(envelope.seq);
      const { body } = envelope;
      if (body instanceof pb.PromptTokensT) tokens.push(...body.tokens.map(heard));
      if (body instanceof pb.StepsT) tokens.push(...body.steps.map(heard));
      if (!(body instanceof pb.FinishedT)) return;
      clearTimeout(timer);
      resolve({ seqs, tokens, finished: body });
    });
  });
}

function heard(step: pb.StepT): HeardToken {
  return { position: step.position, id: step.token?.id ?? -1, text: String(step.token?.text ?? "") };
}

function message(type: pb.Body, body: pb.EnvelopeT["body"], request: number): Uint8Array {
  const builder = new SparseBuilder(256);
  pb.Envelope.finishEnvelopeBuffer(builder, new pb.EnvelopeT(1, request, 0, 0, type, body).pack(builder));
  return new Uint8Array(builder.asUint8Array());
}
