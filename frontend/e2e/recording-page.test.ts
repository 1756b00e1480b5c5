// An exported page, opened from disk: what it shows is what the server sent, and it
// asks nothing of anyone.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import AxeBuilder from "@axe-core/playwright";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunId } from "../src/base/brand";
import { decodeWithEscapes } from "../src/base/utf8";
import type { StepDetail } from "../src/protocol/types";
import { launch, readTokens } from "./support/browser";
import { EngineClient } from "./support/engine-client";
import { startServer, type TestServer } from "./support/server";

const { INFERNO_BIN: binary, INFERNO_E2E_MODEL: model, INFERNO_DIST: dist } = process.env;
const kHostile = `</script><script>document.title="taken"</script><img src=x onerror="document.title='taken'">`;
const kPrompt = `Once upon a time <b>there</b> ${kHostile}`;

interface Recorded {
  readonly run: RunId;
  readonly steps: readonly StepDetail[];
}

let folder: string;
let server: TestServer;
let browser: Browser;
let recorded: Recorded;
let file: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "inferno-e2e-page-"));
  server = await startServer({ dataFolder: folder });
  recorded = await recordRun(server);
  file = join(folder, "session.html");
  exportSession(file);
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function recordRun({ url }: TestServer): Promise<Recorded> {
  const client = new EngineClient(url);
  await client.ready();
  const run = await client.start({
    model: await client.load(resolve(model ?? "")),
    prompt: { kind: "text", text: kPrompt, parseSpecial: false },
    sampler: [
      { kind: "topK", parameters: { k: 40 } },
      { kind: "temperature", parameters: { temperature: 0.8 } },
      { kind: "distribution", parameters: {} },
    ],
    seed: 7,
    limits: { nPredict: 60, ignoreEos: true },
    startPaused: false,
  });
  const { steps } = await client.finished(run);
  await client.ask({ kind: "updateRun", run, label: { title: kHostile, note: kHostile, tags: [kHostile] } });
  client.close();
  return { run, steps };
}

/** What is shown of the session in the first page of the list. */
function exportSession(to: string): void {
  const config = join(folder, "inferno.toml");
  writeFileSync(config, dist === undefined ? "" : `[server]\nui = ${JSON.stringify(dist)}\n`);
  const options = ["--data-dir", folder, "--config", config];
  const { status, stderr } = spawnSync(resolve(binary ?? ""), ["sessions", "export", "1", to, ...options], {
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  expect(status).toBe(0);
}

interface Opened {
  readonly page: Page;
  /** Everything the page asked for besides itself. */
  readonly requests: string[];
  readonly faults: string[];
}

async function open(context: BrowserContext, hash = ""): Promise<Opened> {
  const page = await context.newPage();
  const requests: string[] = [];
  const faults: string[] = [];
  const address = pathToFileURL(file).href;
  page.on("request", (request) => {
    // A worker and a font from the page's own text are no requests.
    if (!request.url().startsWith(address) && !/^(?:blob|data):/.test(request.url()))
      requests.push(request.url());
  });
  page.on("websocket", (socket) => requests.push(socket.url()));
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (line) => {
    if (line.type() === "error" || line.type() === "warning") faults.push(line.text());
  });
  await page.goto(address + hash);
  await page.getByRole("option").first().waitFor();
  return { page, requests, faults };
}

async function withPage(then: (page: Page) => Promise<void>, hash = ""): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, offline: true });
  const { page, requests, faults } = await open(context, hash);
  await then(page);
  expect(requests).toEqual([]);
  expect(faults).toEqual([]);
  expect(await page.title()).toBe(`${kHostile} · Inferno`);
  await context.close();
}

const inspector = (page: Page) => page.getByRole("region", { name: "Inspector", exact: true });

