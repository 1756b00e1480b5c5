import type { Position, RunId } from "../base/brand";
import type { SamplerStage, StepDetail } from "../protocol/types";
import type { RunBatch } from "./connection";
import { readEnvelope } from "./envelope";
import { type RecordedBlock, unpackBlock } from "./recorded-block";
import { RunTracker } from "./run-tracker";
import { RunWhatIf } from "./run-what-if";
import { stepDetailIn } from "./step-detail";

/** Unpacked messages kept of a run; older ones are unpacked again when needed. */
const kKeptBytes = 512 * 1024 * 1024;

/** One run of a recording that is being read, block by block. */
export class RecordedRun {
  readonly #tracker: RunTracker;
  /** The blocks read so far, with the number of each one's first message. */
  readonly #read: { readonly firstSeq: number; readonly block: RecordedBlock }[] = [];
  #hasEnd = false;

  constructor(run: RunId, keptBytes = kKeptBytes) {
    this.#tracker = new RunTracker(run, keptBytes);
  }

  get nBlocksRead(): number {
    return this.#read.length;
  }

  /** Its last message has been read, or it is known that none will come. */
  get hasEnd(): boolean {
    return this.#hasEnd;
  }

  async read(block: RecordedBlock): Promise<void> {
    try {
      const messages = await unpackBlock(block);
      this.#read.push({ firstSeq: this.#tracker.lastSeq + 1, block });
      for (const bytes of messages) this.#take(bytes);
    } catch {
      this.#fail("A part of this recording is damaged.");
    }
  }

  /** The file has no more of this run. */
  endWithoutFinish(): void {
    if (!this.#hasEnd) this.#fail("The rest of this recording is missing.");
  }

  takeNews(): RunBatch | undefined {
    return this.#tracker.hasNews ? this.#tracker.takeNews() : undefined;
  }

  async detail(position: Position): Promise<StepDetail | undefined> {
    const answer = this.#tracker.detail(position);
    if (answer.kind === "detail") return answer.detail;
    if (answer.kind === "unknown") return undefined;
    const place = this.#read.findLast(({ firstSeq }) => firstSeq <= answer.seq);
    if (place === undefined) return undefined;
    const messages = await unpackBlock(place.block);
    const message = messages[answer.seq - place.firstSeq];
    return message === undefined ? undefined : stepDetailIn(message, position);
  }

  whatIf(chain: readonly SamplerStage[]): RunWhatIf {
    return new RunWhatIf(this.#tracker, chain);
  }

  #take(bytes: Uint8Array): void {
    const acceptance = this.#tracker.accept(readEnvelope(bytes), bytes);
    if (acceptance === "gap") throw new Error("a message is missing");
    this.#hasEnd ||= this.#tracker.isFinished;
  }

  #fail(message: string): void {
    this.#hasEnd = true;
    this.#tracker.fail({
      code: "Unreadable",
      message,
      hint: "The file was cut off or changed on its way: get it again, or export it again.",
    });
  }
}
