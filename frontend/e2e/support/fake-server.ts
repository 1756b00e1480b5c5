// A stand-in for `inferno serve`, for work on the page where no engine is built:
// serves frontend/dist under the server's policy and speaks the real binary
// protocol, with a made-up model behind it. Never part of the product.
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { ByteBuffer } from "flatbuffers";
import { type WebSocket, WebSocketServer } from "ws";
import { SparseBuilder } from "../../src/connection/sparse-builder";
import * as pb from "../../src/protocol/generated/inferno_generated";
import { generatedStep, kVocabulary, promptStep, randomNumbers, tokenize } from "./fake-model";

// INFERNO_DIST: a page that was built elsewhere.
const kDist =
  process.env["INFERNO_DIST"] ?? join(dirname(fileURLToPath(import.meta.url)), "..", "..", "dist");
const kPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; connect-src 'self'; worker-src 'self'";
const kTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".woff2": "font/woff2",
  ".svg": "image/svg+xml",
};

const kLeanSteps = 388;
const kPreloadBatch = 250;

export interface FakeServerOptions {
  readonly port?: number;
  readonly tokensPerSecond?: number;
  readonly isUnauthorised?: boolean;
  /** Steps with few candidates, made up once: for more tokens than could be made up one by one. */
  readonly isLean?: boolean;
  /** So many tokens come at once; the rest at its speed. */
  readonly preloadTokens?: number;
  /** The size of the vocabulary that runs name, the scale of entropy and rank. */
  readonly nVocab?: number;
  /** Told of each message of steps when it is sent: its last position, and when by the clock. */
  readonly onSent?: (position: number, atMs: number) => void;
}

interface FakeRun {
  readonly id: number;
  readonly start: pb.StartRunT;
  readonly prompt: string;
  readonly log: Uint8Array[];
  readonly subscribers: Set<WebSocket>;
  readonly random: () => number;
  timer: ReturnType<typeof setInterval> | undefined;
  position: number;
  nPrompt: number;
  isFinished: boolean;
  isPaused: boolean;
  sumLogprob: number;
  startedMs: number;
}

export class FakeServer {
  readonly #http: Server;
  readonly #sockets: WebSocketServer;
  readonly #options: FakeServerOptions;
  readonly #runs = new Map<number, FakeRun>();
  #loaded: pb.LoadedModelT[] = [];
  #nextModel = 1;
  readonly #cancelled = new Set<number>();
  readonly #leanSteps: pb.StepT[] = [];

