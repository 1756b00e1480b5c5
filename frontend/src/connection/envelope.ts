// The frame around every message.
import { ByteBuffer } from "flatbuffers";
import * as pb from "../protocol/generated/inferno_generated";

const kSmallestEnvelopeBytes = 12;

/** The envelope around a message; throws if the bytes are not one. */
export function readEnvelope(bytes: Uint8Array): pb.Envelope {
  const buffer = new ByteBuffer(bytes);
  if (bytes.length < kSmallestEnvelopeBytes || !pb.Envelope.bufferHasIdentifier(buffer)) {
    throw new Error("not a message of Inferno's protocol");
  }
  return pb.Envelope.getRootAsEnvelope(buffer);
}

/** The body of an envelope, whose type the caller has looked at. */
export function bodyAs<T>(envelope: pb.Envelope, table: T): T {
  const body: T | null = envelope.body(table);
  if (body === null) throw new Error("a message without its body");
  return body;
}
