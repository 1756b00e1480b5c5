// The page's own connection, without a page: asks the real engine.
import { WebSocket } from "ws";
import { asPosition, type ModelId, type RunId } from "../../src/base/brand";
import { kSubprotocol, SocketSession } from "../../src/connection/socket-session";
import type {
  AppError,
  Finished,
  Reply,
  Request,
  RunStarted,
  StartRun,
  StepDetail,
} from "../../src/protocol/types";

const kTimeoutMs = 60_000;

interface Waiting {
  readonly isTrue: () => boolean;
  readonly resolve: () => void;
}

/** One client of a server; every failure throws. */
export class EngineClient {
  readonly #session: SocketSession;
  readonly #runs = new Map<
    RunId,
    { started?: RunStarted; finished?: Finished; isPaused: boolean; nSteps: number }
  >();
  #isReady = false;
  #waiting: Waiting[] = [];

  constructor(pageUrl: string) {
    const { host, origin, searchParams } = new URL(pageUrl);
    const token = searchParams.get("token") ?? "";
    this.#session = new SocketSession(
      {
        openSocket: () =>
          new WebSocket(`ws://${host}/ws`, [kSubprotocol, `inferno.token.${token}`], { origin }) as never,
        whyRefused: () => Promise.resolve("unreachable"),
      },
      {
        onState: (state) => {
          this.#isReady = state.kind === "ready";
          this.#look();
        },
        onModelList: () => undefined,
        onLoadProgress: () => undefined,
        onNews: () => this.#onNews(),
      },
    );
    this.#session.open();
  }

  async ready(): Promise<void> {
    await this.#until(() => this.#isReady, "the server said no welcome");
  }

  async load(path: string): Promise<ModelId> {
    const reply = await this.ask({ kind: "loadModel", path });
    if (reply.kind !== "modelLoaded") throw new Error(`loaded: ${reply.kind}`);
    return reply.model;
  }

  async ask(request: Request): Promise<Reply> {
    try {
      return await this.#session.request(request);
    } catch (reason) {
      throw new Error(`${request.kind}: ${(reason as AppError).message}`);
    }
  }

  async start(start: StartRun): Promise<RunId> {
    const reply = await this.ask({ kind: "startRun", start });
    if (reply.kind !== "runQueued") throw new Error(`started: ${reply.kind}`);
    this.#runs.set(reply.run, { isPaused: false, nSteps: 0 });
    this.#session.follow(reply.run);
    return reply.run;
  }

  async finished(
    run: RunId,
  ): Promise<{ readonly started: RunStarted; readonly steps: readonly StepDetail[] }> {
    await this.#until(() => this.#runs.get(run)?.finished !== undefined, "the run did not finish");
    const known = this.#runs.get(run);
    if (known?.started === undefined) throw new Error("the run never started");
    const steps: StepDetail[] = [];
    for (let position = 0; position < known.nSteps; ++position) {
      const step = await this.#session.stepDetail(run, asPosition(position));
      if (step !== undefined) steps.push(step);
    }
    this.#session.unfollow(run);
    return { started: known.started, steps };
  }

  /** Has a paused run take this token, and pauses it again. */
  async force(run: RunId, id: number): Promise<void> {
    await this.paused(run);
    await this.ask({ kind: "forceToken", run, id });
    await this.step(run);
  }

  async step(run: RunId): Promise<void> {
    const known = this.#runs.get(run);
    if (known === undefined) throw new Error("no such run");
    const before = known.nSteps;
    await this.ask({ kind: "stepOnce", run });
    await this.#until(() => known.nSteps > before, "no step came");
  }

  async paused(run: RunId): Promise<void> {
    await this.#until(() => this.#runs.get(run)?.isPaused === true, "the run did not pause");
  }

  close(): void {
    this.#session.close();
  }

  #onNews(): void {
    for (const batch of this.#session.takeNews()) {
      const known = this.#runs.get(batch.run);
      if (known === undefined) continue;
      if (batch.started !== undefined) known.started = batch.started;
      known.nSteps += batch.steps?.position.length ?? 0;
      if (batch.phase !== undefined) known.isPaused = batch.phase.kind === "paused";
      if (batch.phase?.kind === "finished") known.finished = batch.phase.finished;
    }
    this.#look();
  }

  #look(): void {
    const [done, rest] = [
      this.#waiting.filter((one) => one.isTrue()),
      this.#waiting.filter((one) => !one.isTrue()),
    ];
    this.#waiting = rest;
    for (const one of done) one.resolve();
  }

  #until(isTrue: () => boolean, otherwise: string): Promise<void> {
    if (isTrue()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(otherwise)), kTimeoutMs);
      this.#waiting.push({
        isTrue,
        resolve: () => {
          clearTimeout(timer);
          resolve();
        },
      });
    });
  }
}