  constructor(options: FakeServerOptions = {}) {
    this.#options = options;
    this.#http = createServer((request, response) => this.#serve(request, response));
    this.#sockets = new WebSocketServer({ noServer: true, handleProtocols: () => "inferno.v1.fbs" });
    this.#http.on("upgrade", (request, socket, head) => {
      if (options.isUnauthorised === true) {
        socket.end("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        return;
      }
      this.#sockets.handleUpgrade(request, socket, head, (client) => this.#connect(client));
    });
  }

  listen(): Promise<string> {
    return new Promise((resolve) => {
      this.#http.listen(this.#options.port ?? 0, "127.0.0.1", () => {
        const address = this.#http.address();
        resolve(`http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/`);
      });
    });
  }

  close(): Promise<void> {
    for (const run of this.#runs.values()) clearInterval(run.timer);
    for (const client of this.#sockets.clients) client.terminate();
    return new Promise((resolve) => {
      this.#http.close(() => resolve());
      this.#http.closeAllConnections();
    });
  }

  /** As if the engine of every model had been killed. */
  killEngines(): void {
    const error = new pb.ErrorT(
      pb.ErrorCode.EngineDied,
      "The engine process was killed by signal 9 (SIGKILL).",
      "Something ended it from outside, or the machine ran out of memory. Load the model again.",
    );
    for (const model of this.#loaded) Object.assign(model, { state: pb.ModelState.Dead, error });
    for (const run of this.#runs.values()) {
      if (!run.isFinished) this.#finish(run, pb.FinishReason.EngineDied, error);
    }
    this.#broadcastModels();
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const path = normalize(new URL(request.url ?? "/", "http://localhost").pathname);
    response.setHeader("Content-Security-Policy", kPolicy);
    if (path === "/ws") {
      response.writeHead(this.#options.isUnauthorised === true ? 401 : 426).end();
      return;
    }
    try {
      const name = path === "/" ? "/index.html" : path;
      const body = readFileSync(join(kDist, name));
      response
        .writeHead(200, { "Content-Type": kTypes[extname(name)] ?? "application/octet-stream" })
        .end(body);
    } catch {
      response.writeHead(404).end();
    }
  }

  #connect(client: WebSocket): void {
    client.on("message", (data: Buffer) => {
      const bytes = new Uint8Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength));
      this.#onMessage(client, pb.Envelope.getRootAsEnvelope(new ByteBuffer(bytes)).unpack());
    });
    client.on("close", () => {
      for (const run of this.#runs.values()) run.subscribers.delete(client);
    });
  }

  #onMessage(client: WebSocket, { bodyType, body, request, run }: pb.EnvelopeT): void {
    const reply = (type: pb.Body, answer: pb.EnvelopeT["body"]) =>
      client.send(message(type, answer, { request }));
    if (body instanceof pb.HelloT)
      reply(pb.Body.Welcome, new pb.WelcomeT(1, "fake", "none: made-up model", 1, 1 << 20));
    else if (body instanceof pb.ListModelsT) reply(pb.Body.ModelList, this.#modelList(true));
    else if (body instanceof pb.LoadModelT) this.#load(client, request, String(body.path));
    else if (body instanceof pb.UnloadModelT) {
      this.#loaded = this.#loaded.filter(({ model }) => model !== body.model);
      reply(pb.Body.Ok, new pb.OkT());
      this.#broadcastModels();
    } else if (body instanceof pb.CancelLoadT) {
      this.#cancelled.add(body.model);
      reply(pb.Body.Ok, new pb.OkT());
    } else if (body instanceof pb.StartRunT)
      reply(pb.Body.RunQueued, new pb.RunQueuedT(this.#start(body), 0));
    else if (body instanceof pb.ListRunsT) reply(pb.Body.RunList, this.#runList());
    else if (body instanceof pb.SubscribeT) this.#subscribe(client, request, body);
    else if (body instanceof pb.UnsubscribeT) this.#runs.get(body.run)?.subscribers.delete(client);
    else if (bodyType !== pb.Body.Ack) this.#steer(client, request, run, bodyType);
  }

  #load(client: WebSocket, request: number, path: string): void {
    const fail = (code: pb.ErrorCode, text: string, hint: string) =>
      client.send(message(pb.Body.Error, new pb.ErrorT(code, text, hint), { request }));
    if (path.includes("missing")) {
      fail(
        pb.ErrorCode.FileNotFound,
        `There is no file ${path}.`,
        "Check the path; it must be one on the server’s machine.",
      );
      return;
    }
    const model = new pb.LoadedModelT(
      this.#nextModel++,
      path,
      path.split("/").at(-1) ?? path,
      pb.ModelState.Loading,
    );
    this.#loaded.push(model);
    this.#broadcastModels();
    let fraction = 0;
    const timer = setInterval(() => {
      fraction += 0.1;
      if (this.#cancelled.has(model.model)) {
        clearInterval(timer);
        this.#loaded = this.#loaded.filter((other) => other !== model);
        fail(pb.ErrorCode.Cancelled, "Loading was cancelled.", "");
        this.#broadcastModels();
        return;
      }
      const progress = new pb.LoadProgressT(model.model, path, Math.min(1, fraction), "reading weights");
      client.send(message(pb.Body.LoadProgress, progress, { request }));
      if (fraction < 1) return;
      clearInterval(timer);
      model.state = pb.ModelState.Ready;
      model.info = modelInfo(model.name as string, path);
      model.rssBytes = 84_000_000n;
      client.send(message(pb.Body.ModelLoaded, new pb.ModelLoadedT(model.model, model.info), { request }));
      this.#broadcastModels();
    }, 60);
  }

  #start(start: pb.StartRunT): number {
    const id = this.#runs.size + 1;
    const text = start.prompt?.text ?? start.prompt?.messages.map(({ content }) => content).join("\n") ?? "";
    const run: FakeRun = {
      id,
      start,
      prompt: String(text),
      log: [],
      subscribers: new Set(),
      random: randomNumbers(start.seed ?? 7),
      timer: undefined,
      position: 0,
      nPrompt: 0,
      isFinished: false,
      isPaused: start.startPaused,
      sumLogprob: 0,
      startedMs: Date.now(),
    };
    this.#runs.set(id, run);
    const ids = tokenize(run.prompt);
    const started = new pb.RunStartedT(
      start.model,
      "fake-1M.gguf",
      start.sampler,
      start.seed ?? 1_234_567,
      ids.length,
    );
    started.nCtx = 2048;
    started.nVocab = this.#options.nVocab ?? kVocabulary.length;
    this.#record(run, pb.Body.RunStarted, started);
    const steps = ids.map((token, position) => promptStep(position, token, run.random));
    this.#record(run, pb.Body.PromptTokens, new pb.PromptTokensT(steps));
    run.position = run.nPrompt = ids.length;
    if (run.isPaused) this.#record(run, pb.Body.Paused, new pb.PausedT(pb.PauseReason.Start, run.position));
    for (let left = this.#options.preloadTokens ?? 0; left > 0; left -= kPreloadBatch) {
      this.#tick(run, Math.min(left, kPreloadBatch));
    }
    const perSecond = this.#options.tokensPerSecond ?? 60;
    const everyMs = Math.max(5, 1000 / perSecond);
    run.timer = setInterval(
      () => this.#tick(run, Math.max(1, Math.round((perSecond * everyMs) / 1000))),
      everyMs,
    );
    return id;
  }

  #tick(run: FakeRun, count: number): void {
    if (run.isPaused || run.isFinished) return;
    const limit = run.start.limits?.nPredict ?? 100_000;
    const n = Math.min(count, limit - (run.position - run.nPrompt));
    const steps = Array.from({ length: n }, () => this.#makeStep(run.position++, run.random));
    for (const step of steps) run.sumLogprob += step.rawLogprob ?? 0;
    if (n > 0) this.#record(run, pb.Body.Steps, new pb.StepsT(steps));
    this.#options.onSent?.(run.position - 1, performance.timeOrigin + performance.now());
    if (run.position - run.nPrompt >= limit) this.#finish(run, pb.FinishReason.Limit, null);
  }

  #makeStep(position: number, random: () => number): pb.StepT {
    if (this.#options.isLean !== true) return generatedStep(position, random);
    const known = this.#leanSteps[position % kLeanSteps];
    const step = Object.assign(new pb.StepT(), known ?? generatedStep(position, random));
    step.candidates = step.candidates.slice(0, 4);
    step.position = position;
    this.#leanSteps[position % kLeanSteps] = step;
    return step;
  }

  #finish(run: FakeRun, reason: pb.FinishReason, error: pb.ErrorT | null): void {
    clearInterval(run.timer);
    run.isFinished = true;
    const finished = new pb.FinishedT(reason, error, run.nPrompt, run.position - run.nPrompt);
    finished.generateMs = Date.now() - run.startedMs;
    finished.promptMs = 3;
    finished.sumLogprob = run.sumLogprob;
    this.#record(run, pb.Body.Finished, finished);
  }

  #steer(client: WebSocket, request: number, id: number, type: pb.Body): void {
    const run = this.#runs.get(id);
    if (run === undefined) {
      const error = new pb.ErrorT(pb.ErrorCode.NoSuchRun, `There is no run ${id}.`, "");
      client.send(message(pb.Body.Error, error, { request }));
      return;
    }
    client.send(message(pb.Body.Ok, new pb.OkT(), { request }));
    if (type === pb.Body.Pause) this.#pause(run, pb.PauseReason.Asked);
    if (type === pb.Body.Stop) this.#finish(run, pb.FinishReason.Stopped, null);
    if (type === pb.Body.Resume) {
      run.isPaused = false;
      this.#record(run, pb.Body.Resumed, new pb.ResumedT());
    }
    if (type === pb.Body.StepOnce) {
      run.isPaused = false;
      this.#tick(run, 1);
      if (!run.isFinished) this.#pause(run, pb.PauseReason.Stepped);
    }
  }

  #pause(run: FakeRun, reason: pb.PauseReason): void {
    run.isPaused = true;
    this.#record(run, pb.Body.Paused, new pb.PausedT(reason, run.position));
  }

  #record(run: FakeRun, type: pb.Body, body: pb.EnvelopeT["body"]): void {
    const bytes = message(type, body, { run: run.id, seq: run.log.length + 1 });
    run.log.push(bytes);
    for (const client of run.subscribers) client.send(bytes);
  }

  #subscribe(client: WebSocket, request: number, { run: id, after }: pb.SubscribeT): void {
    const run = this.#runs.get(id);
    if (run === undefined) {
      const error = new pb.ErrorT(
        pb.ErrorCode.NoSuchRun,
        `There is no run ${id}.`,
        "It belonged to an earlier start of the server.",
      );
      client.send(message(pb.Body.Error, error, { request }));
      return;
    }
    client.send(message(pb.Body.Ok, new pb.OkT(), { request }));
    for (const bytes of run.log.slice(after)) client.send(bytes);
    run.subscribers.add(client);
  }

  #modelList(withFiles: boolean): pb.ModelListT {
    const file = (name: string, bytes: bigint) => new pb.ModelFileT(`/models/${name}`, name, bytes, 0n);
    const files = [
      file("fake-1M.gguf", 1_052_000n),
      file("fake-7B-Q4_0.gguf", 4_108_916_000n),
      file("missing.gguf", 12n),
      file("vocab-only.gguf", 3_200_000n),
    ];
    return new pb.ModelListT(withFiles ? files : [], this.#loaded, ["/models"]);
  }

  #broadcastModels(): void {
    const bytes = message(pb.Body.ModelList, this.#modelList(false), {});
    for (const client of this.#sockets.clients) client.send(bytes);
  }

  #runList(): pb.RunListT {
    return new pb.RunListT(
      [...this.#runs.values()].map(
        (run) =>
          new pb.RunSummaryT(
            run.id,
            run.start.model,
            "fake-1M.gguf",
            run.log.length,
            run.position - run.nPrompt,
            run.isFinished,
            run.isPaused,
            run.prompt.slice(0, 80),
          ),
      ),
    );
  }
}