describe.skipIf(binary === undefined || model === undefined)(
  "someone who is sent a recording as a page",
  () => {
    it("reads every token, without any request", async () => {
      console.log(`${statSync(file).size} bytes for ${recorded.steps.length} tokens`);
      await withPage(async (page) => {
        await expect.poll(() => page.getByText("The token limit was reached.").count()).toBe(1);
        const shown = await readTokens(page);
        expect(shown.map(({ index }) => index)).toEqual(recorded.steps.map((_, index) => index));
        const words = (text: string) => text.replaceAll(/[\s↵]/g, "");
        for (const { index, text } of shown) {
          const token = recorded.steps[index]?.token;
          if (token?.isText !== true) continue;
          expect(words(text), `token ${index}`).toBe(words(decodeWithEscapes(token.bytes)));
        }
      });
    });

    it("selects a token and sees the candidates that the server told", async () => {
      const { steps } = recorded;
      const step = steps.at(-5);
      if (step === undefined) throw new Error("too few tokens");
      await withPage(async (page) => {
        const rows = inspector(page).locator("table").last().locator("tbody tr");
        await inspector(page)
          .getByRole("row", { name: /\(chosen\)/ })
          .waitFor();
        await inspector(page)
          .getByRole("button", { name: /^Show \d+ more/ })
          .click();
        const titles = await rows
          .locator("th")
          .evaluateAll((cells) => cells.map((cell) => cell.getAttribute("title")));
        const ids = titles.flatMap((title) => /^token (-?\d+)/.exec(title ?? "")?.[1] ?? []).map(Number);
        expect(ids).toEqual(step.candidates.map(({ token }) => token.id));
        const text = await inspector(page).innerText();
        expect(text).toContain(`${step.rank} of `);
        expect(text).not.toContain("NaN");
      }, `#/run/${recorded.run}/${step.position}`);
    });

    it("asks what if, and is offered nothing that needs a model", async () => {
      await withPage(async (page) => {
        await page
          .getByRole("option")
          .nth(recorded.steps.length - 8)
          .click();
        const temperature = inspector(page).getByRole("slider", { name: /Temperature/ });
        for (let i = 0; i < 12; ++i) await temperature.press("ArrowRight");
        await inspector(page)
          .getByText(/of 60 tokens would have come out/)
          .waitFor();
        await inspector(page).getByText("what if", { exact: true }).first().waitFor();
        expect(await page.getByRole("button", { name: /next run|in a new run/ }).count()).toBe(0);
        expect(await inspector(page).getByRole("button", { disabled: true }).allTextContents()).toEqual([]);
      });
    });

    it("sees the timeline drawn", async () => {
      await withPage(async (page) => {
        const canvas = page.getByRole("region", { name: "Timeline" }).locator("canvas").first();
        const nColours = () =>
          canvas.evaluate((element) => {
            const { width, height } = element as HTMLCanvasElement;
            const data = (element as HTMLCanvasElement)
              .getContext("2d")
              ?.getImageData(0, 0, width, height).data;
            return new Set(new Uint32Array(data?.buffer ?? new ArrayBuffer(0))).size;
          });
        await expect.poll(nColours).toBeGreaterThan(4);
      });
    });

    it("finds text, by a worker that the page carries in itself", async () => {
      await withPage(async (page) => {
        await page.keyboard.press("Control+f");
        await page.getByRole("textbox", { name: "Find in the text" }).fill("upon");
        await page
          .getByText(/^\d+ of \d+$|^1 match|matches$/)
          .first()
          .waitFor();
      });
    });

    it("reads hostile titles and tokens as text", async () => {
      await withPage(async (page) => {
        expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe(kHostile);
        const aside = page.getByRole("complementary", { name: "Runs" });
        expect(await aside.getByText(kHostile, { exact: true }).count()).toBe(2);
        expect(await page.locator("img, iframe, script:not([type])").count()).toBe(1);
        expect(await page.locator("body script[type]").count()).toBe(0);
      });
    });

    it.each(["dark", "light"] as const)(
      "chooses the %s theme; nothing in it is out of reach",
      async (theme) => {
        await withPage(async (page) => {
          await page.getByRole("radio", { name: theme === "dark" ? "Dark" : "Light" }).check({ force: true });
          expect(await page.evaluate(() => document.documentElement.dataset["theme"])).toBe(theme);
          await page.getByRole("option").nth(20).click();
          await inspector(page).getByRole("heading", { name: "Candidates" }).waitFor();
          const { violations } = await new AxeBuilder({ page }).analyze();
          expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
        });
      },
    );

    it("has one panel at a time in a narrow window", async () => {
      await withPage(async (page) => {
        await page.setViewportSize({ width: 420, height: 800 });
        await page.getByRole("tab", { name: "Inspector" }).click();
        await inspector(page).waitFor();
        await page.getByRole("tab", { name: "Timeline" }).click();
        await page.getByRole("region", { name: "Timeline" }).waitFor();
      });
    });
  },
);
