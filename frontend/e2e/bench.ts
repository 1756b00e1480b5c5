// npm run bench: prints the table of budgets as docs/performance.md holds it.
// 100,000 tokens come from the fake server, which is faster than any engine;
// the rest from the real one, where INFERNO_BIN and INFERNO_E2E_MODEL name it.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { LineLayout, type ShapedTokens, type TokenShape } from "../src/features/stream/line-layout";
import { launch, openStudio, type Studio } from "./support/browser";
import { EngineClient } from "./support/engine-client";
import { FakeServer } from "./support/fake-server";
import {
  clickToInspector,
  delays,
  fetchedBytes,
  quantile,
  type Seen,
  traceTasks,
  watchNewest,
} from "./support/measure";
import { startServer } from "./support/server";

const kTokens = 100_000;
const kPreload = 95_000;
const kPerSecond = 200;
/** The first seconds show the preloaded tokens; then it is measured. */
const kSettleTokens = 600;
const kVocabulary = 128_256;

interface Row {
  readonly what: string;
  readonly budget: string;
  readonly measured: string;
  readonly isKept: boolean;
}

const rows: Row[] = [];
let browser: Browser;

beforeAll(async () => {
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  const table = tableOf(rows);
  console.log(`\n${table}`);
  const file = process.env["INFERNO_BENCH_OUT"];
  if (file !== undefined) writeFileSync(file, table);
});

function note(what: string, budget: string, measured: string, isKept: boolean): void {
  rows.push({ what, budget, measured, isKept });
}

function tableOf(all: readonly Row[]): string {
  const lines = all.map(
    ({ what, budget, measured, isKept }) =>
      `| ${what} | ${budget} | ${measured} | ${isKept ? "yes" : "no"} |`,
  );
  return ["| what | budget | measured | kept |", "|---|---|---|---|", ...lines, ""].join("\n");
}

const ms = (value: number) => `${value.toFixed(value < 10 ? 2 : 0)} ms`;

async function openRun(url: string, run: number): Promise<Studio> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 } });
  const { href } = new URL(`#/run/${run}`, url);
  return openStudio(context, href);
}

it(`${kTokens} tokens at ${kPerSecond} a second`, async () => {
  const sent: Seen[] = [];
  const server = new FakeServer({
    tokensPerSecond: kPerSecond,
    isLean: true,
    preloadTokens: kPreload,
    nVocab: kVocabulary,
    onSent: (index, atMs) => sent.push({ index, atMs }),
  });
  const url = await server.listen();
  const client = new EngineClient(url);
  await client.ready();

  const first = await browser.newContext();
  const bytes = await fetchedBytes(first, async () => {
    const { page } = await openStudio(first, url);
    await page.waitForLoadState("networkidle");
  });
  await first.close();

  const model = await client.load("/models/fake-1M.gguf");
  const reply = await client.ask({
    kind: "startRun",
    start: {
      model,
      prompt: { kind: "text", text: "Once", parseSpecial: false },
      sampler: [],
      limits: { nPredict: kTokens },
      seed: undefined,
      startPaused: false,
    },
  });
  if (reply.kind !== "runQueued") throw new Error(reply.kind);
  const { page, faults, mainThreadMs } = await openRun(url, reply.run);
  const begin = kPreload + kSettleTokens;
  await page.waitForFunction((index) => {
    const options = document.querySelectorAll("[role=listbox] [role=option]");
    return Number(options[options.length - 1]?.getAttribute("data-index")) >= index;
  }, begin);

  const seen = await watchNewest(page);
  const beforeMs = await mainThreadMs();
  const fromSent = sent.length;
  const tasks = await traceTasks(browser, async () => {
    await page.getByText("The token limit was reached.").first().waitFor({ timeout: 120_000 });
  });
  const nTokens = kTokens - (sent[fromSent]?.index ?? 0);
  const msPerToken = ((await mainThreadMs()) - beforeMs) / nTokens;
  const nodes = await page.evaluate(() => document.querySelectorAll("*").length);
  const shown = delays(sent.slice(fromSent, -1), await seen());
  const clicks: number[] = [];
  for (let nth = 40; nth < 240; nth += 20) clicks.push(await clickToInspector(page, nth));

  note("token to pixel, p95", "50 ms", ms(quantile(shown, 0.95)), quantile(shown, 0.95) <= 50);
  note(`main thread per token at ${kPerSecond} tokens/s`, "2 ms", ms(msPerToken), msPerToken <= 2);
  note(
    "tasks over 50 ms of processor time",
    "0",
    `${tasks.longByProcessor} (longest ${ms(tasks.longestProcessorMs)})`,
    tasks.longByProcessor === 0,
  );
  note("tasks over 50 ms by the wall clock", "0", `${tasks.longByWall}`, tasks.longByWall === 0);
  note(
    `DOM nodes at ${kTokens.toLocaleString("en-US")} tokens`,
    "3,000",
    nodes.toLocaleString("en-US"),
    nodes <= 3000,
  );
  note("click to inspector, p95", "100 ms", ms(quantile(clicks, 0.95)), quantile(clicks, 0.95) <= 100);
  note("first load, gzip", "250 kB", `${(bytes / 1000).toFixed(0)} kB`, bytes <= 250_000);
  expect(shown.length).toBeGreaterThan(1000);
  expect(faults).toEqual([]);
  await page.context().close();
  client.close();
  await server.close();
});

