// Whatever a model says of itself, or says at all, is text: in a real browser, through the real server.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { launch, openStudio } from "./support/browser";
import { kMustBeWritten, kPayloads, kUnseen } from "./support/payloads";
import { startServer, type TestServer } from "./support/server";

const kTools = resolve(import.meta.dirname, "../../tools/robustness");
/** The first of the payloads' tokens: tools/robustness/hostile-names. */
const kFirstToken = 300;
const kFileName = `<img src=x onerror=window.wasHit=1>\u202egpj.gguf`;

let folder: string;
let server: TestServer;
let browser: Browser;
let context: BrowserContext;
let run: number;
let happened: string[];
/** The test itself opens a page just now. */
let isOpening: boolean;

/** A request over a connection of its own; what `isAnswer` says yes to. */
function ask(
  type: string,
  body: object,
  answers: readonly string[],
  envelope: object = {},
): Promise<unknown> {
  const { host, searchParams } = new URL(server.url);
  const token = searchParams.get("token") ?? "";
  const socket = new WebSocket(`ws://${host}/ws`, ["inferno.v1.json", `inferno.token.${token}`]);
  return new Promise((found, failed) => {
    socket.on("error", failed);
    socket.on("open", () => socket.send(JSON.stringify({ request: 1, body_type: type, body, ...envelope })));
    socket.on("message", (data) => {
      const message = JSON.parse(String(data));
      if (message.body_type !== "Error" && !answers.includes(message.body_type)) return;
      socket.close();
      if (message.body_type === "Error") failed(new Error(JSON.stringify(message.body)));
      else found(message);
    });
  });
}

async function record(): Promise<number> {
  const path = join(folder, kFileName);
  const loaded = (await ask("LoadModel", { path }, ["ModelLoaded"])) as { body: { model: number } };
  const ids = kPayloads.map((_, index) => kFirstToken + index);
  const prompt = { ids };
  const limits = { n_predict: 60, ignore_eos: true };
  const capture = { n_candidates: 20 };
  const start = { model: loaded.body.model, prompt, limits, capture };
  const finished = (await ask("StartRun", start, ["Finished"])) as { run: number };
  const about = {
    run: finished.run,
    title: kUnseen.join(""),
    note: kPayloads.join("\n"),
    tags: [...kPayloads.slice(0, 10), ...kUnseen.slice(0, 10)],
  };
  await ask("UpdateRun", about, ["Ok"]);
  return finished.run;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "inferno-hostile-text-"));
  const binary = process.env["INFERNO_BIN"] ?? "";
  execFileSync(join(kTools, "hostile-names"), [join(folder, kFileName)], {
    input: JSON.stringify(kPayloads),
    env: { ...process.env, INFERNO_BIN: dirname(resolve(binary)) },
  });
  server = await startServer({ dataFolder: join(folder, "data"), modelFolder: folder });
  browser = await launch();
  run = await record();
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  happened = [];
  isOpening = false;
  context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const { origin } = new URL(server.url);
  context.on("request", (request) => {
    if (!request.url().startsWith(origin)) happened.push(`a request: ${request.url()}`);
  });
  context.on("page", (page) => {
    if (!isOpening) happened.push(`another page: ${page.url()}`);
    page.on("dialog", (dialog) => {
      happened.push(`a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
  });
});

afterEach(() => context.close());

async function open(hash: string): Promise<Page> {
  isOpening = true;
  const { page, faults } = await openStudio(context, server.url);
  isOpening = false;
  await page.getByText("connected", { exact: true }).waitFor();
  await page.evaluate((to) => {
    window.location.hash = to;
  }, hash);
  await page.waitForTimeout(800);
  happened.push(...faults);
  return page;
}

/** Texts of a page, those of fields and scripts left out. */
function textsOf(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const texts: string[] = [];
    while (walker.nextNode() !== null) {
      const { parentElement } = walker.currentNode;
      if (parentElement?.closest("textarea, script, style") == null)
        texts.push(walker.currentNode.textContent ?? "");
    }
    return texts;
  });
}

function unseenOf(texts: readonly string[]): string[] {
  const unseen = texts.filter((text) => kMustBeWritten.test(text));
  return unseen.slice(0, 5).map((text) => `stands there unseen: ${JSON.stringify(text.slice(0, 100))}`);
}

/** What went wrong in a page that shows hostile text. */
async function faultsOf(page: Page): Promise<string[]> {
  const wasHit = await page.evaluate("window.wasHit");
  const url = new URL(page.url());
  const foreign = await page.evaluate(() =>
    [...document.querySelectorAll("iframe, object, embed, base, body script, marquee, video, portal")].map(
      (element) => element.outerHTML.slice(0, 200),
    ),
  );
  return [
    ...happened,
    ...(wasHit === undefined ? [] : ["a script of the model's ran"]),
    ...(url.origin === new URL(server.url).origin ? [] : [`the page went to ${url}`]),
    ...foreign.map((html) => `an element that is not the studio's: ${html}`),
    ...unseenOf(await textsOf(page)),
  ];
}

describe("text that would like to be more", () => {
  it("comes in two hundred kinds", () => {
    expect(kPayloads.length).toBeGreaterThanOrEqual(180);
  });

  it("stays text in the stream, whatever is pointed at", async () => {
    const page = await open(`#/run/${run}`);
    const tokens = page.getByRole("option");
    await tokens.first().waitFor();
    expect(await page.locator("body").innerText()).toContain("<script>");
    for (const index of [1, 5, 9, 14]) {
      await tokens.nth(index).hover();
      await tokens.nth(index).click();
    }
    expect(await faultsOf(page)).toEqual([]);
  });

  it("stays text in the inspector, token by token", async () => {
    for (const position of [3, kPayloads.length - 5, kPayloads.length + 7]) {
      const page = await open(`#/run/${run}/${position}`);
      expect(await faultsOf(page)).toEqual([]);
      await page.close();
    }
  });

  it("stays text in everything that is said of the model", async () => {
    const path = encodeURIComponent(join(folder, kFileName));
    for (const tab of ["overview", "load", "metadata", "tensors", "tokenizer", "template"]) {
      const page = await open(`#/run/${run}/model/${path}${tab === "overview" ? "" : `/${tab}`}`);
      await page.getByRole("dialog").waitFor();
      expect(await faultsOf(page)).toEqual([]);
      await page.close();
    }
  });

  it("stays text in a run's title, note and tags", async () => {
    const page = await open(`#/run/${run}/about/${run}`);
    await page.getByRole("dialog").waitFor();
    expect(await faultsOf(page)).toEqual([]);
  });

  it("stays text in a prompt that a person pastes", async () => {
    const page = await open("#/");
    const prompt = page.getByRole("textbox", { name: "Prompt text", exact: true });
    for (const payload of kPayloads.slice(0, 30)) await prompt.fill(payload);
    await prompt.fill(kPayloads.join("\n"));
    await page.waitForTimeout(500);
    expect(await faultsOf(page)).toEqual([]);
  });

  it("stays text in an exported page, opened from a file", async () => {
    const page = await open(`#/run/${run}`);
    const html = await page.evaluate(async (id) => (await fetch(`/export/${id}.html`)).text(), run);
    isOpening = true;
    const exported = await context.newPage();
    await exported.setContent(html);
    await exported.getByRole("option").first().waitFor();
    await exported.waitForTimeout(500);
    expect(await exported.evaluate("window.wasHit")).toBeUndefined();
    expect([...happened, ...unseenOf(await textsOf(exported))]).toEqual([]);
  });
});
