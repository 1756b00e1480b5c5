import { act, cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { asModelId, asRunId } from "../../base/brand";
import { aLoadedModel, aStep, aToken, FakeConnection } from "../../connection/fake-connection";
import type {
  AppError,
  Finished,
  ModelInfo,
  Reply,
  Request,
  SamplerStage,
  StartRun,
  Token,
  Tokens,
} from "../../protocol/types";
import { Commands, CommandsContext } from "../../state/commands";
import { StudioContext } from "../../state/hooks";
import { useRoute } from "../../state/route";
import { Studio } from "../../state/studio";
import { Composer } from "./composer";

/** A server whose answers to the composer's questions the test gives, in its own time. */
class Server extends FakeConnection {
  readonly #waiting: { readonly request: Request; readonly answer: (reply: Reply) => void }[] = [];
  holdsTokens = false;
  tokensOf: (request: Request) => Partial<Tokens> = () => ({ tokens: [] });
  errorsOf: (sampler: readonly SamplerStage[]) => readonly AppError[] = () => [];

  override request(request: Request): Promise<Reply> {
    const refused = super.request(request);
    if (request.kind === "checkSampler") {
      const errors = this.errorsOf(request.sampler);
      const sampler = errors.length > 0 ? undefined : request.sampler;
      return Promise.resolve({ kind: "samplerChecked", sampler, errors });
    }
    if (request.kind !== "tokenize" || this.refusesTokens) return refused;
    if (!this.holdsTokens) return Promise.resolve(this.#tokens(request));
    return new Promise((answer) => this.#waiting.push({ request, answer }));
  }

  refusesTokens = false;

  get nWaiting(): number {
    return this.#waiting.length;
  }

  /** Answers the question that came as the given one of those that wait. */
  answerTokens(index: number): void {
    const waiting = this.#waiting[index];
    if (waiting === undefined) throw new Error(`no question ${index}`);
    waiting.answer(this.#tokens(waiting.request));
  }

  #tokens(request: Request): Reply {
    const tokens: Tokens = { tokens: [], rendered: undefined, warnings: [], nCtx: 2048 };
    return { kind: "tokens", tokens: { ...tokens, ...this.tokensOf(request) } };
  }
}

function Page() {
  return <Composer run={useRoute().run} />;
}

interface Opened {
  readonly server: Server;
  readonly studio: Studio;
  readonly commands: Commands;
  readonly person: ReturnType<typeof userEvent.setup>;
}

async function open(info: Partial<ModelInfo> = {}, server = new Server()): Promise<Opened> {
  const studio = new Studio(server);
  const commands = new Commands();
  render(
    <StudioContext value={studio}>
      <CommandsContext value={commands}>
        <Page />
      </CommandsContext>
    </StudioContext>,
  );
  await act(async () => {
    server.ready();
    server.models({ loaded: [aLoadedModel({}, info)] });
  });
  return { server, studio, commands, person: userEvent.setup() };
}

const kFinished: Finished = {
  reason: "limit",
  error: undefined,
  nPrompt: 2,
  nGenerated: 1,
  stopString: undefined,
  promptMs: 1,
  generateMs: 1,
  sumLogprob: -1,
  promptSumLogprob: undefined,
  nPromptScored: 1,
};

const button = (name: string | RegExp) => screen.getByRole("button", { name });
const toggle = (name: string) => screen.getByRole("button", { name: new RegExp(`^${name}`) });

function lastOf<Kind extends Request["kind"]>(server: Server, kind: Kind) {
  const found = server.requests.findLast((request) => request.kind === kind);
  return found as Extract<Request, { readonly kind: Kind }> | undefined;
}

function startedBy(server: Server): StartRun {
  const start = lastOf(server, "startRun")?.start;
  if (start === undefined) throw new Error("no run was started");
  return start;
}

/** Words as a tokenizer would cut them: a space belongs to the word after it. */
function wordsOf(request: Request): Partial<Tokens> {
  if (request.kind !== "tokenize") return {};
  if (request.prompt.kind === "ids")
    return { tokens: request.prompt.ids.map((id) => aToken(id, `word${id}`)) };
  const text = request.prompt.kind === "text" ? request.prompt.text : "";
  const words = text.match(/ ?[^ ]+/g) ?? [];
  return { tokens: words.map((word, index): Token => aToken(100 + index, word)) };
}

const chips = () => {
  const list = screen.queryByLabelText("Tokens of the prompt");
  return list === null
    ? []
    : within(list)
        .getAllByRole("listitem")
        .map((chip) => chip.textContent);
};

async function type(person: Opened["person"], text: string): Promise<void> {
  await person.clear(screen.getByLabelText("Prompt text"));
  await person.type(screen.getByLabelText("Prompt text"), text);
}

/** As if pasted: at once. */
function write(text: string): void {
  fireEvent.change(screen.getByLabelText("Prompt text"), { target: { value: text } });
}

describe("someone who writes a prompt", () => {
  it("sees its tokens while typing, and how much of the context they take", async () => {
    const { server, person } = await open();
    server.tokensOf = wordsOf;
    await type(person, "two words");
    await waitFor(() => expect(chips()).toEqual(["two", "␣words"]));
    const view = screen.getByRole("region", { name: "Tokenization" });
    expect(view.textContent).toContain("2 tokens of 2,048");
    expect(view.textContent).toContain("up to 256 more");
  });

  it("never sees the tokens of an earlier text, however late its reply comes", async () => {
    const { server, person } = await open();
    server.holdsTokens = true;
    server.tokensOf = wordsOf;
    await type(person, "old");
    await waitFor(() => expect(server.nWaiting).toBe(1));
    await person.type(screen.getByLabelText("Prompt text"), " and new");
    await waitFor(() => expect(server.nWaiting).toBe(2));
    await act(async () => server.answerTokens(1));
    await waitFor(() => expect(chips()).toEqual(["old", "␣and", "␣new"]));
    await act(async () => server.answerTokens(0));
    expect(chips()).toEqual(["old", "␣and", "␣new"]);
  });

  it("asks the server when the typing rests, and not for every letter", async () => {
    const { server } = await open();
    await waitFor(() => expect(lastOf(server, "tokenize")).toBeDefined());
    const before = server.requests.length;
    const field = screen.getByLabelText("Prompt text");
    for (const value of ["o", "on", "onc", "once"]) fireEvent.change(field, { target: { value } });
    await waitFor(() => expect(lastOf(server, "tokenize")?.prompt).toMatchObject({ text: "once" }));
    expect(server.requests.slice(before).filter(({ kind }) => kind === "tokenize")).toHaveLength(1);
  });

  it("reads a token's id, bytes and kind by the arrow keys", async () => {
    const { server, person } = await open();
    server.tokensOf = () => ({
      tokens: [
        aToken(1, "<s>", "control"),
        aToken(7, Uint8Array.of(0xe2, 0x80)),
        aToken(8, Uint8Array.of(0x0a), "byte"),
      ],
    });
    write("x");
    const list = await screen.findByRole("list", { name: "Tokens of the prompt" });
    expect(chips()).toEqual(["<s>", "\\xE2\\x80", "↵"]);
    await act(async () => within(list).getAllByRole("listitem")[0]?.focus());
    expect(screen.getByText(/place 0 · id 1 .*control token/)).toBeDefined();
    await person.keyboard("{ArrowRight}");
    expect(screen.getByText(/id 7 · bytes E2 80 · part of a character/)).toBeDefined();
    await person.keyboard("{End}");
    expect(document.activeElement?.getAttribute("aria-label")).toBe("↵, 3, id 8, byte token");
    expect(screen.getByText(/id 8 · bytes 0A · byte token/)).toBeDefined();
  });

  it("is told what the tokenizer warns of, and that the prompt does not fit", async () => {
    const { server } = await open();
    server.tokensOf = () => ({
      tokens: Array.from({ length: 12 }, (_, id) => aToken(id, "a")),
      nCtx: 12,
      warnings: [{ code: "trailing_space", message: "The prompt ends with a space." }],
    });
    write("a ");
    expect(await screen.findByText("The prompt ends with a space.")).toBeDefined();
    expect(screen.getByText("does not fit: there is no room to generate")).toBeDefined();
  });

  it("is told when the answer may not fit", async () => {
    const { server } = await open();
    server.tokensOf = () => ({ tokens: [aToken(1, "a")], nCtx: 101 });
    write("a");
    expect(await screen.findByText("room for 100, not for 256 more")).toBeDefined();
  });

  it("gets a very long text tokenized only on request", async () => {
    const { server, person } = await open();
    server.tokensOf = () => ({ tokens: [aToken(1, "long")] });
    fireEvent.change(screen.getByLabelText("Prompt text"), { target: { value: "x".repeat(200_001) } });
    expect(await screen.findByText(/too long to be tokenized while you type/)).toBeDefined();
    await person.click(button("Tokenize it now"));
    await waitFor(() => expect(chips()).toEqual(["long"]));
  });

  // Eight hundred elements take their time in a browser that is none.
  it("sees the first five hundred of many tokens, and more on request", { timeout: 30_000 }, async () => {
    const { server, person } = await open();
    server.tokensOf = () => ({ tokens: Array.from({ length: 800 }, (_, id) => aToken(id, "a")) });
    write("a");
    await waitFor(() => expect(chips()).toHaveLength(500));
    await person.click(screen.getByText(/300 more are not shown/));
    expect(chips()).toHaveLength(800);
  });

  it("reads why there are no tokens", async () => {
    const { server } = await open();
    server.refusesTokens = true;
    server.answer("tokenize", { code: "Internal", message: "The engine is busy.", hint: "Wait." });
    write("a");
    expect(await screen.findByText("The engine is busy. Wait.")).toBeDefined();
    await act(async () => server.state({ kind: "waiting", attempt: 1, retryInMs: 100 }));
    expect(screen.getByText("The tokens show when the server is there again.")).toBeDefined();
  });

  it("decides about the BOS token and the names of control tokens", async () => {
    const { server, person } = await open();
    const bos = screen.getByRole("switch", { name: "BOS" });
    expect(bos.getAttribute("aria-checked") ?? String((bos as HTMLInputElement).checked)).toBe("true");
    await person.click(bos);
    await person.click(screen.getByRole("switch", { name: /control tokens in the text/ }));
    await person.click(button("Run"));
    expect(startedBy(server).prompt).toMatchObject({ addBos: false, parseSpecial: true });
  });

  it("may give bare ids, and is led to the one that is none", async () => {
    const { server, person } = await open();
    await person.click(screen.getByRole("radio", { name: "Token ids" }));
    const field = await screen.findByLabelText<HTMLTextAreaElement>("Token ids of the prompt");
    expect(screen.getByText("The prompt has no tokens yet.")).toBeDefined();
    await person.type(field, "1 51x2 3");
    expect(screen.getByText(/“51x2”, at place 2, is not a token id/)).toBeDefined();
    expect(button("Run").getAttribute("disabled")).not.toBeNull();
    await person.click(button("Show it"));
    expect([field.selectionStart, field.selectionEnd]).toEqual([2, 6]);
    await person.clear(field);
    await person.type(field, "1, 512");
    expect(screen.getByText(/“512”, at place 2, is not in the vocabulary/)).toBeDefined();
    await person.clear(field);
    await person.type(field, "1, 511");
    await person.click(button("Run"));
    expect(startedBy(server).prompt).toEqual({ kind: "ids", ids: [1, 511] });
  });
});

describe("someone who writes messages", () => {
  const capabilities = aLoadedModel().info?.capabilities;

  it("sees the text that the model's template makes, its line ends included", async () => {
    if (capabilities === undefined) throw new Error("a model without capabilities");
    const { server, person } = await open({
      chatTemplate: "{{ messages }}",
      capabilities: { ...capabilities, chatTemplate: true },
    });
    server.tokensOf = () => ({ tokens: [aToken(1, "a")], rendered: "<user>\nHi\u001b" });
    await person.click(screen.getByRole("radio", { name: "Chat" }));
    await person.type(screen.getByLabelText("Message 1"), "Hi");
    await person.click(await screen.findByRole("button", { name: "Show the text it makes" }));
    expect(screen.getByRole("region", { name: "Text of the chat template" }).textContent).toBe(
      "<user>↵\nHi␛",
    );
  });

  it("can change the template, and go back to the model's own", async () => {
    if (capabilities === undefined) throw new Error("a model without capabilities");
    const { server, person } = await open({
      chatTemplate: "of the model",
      capabilities: { ...capabilities, chatTemplate: true },
    });
    await person.click(screen.getByRole("radio", { name: "Chat" }));
    const own = await screen.findByRole("switch", { name: "own chat template" });
    await person.click(own);
    await person.type(screen.getByLabelText("Chat template (Jinja)"), " and mine");
    await person.click(button("Run"));
    expect(startedBy(server).prompt).toMatchObject({ chatTemplate: "of the model and mine" });
    await person.click(own);
    await waitFor(() => expect(lastOf(server, "tokenize")?.prompt).not.toHaveProperty("chatTemplate"));
  });

  it("needs a template of their own where the model has none", async () => {
    const { server, person } = await open();
    await person.click(screen.getByRole("radio", { name: "Chat" }));
    expect(screen.getByText("This model has no chat template: write one, or use plain text.")).toBeDefined();
    await person.click(await screen.findByRole("switch", { name: "own chat template" }));
    await person.click(button("Run"));
    expect(startedBy(server).prompt).toMatchObject({ chatTemplate: expect.stringContaining("<|im_start|>") });
  });

  it("can put them in another order", async () => {
    const { server, person } = await open();
    await person.click(screen.getByRole("radio", { name: "Chat" }));
    await person.type(screen.getByLabelText("Message 1"), "first");
    await person.click(button("Add a message"));
    await person.type(screen.getByLabelText("Message 2"), "second");
    await person.click(button("Move message 2 up"));
    await waitFor(() =>
      expect(lastOf(server, "tokenize")?.prompt).toMatchObject({
        messages: [{ content: "second" }, { content: "first" }],
      }),
    );
  });
});

describe("someone with a run in sight", () => {
  async function withRun() {
    window.location.hash = "#/run/1";
    const opened = await open();
    opened.server.tokensOf = () => ({ tokens: [aToken(100, "Once"), aToken(101, " upon")] });
    await act(async () => {
      opened.server.started(1, { seed: 77 });
      opened.server.steps(1, [
        aStep(0, "Once", { isPrompt: true, rawLogprob: undefined }),
        aStep(1, " upon", { isPrompt: true, rawLogprob: Math.log(0.25) }),
        aStep(2, " a"),
      ]);
    });
    return opened;
  }

  it("reads the surprisal of each token of the same prompt, and none of another", async () => {
    const { server } = await withRun();
    write("Once upon");
    await waitFor(() => expect(chips()).toEqual(["Once—", "␣upon2.0"]));
    expect(screen.getByText(/2\.00 bits per token, perplexity 4\.0/)).toBeDefined();
    server.tokensOf = () => ({ tokens: [aToken(100, "Once"), aToken(9, " more")] });
    write("Once more");
    await waitFor(() => expect(chips()).toEqual(["Once", "␣more"]));
  });

  it("takes the seed that it drew with", async () => {
    const { server, person } = await withRun();
    await act(async () => server.phase(1, { kind: "finished", finished: kFinished }));
    await person.click(button("Use its seed again"));
    await person.click(button("Run"));
    expect(startedBy(server).seed).toBe(77);
  });

  it("is told why a step can't be taken, and pauses to take it", async () => {
    const { server, person, commands } = await withRun();
    const step = () => commands.store.getState().all.find(({ id }) => id === "run.step");
    expect(step()?.obstacle).toBe("Pause the run first.");
    expect(button("Step").getAttribute("disabled")).not.toBeNull();
    await person.click(button("Pause"));
    await act(async () => server.phase(1, { kind: "paused", reason: "asked" }));
    expect(step()?.obstacle).toBeUndefined();
    await act(async () => step()?.run());
    expect(server.requests).toContainEqual({ kind: "stepOnce", run: 1 });
  });

  it("has the stopped run go on with the chain in the editor, and reads why it is refused", async () => {
    const { server, studio, person } = await withRun();
    await act(async () => server.phase(1, { kind: "paused", reason: "asked" }));
    const sampler = [{ kind: "greedy", parameters: {} }] as const;
    await act(async () => studio.draftRequests.ask({ sampler, opensChain: true }));
    await screen.findByRole("list", { name: "Stages of the sampler chain" }, { timeout: 5000 });
    await person.click(button("Use this chain in the stopped run"));
    expect(lastOf(server, "setSampler")).toMatchObject({ run: 1, sampler: [{ kind: "greedy" }] });
    expect(await screen.findByText("The run goes on with it.")).toBeDefined();
    server.answer("setSampler", { code: "WrongState", message: "The run is not paused.", hint: "Pause it." });
    await person.click(button("Use this chain in the stopped run"));
    expect((await screen.findByRole("alert")).textContent).toContain("not paused");
  });
});

describe("someone who sets the sampler", () => {
  const stages = () =>
    within(screen.getByRole("list", { name: "Stages of the sampler chain" })).getAllByRole("listitem");
  const sentKinds = (server: Server) => startedBy(server).sampler?.map(({ kind }) => kind);

  async function withChain(server = new Server()) {
    const opened = await open({}, server);
    await opened.person.click(toggle("Sampler chain"));
    await screen.findByRole("list", { name: "Stages of the sampler chain" });
    return opened;
  }

  it("sees the chain in a line, and each stage with its parameters when it is opened", async () => {
    await withChain();
    expect(screen.getByRole("region", { name: "Sampler chain" }).textContent).toContain(
      "top-k 40 → top-p 0.95 → min-p 0.05 → temperature 0.8 → random draw",
    );
    expect(stages()).toHaveLength(5);
  });

  it("moves a stage by Alt and an arrow key, and sends the chain in that order", async () => {
    const { server, person } = await withChain();
    const [first] = stages();
    if (first === undefined) throw new Error("no stage");
    within(first).getByRole("switch", { name: "top-k" }).focus();
    await person.keyboard("{Alt>}{ArrowDown}{/Alt}");
    expect(screen.getByText("top-k is stage 2 of 5.")).toBeDefined();
    expect(document.activeElement).toBe(screen.getByRole("switch", { name: "top-k" }));
    await person.keyboard("{Alt>}{ArrowDown}{ArrowDown}{ArrowDown}{/Alt}");
    await person.click(button("Run"));
    expect(sentKinds(server)).toEqual(["topP", "minP", "temperature", "topK", "distribution"]);
  });

  it("moves a stage by its buttons, too, but not past the one that chooses", async () => {
    const { server, person } = await withChain();
    expect(button("Move temperature down").getAttribute("disabled")).not.toBeNull();
    expect(screen.queryByRole("button", { name: "Move random draw up" })).toBeNull();
    await person.click(button("Move temperature up"));
    await person.click(button("Run"));
    expect(sentKinds(server)).toEqual(["topK", "topP", "temperature", "minP", "distribution"]);
  });

  it("drags a stage to another place; what is let go elsewhere goes back", async () => {
    const { server, person } = await withChain();
    const dataTransfer = { setData: () => undefined };
    const handle = () => stages()[0]?.querySelector("[draggable]");
    const drag = async (drop: boolean) => {
      const from = handle();
      if (from === undefined || from === null) throw new Error("no handle");
      fireEvent.dragStart(from, { dataTransfer });
      const target = stages()[2];
      if (target === undefined) throw new Error("no stage");
      fireEvent.dragOver(target);
      if (drop) fireEvent.drop(target);
      fireEvent.dragEnd(from);
    };
    await drag(false);
    await person.click(button("Run"));
    expect(sentKinds(server)).toEqual(["topK", "topP", "minP", "temperature", "distribution"]);
    await drag(true);
    await person.click(button(/Run|Queue/));
    expect(sentKinds(server)).toEqual(["topP", "minP", "topK", "temperature", "distribution"]);
  });

  it("adds, switches off and removes stages", async () => {
    const { server, person } = await withChain();
    await person.selectOptions(screen.getByLabelText("Stage to add"), "XTC");
    await person.click(button("Add"));
    await person.type(screen.getByLabelText("threshold"), "0.2");
    await person.click(screen.getByRole("switch", { name: "min-p" }));
    await person.click(button("Remove top-p"));
    await person.click(button("Run"));
    expect(startedBy(server).sampler).toEqual([
      { kind: "topK", parameters: { k: 40 } },
      { kind: "xtc", parameters: { threshold: 0.2 } },
      { kind: "temperature", parameters: { temperature: 0.8 } },
      { kind: "distribution", parameters: {} },
    ]);
  });

  it("chooses which stage chooses, and sees its own parameters", async () => {
    const { server, person } = await withChain();
    await person.selectOptions(screen.getByLabelText("The stage that chooses"), "mirostat 2");
    await person.type(screen.getByLabelText("tau"), "3");
    await person.click(button("Run"));
    expect(startedBy(server).sampler?.at(-1)).toEqual({ kind: "mirostat2", parameters: { tau: 3 } });
  });

  it("reads what a stage and each parameter do", async () => {
    const { person } = await withChain();
    await person.click(button("Explain min-p"));
    expect(screen.getByText(/Removes candidates less likely than p times/)).toBeDefined();
    expect(screen.getByText(/The share of the best token’s probability/)).toBeDefined();
  });

  it("is kept from running with a number that is none", async () => {
    const { person } = await open();
    await person.type(screen.getByLabelText("Top-k"), "x");
    expect(screen.getByText(/Correct the settings first. k: A whole number/)).toBeDefined();
    expect(button("Run").getAttribute("disabled")).not.toBeNull();
  });

  it("sees the engine's complaint at the stage it is about", async () => {
    const server = new Server();
    server.errorsOf = (sampler) => {
      const stage = sampler.findIndex(({ kind }) => kind === "minP");
      return [{ code: "InvalidArgument", message: "p is 1.", hint: "Give less.", stage }];
    };
    const { person } = await withChain(server);
    const stage = () => screen.getByRole("switch", { name: "min-p" }).closest("li");
    await waitFor(() => expect(stage()?.textContent).toContain("p is 1. Give less."));
    expect(toggle("Sampler chain").textContent).toContain("1 fault");
    await person.click(button("Move min-p up"));
    expect(stage()?.textContent).toContain("p is 1.");
  });

  it("sees a fault of the grammar at its line, and goes there", async () => {
    const server = new Server();
    const grammar = 'root ::= "é"\nitem := "x"\n';
    server.errorsOf = (sampler) => {
      const stage = sampler.findIndex(({ kind }) => kind === "grammar");
      if (stage === -1 || sampler[stage]?.grammar !== grammar) return [];
      // In bytes: é takes two.
      return [{ code: "BadGrammar", message: "expecting ::=", hint: undefined, stage, offset: 19 }];
    };
    const { person } = await withChain(server);
    await person.selectOptions(screen.getByLabelText("Stage to add"), "grammar");
    await person.click(button("Add"));
    expect(screen.queryByText(/the run then fails/)).toBeNull();
    await person.click(button("Move grammar down"));
    expect(screen.getByText(/the run then fails/)).toBeDefined();
    const field = screen.getByLabelText<HTMLTextAreaElement>("Grammar");
    fireEvent.change(field, { target: { value: grammar } });
    expect(await screen.findByText(/Line 2, column 6: expecting ::=/)).toBeDefined();
    expect(field.getAttribute("aria-invalid")).toBe("true");
    await person.click(button("Go there"));
    expect(field.value.slice(field.selectionStart, field.selectionEnd)).toBe(":");
    await person.click(screen.getByRole("radio", { name: "JSON schema" }));
    await waitFor(() => expect(screen.queryByText(/expecting/)).toBeNull());
    await person.click(button("Run"));
    const sent = startedBy(server).sampler?.find(({ kind }) => kind === "grammar");
    expect(JSON.parse(sent?.jsonSchema ?? "")).toMatchObject({ type: "object" });
  });

  it("bans a token that they find by its text", async () => {
    const { server, person } = await withChain();
    server.tokensOf = wordsOf;
    await person.selectOptions(screen.getByLabelText("Stage to add"), "logit bias");
    await person.click(button("Add"));
    await person.type(screen.getByLabelText("Token to bias"), "cat");
    await person.click(await screen.findByRole("button", { name: /Add cat/ }));
    await person.click(button("Run"));
    expect(startedBy(server).sampler?.find(({ kind }) => kind === "logitBias")?.biases).toEqual([
      { id: 100, bias: Number.NEGATIVE_INFINITY },
    ]);
  });

  it("starts from a preset, and keeps a chain of their own under a name", async () => {
    const { server, person } = await withChain();
    await person.selectOptions(screen.getByLabelText("Chain to start from"), "Greedy");
    await person.click(button("Save as preset"));
    await person.type(screen.getByLabelText("Name of the preset"), "mine{Enter}");
    await person.selectOptions(screen.getByLabelText("Chain to start from"), "Precise");
    await person.selectOptions(screen.getByLabelText("Chain to start from"), "mine");
    await person.click(button("Run"));
    expect(sentKinds(server)).toEqual(["greedy"]);
    await person.click(button("Forget “mine”"));
    expect(screen.queryByRole("option", { name: "mine" })).toBeNull();
  });

  it("copies the chain as text, and pastes another", async () => {
    const { server, person } = await withChain();
    await person.click(button("As text"));
    const field = screen.getByLabelText<HTMLTextAreaElement>("The chain as JSON");
    expect(field.value).toContain('{"kind":"topK","k":40}');
    await person.click(button("Copy"));
    expect(await navigator.clipboard.readText()).toBe(field.value);
    fireEvent.change(field, { target: { value: '[{"kind":"top_k"}]' } });
    await person.click(button("Take this text"));
    expect(screen.getByText(/exactly one stage that chooses/)).toBeDefined();
    fireEvent.change(field, { target: { value: '[{"kind":"top_k","k":3},{"kind":"Greedy"}]' } });
    await person.click(button("Take this text"));
    await person.click(button("Run"));
    expect(startedBy(server).sampler).toEqual([
      { kind: "topK", parameters: { k: 3 } },
      { kind: "greedy", parameters: {} },
    ]);
  });

  it("gets the settings that another view proposes", async () => {
    const { server, studio, person } = await open();
    await act(async () =>
      studio.draftRequests.ask({
        sampler: [
          { kind: "temperature", parameters: { temperature: 0.300000012 } },
          { kind: "distribution", parameters: {} },
        ],
        seed: 5,
      }),
    );
    expect(screen.getByLabelText<HTMLInputElement>("Temperature").value).toBe("0.3");
    await person.click(button("Run"));
    expect(startedBy(server)).toMatchObject({
      seed: 5,
      sampler: [{ kind: "temperature" }, { kind: "distribution" }],
    });
  });
});

describe("someone who sets limits", () => {
  it("sends them with the run, escapes read", async () => {
    const { server, person } = await open();
    await person.click(toggle("Limits"));
    fireEvent.change(await screen.findByLabelText(/^Stop strings/), { target: { value: "\\n\\n\nEND" } });
    expect(screen.getByText("↵↵")).toBeDefined();
    await person.type(screen.getByLabelText("Time limit, seconds"), "2.5");
    await person.type(screen.getByLabelText("Candidates recorded per token"), "10");
    await person.click(screen.getByRole("switch", { name: "go on after the end of text" }));
    await person.click(button("Start paused"));
    expect(startedBy(server)).toMatchObject({
      startPaused: true,
      limits: { nPredict: 256, timeMs: 2500, stop: ["\n\n", "END"], ignoreEos: true },
      capture: { nCandidates: 10 },
    });
  });
});

describe("someone who comes back", () => {
  it("finds the draft, the settings and the open parts as they were left", async () => {
    const { person } = await open();
    write("kept for later");
    await person.clear(screen.getByLabelText("Top-k"));
    await person.type(screen.getByLabelText("Top-k"), "7");
    await person.click(toggle("Limits"));
    cleanup();
    await open();
    expect(screen.getByLabelText<HTMLTextAreaElement>("Prompt text").value).toBe("kept for later");
    expect(screen.getByLabelText<HTMLInputElement>("Top-k").value).toBe("7");
    expect(toggle("Limits").getAttribute("aria-expanded")).toBe("true");
  });

  it("finds the last prompts, and takes one again", async () => {
    const { person } = await open();
    write("the first one");
    await person.click(button("Run"));
    write("something else");
    await person.click(await screen.findByRole("button", { name: "History …" }));
    await person.click(screen.getByRole("button", { name: /the first one/ }));
    expect(screen.getByLabelText<HTMLTextAreaElement>("Prompt text").value).toBe("the first one");
  });

  it("tries a prompt that the model brings, and reads what to look at", async () => {
    const { person } = await open({
      examples: [
        {
          title: "Counting",
          prompt: { kind: "text", text: "one two three", parseSpecial: false },
          note: "Look at the entropy.",
        },
      ],
    });
    await person.click(await screen.findByRole("button", { name: "Try …" }));
    await person.click(screen.getByRole("button", { name: /Counting/ }));
    expect(screen.getByLabelText<HTMLTextAreaElement>("Prompt text").value).toBe("one two three");
    expect(screen.getByText(/Look at the entropy/)).toBeDefined();
  });
});

describe("the composer's commands", () => {
  it("run the prompt, and say why they can't", async () => {
    const { server, commands } = await open();
    const command = (id: string) => commands.store.getState().all.find((one) => one.id === id);
    expect(command("run.stop")?.obstacle).toBe("No run is under way.");
    await act(async () => command("run.startPaused")?.run());
    expect(startedBy(server)).toMatchObject({ startPaused: true, model: asModelId(1) });
    await act(async () => server.started(1));
    expect(server.followed.has(asRunId(1))).toBe(true);
    await act(async () => command("run.stop")?.run());
    expect(server.requests).toContainEqual({ kind: "stop", run: 1 });
  });

  it("lead to the prompt", async () => {
    const { commands } = await open();
    await act(async () =>
      commands.store
        .getState()
        .all.find(({ id }) => id === "prompt.focus")
        ?.run(),
    );
    expect(document.activeElement).toBe(screen.getByLabelText("Prompt text"));
  });
});
