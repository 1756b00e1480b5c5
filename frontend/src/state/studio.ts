import { createStore, type StoreApi } from "zustand/vanilla";
import type { ModelId, RunId } from "../base/brand";
import {
  type Connection,
  type ConnectionCounters,
  type ConnectionEvent,
  type ConnectionState,
  RequestError,
} from "../connection/connection";
import type { ExpandTree, Explore, Explored, ProbabilityTree, RunsCompared } from "../protocol/debug-types";
import type {
  AppError,
  EngineOptions,
  LoadedModel,
  LoadProgress,
  ModelFile,
  ModelInfo,
  ModelList,
  Prompt,
  Reply,
  Request,
  RunLabel,
  RunSummary,
  SamplerStage,
  StartRun,
  Tokens,
} from "../protocol/types";
import { DebugSettingsStore, type SettingsStorage } from "./debug-settings";
import { DraftRequests } from "./draft-request";
import { RunRecord } from "./run-record";
import { StepPeeks } from "./step-peeks";
import { WhatIfTrials } from "./what-if";

/** A load that this page asked for. */
export interface PendingLoad {
  readonly path: string;
  readonly progress: LoadProgress | undefined;
}

export type CheckedSampler = Extract<Reply, { readonly kind: "samplerChecked" }>;

export interface StudioState {
  readonly connection: ConnectionState;
  readonly counters: ConnectionCounters;
  /** Undefined: not told yet. */
  readonly files: readonly ModelFile[] | undefined;
  readonly folders: readonly string[];
  readonly loaded: readonly LoadedModel[];
  readonly loads: readonly PendingLoad[];
  readonly loadError: { readonly path: string; readonly error: AppError } | undefined;
  readonly progress: ReadonlyMap<ModelId, LoadProgress>;
  /** The model that the next run uses. */
  readonly selectedModel: ModelId | undefined;
  /** Undefined: not told yet. */
  readonly runs: readonly RunSummary[] | undefined;
  /** What searches have found: runs that may be too old for the list. */
  readonly foundRuns: ReadonlyMap<RunId, RunSummary>;
  /** Grows when this page changes or deletes a run: what was searched before may be another now. */
  readonly nRunChanges: number;
  /** The last thing worth saying to people who do not see the page. */
  readonly announcement: string;
}

const kNoCounters: ConnectionCounters = { messages: 0, bytes: 0, reconnects: 0, repeated: 0, gaps: 0 };

const kInitialState: StudioState = {
  connection: { kind: "connecting" },
  counters: kNoCounters,
  files: undefined,
  folders: [],
  loaded: [],
  loads: [],
  loadError: undefined,
  progress: new Map(),
  selectedModel: undefined,
  runs: undefined,
  foundRuns: new Map(),
  nRunChanges: 0,
  announcement: "",
};

/** Runs whose records the page keeps; the one looked at longest ago goes first. */
const kKeptRuns = 4;

/**
 * What the page knows and can do: state that components read, and the actions
 * of the person. One per page; tests make one with a fake connection. Actions
 * that the server refuses reject with a RequestError, those about models put
 * the error into the state instead.
 */
export class Studio {
  readonly store: StoreApi<StudioState> = createStore(() => kInitialState);
  readonly connection: Connection;
  /** What other views ask of the composer. */
  readonly draftRequests = new DraftRequests();
  readonly whatIf: WhatIfTrials;
  /** Breakpoints and watches, sent with every run. */
  readonly debugSettings: DebugSettingsStore;
  /** Single steps of runs that are not looked at. */
  readonly peeks: StepPeeks;
  readonly #records = new Map<RunId, RunRecord>();
  readonly #stopListening: () => void;