it("wrapping anew", () => {
  const shapes: TokenShape[] = Array.from({ length: 997 }, (_, index) => ({
    headWidth: 6 + ((index * 37) % 60),
    tailWidth: 0,
    nLineEnds: index % 89 === 0 ? 1 : 0,
    leadingSpaceWidth: index % 3 === 0 ? 4.5 : 0,
    startsWord: index % 3 === 0,
    endsWord: false,
  }));
  const none: TokenShape = {
    headWidth: 0,
    tailWidth: 0,
    nLineEnds: 0,
    leadingSpaceWidth: 0,
    startsWord: true,
    endsWord: true,
  };
  const tokens: ShapedTokens = {
    length: kTokens,
    settledLength: kTokens,
    shape: (index) => shapes[index % 997] ?? none,
  };
  const layout = new LineLayout();
  layout.update(tokens, 880);
  const times = Array.from({ length: 21 }, (_, round) => {
    const began = performance.now();
    layout.update(tokens, 600 + round * 10);
    return performance.now() - began;
  });
  const median = quantile(times, 0.5);
  note(`wrap ${kTokens.toLocaleString("en-US")} tokens anew, median`, "10 ms", ms(median), median <= 10);
  expect(layout.lineCount).toBeGreaterThan(1000);
});

/** A run of the real server's model, watched by a page from its beginning. */
async function realRun(name: string, nPredict: number): Promise<void> {
  const server = await startServer();
  const client = new EngineClient(server.url);
  try {
    await client.ready();
    const path = resolve(process.env["INFERNO_E2E_MODEL"] ?? "");
    const model = await client.load(path);
    const context = await browser.newContext({ viewport: { width: 1280, height: 720 } });
    const { page, faults, mainThreadMs } = await openStudio(context, server.url);
    const reply = await client.ask({
      kind: "startRun",
      start: {
        model,
        prompt: { kind: "text", text: "Once upon a time", parseSpecial: false },
        sampler: [{ kind: "distribution", parameters: { seed: 7 } }],
        limits: { nPredict, ignoreEos: true },
        seed: 7,
        startPaused: true,
      },
    });
    if (reply.kind !== "runQueued") throw new Error(reply.kind);
    const { run } = reply;
    await page.evaluate((id) => {
      window.location.hash = `#/run/${id}`;
    }, run);
    await page.locator("[role=option]").first().waitFor();
    const beforeMs = await mainThreadMs();
    const speed = page.getByText(/tok\/s in /).first();
    const tasks = await traceTasks(browser, async () => {
      await client.ask({ kind: "resume", run });
      await speed.waitFor({ timeout: 120_000 });
    });
    const words = (await speed.textContent()) ?? "";
    const msPerToken = ((await mainThreadMs()) - beforeMs) / nPredict;
    note(`${name}: speed of the engine while watched`, "—", words, true);
    note(`${name}: main thread per token`, "2 ms", ms(msPerToken), msPerToken <= 2);
    note(
      `${name}: tasks over 50 ms of processor time`,
      "0",
      `${tasks.longByProcessor} (longest ${ms(tasks.longestProcessorMs)})`,
      tasks.longByProcessor === 0,
    );
    expect(faults).toEqual([]);
    await context.close();
  } finally {
    client.close();
    await server.stop();
  }
}

const { INFERNO_BIN: binary, INFERNO_E2E_MODEL: smallModel } = process.env;
const hasEngine = binary !== undefined && smallModel !== undefined;

it.skipIf(!hasEngine)("a small model at full speed", () => realRun("small model at full speed", 400));

it.skipIf(!hasEngine)("a large vocabulary", async () => {
  const folder = mkdtempSync(join(tmpdir(), "inferno-bench-"));
  const path = join(folder, "large-vocabulary.gguf");
  const arguments_ = [
    "--vocab-size",
    String(kVocabulary),
    "--embd",
    "64",
    "--layers",
    "2",
    "--ctx",
    "1024",
    "-o",
    path,
  ];
  execFileSync(join(dirname(resolve(binary ?? "")), "make-model"), arguments_);
  process.env["INFERNO_E2E_MODEL"] = path;
  try {
    await realRun(`vocabulary of ${kVocabulary.toLocaleString("en-US")}`, 400);
  } finally {
    process.env["INFERNO_E2E_MODEL"] = smallModel;
    rmSync(folder, { recursive: true, force: true });
  }
});
