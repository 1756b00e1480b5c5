import type { Position, RunId } from "../base/brand";
import type { Connection } from "../connection/connection";
import type { StepDetail } from "../protocol/types";

/** A run that says nothing for so long has no such step. */
const kPatienceMs = 10_000;

/**
 * Single steps of runs that are not looked at: follows such a run just until the
 * step has come. One at a time; what was found is kept.
 */
export class StepPeeks {
  readonly #connection: Connection;
  readonly #isFollowed: (run: RunId) => boolean;
  readonly #found = new Map<string, Promise<StepDetail | undefined>>();
  #last: Promise<unknown> = Promise.resolve();

  /** `isFollowed`: whether the page itself looks at a run. */
  constructor(connection: Connection, isFollowed: (run: RunId) => boolean) {
    this.#connection = connection;
    this.#isFollowed = isFollowed;
  }

  /** Undefined: there is no such step (yet). */
  step(run: RunId, position: Position): Promise<StepDetail | undefined> {
    const key = `${run}/${position}`;
    const known = this.#found.get(key);
    if (known !== undefined) return known;
    const found = this.#last.then(() => this.#fetch(run, position));
    this.#found.set(key, found);
    this.#last = found;
    // What has not come yet is asked for again the next time.
    void found.then((detail) => detail === undefined && this.#found.delete(key));
    return found;
  }

  async #fetch(run: RunId, position: Position): Promise<StepDetail | undefined> {
    if (this.#isFollowed(run)) return this.#connection.stepDetail(run, position);
    const arrived = this.#arrival(run, position);
    this.#connection.follow(run);
    await arrived;
    const detail = await this.#connection.stepDetail(run, position);
    if (!this.#isFollowed(run)) this.#connection.unfollow(run);
    return detail;
  }

  #arrival(run: RunId, position: Position): Promise<void> {
    return new Promise((resolve) => {
      const finish = () => {
        clearTimeout(timer);
        stop();
        resolve();
      };
      const timer = setTimeout(finish, kPatienceMs);
      const stop = this.#connection.listen((event) => {
        const batch = event.kind === "batch" ? event.runs.find((one) => one.run === run) : undefined;
        if (batch === undefined) return;
        const newest = batch.steps?.position.at(-1) ?? -1;
        if (newest >= position || batch.phase?.kind === "finished" || batch.failure !== undefined) finish();
      });
    });
  }
}
