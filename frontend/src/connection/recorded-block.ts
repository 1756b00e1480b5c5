// The blocks in which an exported page holds its messages; docs/recording-format.md
// describes them.
import type { RunId } from "../base/brand";

/** Messages of one run, in order, as they lie in the page. */
export interface RecordedBlock {
  /** Undefined: what the page says of itself and of all runs. */
  readonly run: RunId | undefined;
  /** Gzipped. */
  readonly packed: Uint8Array<ArrayBuffer>;
}

/** The blocks of a page, each once, as they come; undefined: there are no more. */
export interface BlockSource {
  next(): Promise<RecordedBlock | undefined>;
}

const kAlignment = 8;

/** The messages of a block; throws if it is damaged. They share one buffer. */
export async function unpackBlock({ packed }: RecordedBlock): Promise<readonly Uint8Array[]> {
  const unzipped = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const buffer = await new Response(unzipped).arrayBuffer();
  const view = new DataView(buffer);
  const messages: Uint8Array[] = [];
  let at = 0;
  while (at < buffer.byteLength) {
    const length = view.getUint32(at, true);
    const begin = at + kAlignment;
    if (begin + length > buffer.byteLength) throw new Error("a message that goes beyond its block");
    messages.push(new Uint8Array(buffer, begin, length));
    at = begin + Math.ceil(length / kAlignment) * kAlignment;
  }
  return messages;
}

/** Throws if the text is not base64. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; ++i) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
