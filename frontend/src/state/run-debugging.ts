import type { Position } from "../base/brand";
import type { Breakpoint, RunEvent, SamplerChange, Stop, TokensBanned, Watch } from "../protocol/debug-types";
import type { SamplerStage } from "../protocol/types";

/** What was done to a run while it went on, as it told itself. Grows; owned by its run record. */
export class RunDebugging {
  #breakpoints: readonly Breakpoint[] = [];
  #watches: readonly Watch[] = [];
  #watchesFrom: readonly { readonly from: Position; readonly watches: readonly Watch[] }[] = [];
  #stops: readonly Stop[] = [];
  #bans: readonly TokensBanned[] = [];
  #samplers: readonly SamplerChange[] = [];

  get breakpoints(): readonly Breakpoint[] {
    return this.#breakpoints;
  }

  get watches(): readonly Watch[] {
    return this.#watches;
  }

  /** Where breakpoints had it stand still, each position once, in order of time. */
  get stops(): readonly Stop[] {
    return this.#stops;
  }

  get bans(): readonly TokensBanned[] {
    return this.#bans;
  }

  get samplers(): readonly SamplerChange[] {
    return this.#samplers;
  }

  /** The chain that chose the token at a position; undefined: the one that the run began with. */
  samplerAt(position: Position): readonly SamplerStage[] | undefined {
    return this.#samplers.findLast((change) => change.position <= position)?.sampler;
  }

  /** What was followed at a position. */
  watchesAt(position: Position): readonly Watch[] {
    return this.#watchesFrom.findLast(({ from }) => from <= position)?.watches ?? [];
  }

  apply(event: RunEvent): void {
    switch (event.kind) {
      case "breakpoints":
        this.#breakpoints = event.breakpoints;
        break;
      case "watches":
        this.#watches = event.watches;
        this.#watchesFrom = [...this.#watchesFrom, { from: event.from, watches: event.watches }];
        break;
      case "banned":
        this.#bans = [...this.#bans, event.banned];
        break;
      case "sampler":
        this.#samplers = [...this.#samplers, event.change];
        break;
      case "stopped":
        this.#noteStop(event.stop);
        break;
    }
  }

  /** A pause is told again when its token was changed: that is the same stop. */
  #noteStop(stop: Stop): void {
    if (stop.breakpoints.length === 0) return;
    if (this.#stops.at(-1)?.position !== stop.position) this.#stops = [...this.#stops, stop];
  }
}