  /** `storage` keeps the breakpoints and watches. */
  constructor(connection: Connection, storage?: SettingsStorage) {
    this.connection = connection;
    this.debugSettings = new DebugSettingsStore(storage);
    this.whatIf = new WhatIfTrials(connection);
    this.peeks = new StepPeeks(connection, (run) => this.#records.has(run));
    this.#stopListening = connection.listen((event) => this.#onEvent(event));
  }

  close(): void {
    this.#stopListening();
  }

  /** The record of a run, which is followed from now on. */
  record(run: RunId): RunRecord {
    const known = this.#records.get(run);
    const record = known ?? new RunRecord(run);
    // Put last: the order of the map is the order of use.
    this.#records.delete(run);
    this.#records.set(run, record);
    if (known === undefined) {
      this.#forgetOldRecords();
      this.connection.follow(run);
    }
    return record;
  }

  async refreshModels(): Promise<void> {
    await this.#ask({ kind: "listModels" });
  }

  async refreshRuns(): Promise<void> {
    const reply = await this.#ask({ kind: "listRuns" });
    if (reply?.kind === "runList") this.store.setState({ runs: reply.runs });
  }

  /** Recorded runs with the text in title, note, tags, prompt or model's name, or in what was generated. */
  async searchRuns(text: string, inGenerated: boolean): Promise<readonly RunSummary[]> {
    const reply = await this.connection.request({ kind: "searchRuns", text, inGenerated });
    if (reply.kind !== "runList") throw new RequestError(kUnexpectedReply);
    const found = reply.runs.map((run) => [run.run, run] as const);
    this.store.setState(({ foundRuns }) => ({ foundRuns: new Map([...foundRuns, ...found]) }));
    return reply.runs;
  }

  async updateRun(run: RunId, label: RunLabel): Promise<void> {
    await this.connection.request({ kind: "updateRun", run, label });
    this.#changeRuns((runs) => runs.map((one) => (one.run === run ? labelled(one, label) : one)));
  }

  /** For good. `leave` takes the page away from the run, before its record is forgotten: a view would ask for it anew. */
  async deleteRun(run: RunId, leave: () => void): Promise<void> {
    await this.connection.request({ kind: "deleteRun", run });
    leave();
    if (this.#records.delete(run)) this.connection.unfollow(run);
    this.#changeRuns((runs) => runs.filter((one) => one.run !== run));
    this.#announce(`Run ${run} is deleted.`);
  }

  /** At once, as the server has it now: the next list is seconds away. */
  #changeRuns(change: (runs: readonly RunSummary[]) => readonly RunSummary[]): void {
    this.store.setState((state) => ({
      runs: state.runs === undefined ? undefined : change(state.runs),
      foundRuns: new Map(change([...state.foundRuns.values()]).map((run) => [run.run, run])),
      nRunChanges: state.nRunChanges + 1,
    }));
  }

  /** What is in a model's file, without loading it, and the memory it would take with these options. */
  async inspectModel(path: string, options?: EngineOptions, withTensors = true): Promise<ModelInfo> {
    const reply = await this.connection.request({ kind: "inspectModel", path, options, withTensors });
    if (reply.kind !== "modelInfo") throw new RequestError(kUnexpectedReply);
    return reply.info;
  }

  async tokenize(model: ModelId, prompt: Prompt): Promise<Tokens> {
    const reply = await this.connection.request({ kind: "tokenize", model, prompt });
    if (reply.kind !== "tokens") throw new RequestError(kUnexpectedReply);
    return reply.tokens;
  }

  /** The chain with every parameter filled in, or what is wrong with it. */
  async checkSampler(model: ModelId, sampler: readonly SamplerStage[]): Promise<CheckedSampler> {
    const reply = await this.connection.request({ kind: "checkSampler", model, sampler });
    if (reply.kind !== "samplerChecked") throw new RequestError(kUnexpectedReply);
    return reply;
  }

  /** The next token of a run that has not ended, whatever its chain says. */
  async forceToken(run: RunId, id: number): Promise<void> {
    await this.connection.request({ kind: "forceToken", run, id });
  }

  async loadModel(path: string, options?: EngineOptions): Promise<void> {
    const isThis = (load: PendingLoad) => load.path === path;
    if (this.store.getState().loads.some(isThis)) return;
    this.store.setState((state) => ({
      loads: [...state.loads, { path, progress: undefined }],
      loadError: undefined,
    }));
    try {
      const reply = await this.connection.request({ kind: "loadModel", path, options });
      if (reply.kind === "modelLoaded") this.selectModel(reply.model);
      this.#announce("The model is loaded.");
      await this.refreshModels();
    } catch (reason) {
      this.#onLoadFailed(path, errorOf(reason));
    } finally {
      this.store.setState((state) => ({ loads: state.loads.filter((load) => !isThis(load)) }));
    }
  }

  async cancelLoad(model: ModelId): Promise<void> {
    await this.#ask({ kind: "cancelLoad", model });
  }

  async unloadModel(model: ModelId): Promise<void> {
    await this.#ask({ kind: "unloadModel", model });
    await this.refreshModels();
  }

  /** Puts a fresh process in the place of one that died. */
  async reloadModel(model: LoadedModel): Promise<void> {
    await this.#ask({ kind: "unloadModel", model: model.model });
    await this.loadModel(model.path);
  }

  dismissLoadError(): void {
    this.store.setState({ loadError: undefined });
  }

  selectModel(model: ModelId): void {
    this.store.setState({ selectedModel: model });
  }

  /** With the person's breakpoints and watches; a replay is to be as its run was, and stops nowhere. */
  async startRun(asked: StartRun): Promise<RunId> {
    const { breakpoints, watches } = this.debugSettings.store.getState();
    const settings = { breakpoints: withoutLabels(breakpoints), watches: withoutLabels(watches) };
    const start = asked.fork?.replay === true ? asked : { ...asked, ...settings };
    const reply = await this.connection.request({ kind: "startRun", start });
    if (reply.kind !== "runQueued") throw new RequestError(kUnexpectedReply);
    this.record(reply.run);
    void this.refreshRuns();
    return reply.run;
  }

  /** Has a run that has not ended use the person's breakpoints, or watches. */
  async sendSettings(what: "breakpoints" | "watches", run: RunId): Promise<void> {
    const { breakpoints, watches } = this.debugSettings.store.getState();
    const request: Request =
      what === "breakpoints"
        ? { kind: "setBreakpoints", run, breakpoints: withoutLabels(breakpoints) }
        : { kind: "setWatches", run, watches: withoutLabels(watches) };
    try {
      await this.connection.request(request);
    } catch (reason) {
      this.debugSettings.refused(errorOf(reason));
    }
  }

  /** Cannot be chosen at the next steps; 0: for the rest of the run. */
  async banTokens(run: RunId, ids: readonly number[], nSteps: number): Promise<void> {
    await this.connection.request({ kind: "banTokens", run, ids, nSteps });
  }

  /** For a paused run, from the next token on. */
  async setSampler(run: RunId, sampler: readonly SamplerStage[], seed?: number): Promise<void> {
    await this.connection.request({ kind: "setSampler", run, sampler, seed });
  }

  async explore(explore: Explore): Promise<Explored> {
    const reply = await this.connection.request({ kind: "explore", explore });
    if (reply.kind !== "explored") throw new RequestError(kUnexpectedReply);
    return reply.explored;
  }

  async expandTree(expand: ExpandTree): Promise<ProbabilityTree> {
    const reply = await this.connection.request({ kind: "expandTree", expand });
    if (reply.kind !== "tree") throw new RequestError(kUnexpectedReply);
    return reply.tree;
  }

  async compareRuns(run: RunId, other: RunId): Promise<RunsCompared> {
    const reply = await this.connection.request({ kind: "compareRuns", run, other });
    if (reply.kind !== "runsCompared") throw new RequestError(kUnexpectedReply);
    return reply.compared;
  }

  async control(kind: "pause" | "resume" | "stepOnce" | "stop", run: RunId): Promise<void> {
    await this.connection.request({ kind, run });
  }

  /** Asks; what is refused is not worth a word, because the next refresh shows how things are. */
  async #ask(request: Request): Promise<Reply | undefined> {
    try {
      return await this.connection.request(request);
    } catch (reason) {
      if (reason instanceof RequestError) return undefined;
      throw reason;
    }
  }

