import { asRunId } from "../../base/brand";
import { type BlockSource, fromBase64, type RecordedBlock } from "../../connection/recorded-block";

const kContainer = "recording";
const kLookAgainMs = 10;

/**
 * The blocks in the document of an exported page, taken out of it one by one while
 * the browser still reads the file: the first tokens are shown before the last ones
 * are read.
 */
export class PageBlocks implements BlockSource {
  readonly #document: Document;

  constructor(document: Document) {
    this.#document = document;
  }

  async next(): Promise<RecordedBlock | undefined> {
    for (;;) {
      const isRead = this.#document.readyState !== "loading";
      const element = this.#document.getElementById(kContainer)?.firstElementChild ?? undefined;
      // What something follows is whole; the last one may still grow.
      if (element !== undefined && (isRead || element.nextSibling !== null)) {
        element.remove();
        return blockOf(element);
      }
      if (isRead) return undefined;
      await new Promise((resolve) => setTimeout(resolve, kLookAgainMs));
    }
  }
}

function blockOf(element: Element): RecordedBlock {
  const run = Number(element.getAttribute("data-run"));
  return { run: run > 0 ? asRunId(run) : undefined, packed: packedIn(element.textContent ?? "") };
}

/** What is no base64 becomes a block that can't be unpacked. */
function packedIn(text: string): Uint8Array<ArrayBuffer> {
  try {
    return fromBase64(text);
  } catch {
    return new Uint8Array();
  }
}