function message(
  type: pb.Body,
  body: pb.EnvelopeT["body"],
  { request = 0, run = 0, seq = 0 }: { request?: number; run?: number; seq?: number },
): Uint8Array {
  const builder = new SparseBuilder(4096);
  pb.Envelope.finishEnvelopeBuffer(builder, new pb.EnvelopeT(1, request, run, seq, type, body).pack(builder));
  return new Uint8Array(builder.asUint8Array());
}

function modelInfo(name: string, path: string): pb.ModelInfoT {
  const info = new pb.ModelInfoT();
  const isVocabulary = name.includes("vocab");
  const capabilities = new pb.CapabilitiesT(!isVocabulary, true, true, name.includes("7B"), true, true);
  capabilities.tokenize = true;
  Object.assign(info, {
    name,
    path,
    architecture: "llama",
    description: "llama 1M Q8_0",
    quantisation: "Q8_0",
  });
  Object.assign(info, {
    sizeBytes: 1_050_000n,
    fileBytes: 1_052_000n,
    nParams: 1_020_000n,
    nCtx: 2048,
    nCtxTrain: 4096,
  });
  Object.assign(info, {
    nEmbd: 128,
    nLayers: 6,
    nHeads: 8,
    nKvHeads: 4,
    nVocab: kVocabulary.length,
    capabilities,
  });
  info.tokenizer = Object.assign(new pb.TokenizerInfoT(), { model: "SPM", nTokens: kVocabulary.length });
  info.memory = new pb.MemoryEstimateT(1_050_000n, 2_000_000n, 9_000_000n, 12_050_000n, 8_000_000_000n);
  if (name.includes("7B"))
    info.warnings = [
      new pb.WarningT("double_bos", "The chat template adds a BOS token that the tokenizer adds, too."),
    ];
  return info;
}