  #onEvent(event: ConnectionEvent): void {
    switch (event.kind) {
      case "state":
        this.store.setState({ connection: event.state });
        if (event.state.kind === "ready") {
          void this.refreshModels();
          void this.refreshRuns();
        } else if (event.state.kind === "recording") void this.refreshRuns();
        break;
      case "modelList":
        this.#onModelList(event.list);
        break;
      case "loadProgress":
        this.#onLoadProgress(event.progress);
        break;
      case "batch":
        this.store.setState({ counters: event.counters });
        for (const batch of event.runs) {
          this.#records.get(batch.run)?.apply(batch, performance.now());
          if (batch.phase?.kind === "finished") this.#onRunFinished(batch.phase.finished.nGenerated);
        }
        break;
    }
  }

  #onModelList(list: ModelList): void {
    this.store.setState((state) => {
      const loaded = list.loaded;
      // A dead one, too: the next run must not go to another model unasked.
      const isThere = loaded.some((model) => model.model === state.selectedModel);
      return {
        loaded,
        files: list.files ?? state.files,
        folders: list.files === undefined ? state.folders : list.folders,
        selectedModel: isThere
          ? state.selectedModel
          : (loaded.find((model) => model.state === "ready")?.model ?? loaded[0]?.model),
      };
    });
  }

  #onLoadProgress(progress: LoadProgress): void {
    this.store.setState((state) => ({
      progress: new Map(state.progress).set(progress.model, progress),
      loads: state.loads.map((load) => (load.path === progress.path ? { ...load, progress } : load)),
    }));
  }

  #onLoadFailed(path: string, error: AppError): void {
    if (error.code !== "Cancelled") {
      this.store.setState({ loadError: { path, error } });
      this.#announce(`Loading failed. ${error.message}`);
    }
    void this.refreshModels();
  }

  #onRunFinished(nGenerated: number): void {
    this.#announce(`The run has finished with ${nGenerated} tokens.`);
    void this.refreshRuns();
  }

  #announce(announcement: string): void {
    this.store.setState({ announcement });
  }

  #forgetOldRecords(): void {
    for (const run of this.#records.keys()) {
      if (this.#records.size <= kKeptRuns) return;
      this.#records.delete(run);
      this.connection.unfollow(run);
    }
  }
}

function withoutLabels<T extends { readonly labels: unknown }>(all: readonly T[]): Omit<T, "labels">[] {
  return all.map(({ labels: _, ...rest }) => rest);
}

function labelled(run: RunSummary, { title, note, tags }: RunLabel): RunSummary {
  return {
    ...run,
    title: title === undefined ? run.title : title || undefined,
    note: note === undefined ? run.note : note || undefined,
    tags: tags ?? run.tags,
  };
}

const kUnexpectedReply: AppError = {
  code: "Unreadable",
  message: "The server gave an answer that does not belong to the question.",
  hint: "Reload the page; if it happens again, the page and the server are of different versions.",
};

export function errorOf(reason: unknown): AppError {
  if (reason instanceof RequestError) return reason.error;
  return { code: "Internal", message: String(reason), hint: undefined };
}
