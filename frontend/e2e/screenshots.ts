// npm run screenshots: pictures of the page for the documentation, taken from
// real runs of the demo model (INFERNO_BIN as for the browser tests). The files
// are kept small: 256 colours are enough for a page of text, where there is a
// program to choose them (pngquant); without it the pictures stay as they are.
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, loadModel, openStudio, startRun, waitForEnd } from "./support/browser";
import { startServer, type TestServer } from "./support/server";

const kFolder = process.env["INFERNO_SCREENSHOTS"] ?? join(import.meta.dirname, "..", "..", "docs", "images");
/** Its name in the list. */
const kModel = "demo";
/** In the demo's story with seed 7: a name that is met for the first time, so there was a choice. */
const kToken = 17;
/** There, how a sentence goes on: some ways, that part and meet. */
const kTurn = 20;
const kWide = { width: 1440, height: 900 };

let server: TestServer;
let browser: Browser;

beforeAll(async () => {
  const modelFolder = join(tmpdir(), "models");
  mkdirSync(modelFolder, { recursive: true });
  server = await startServer({ modelFolder });
  browser = await launch();
  mkdirSync(kFolder, { recursive: true });
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

type ColorScheme = "dark" | "light";

/** A page with a finished run and a token selected that is worth a look. */
async function withRun(
  context: BrowserContext,
  then: (page: Page) => Promise<void>,
): Promise<readonly string[]> {
  const { page, faults } = await openStudio(context, server.url);
  await loadModel(page, kModel);
  await startRun(page, { maxTokens: 260, seed: 7, temperature: 0.9 });
  await waitForEnd(page);
  await page.getByRole("option").nth(kToken).click();
  await page.getByRole("heading", { name: "Candidates" }).waitFor();
  await page.mouse.move(2, 2);
  await then(page);
  return faults;
}

async function take(
  name: string,
  { colorScheme = "dark", width, height }: { colorScheme?: ColorScheme; width: number; height: number },
  prepare: (page: Page) => Promise<void> = async () => undefined,
): Promise<void> {
  const context = await browser.newContext({ colorScheme, viewport: kWide });
  const faults = await withRun(context, async (page) => {
    await page.setViewportSize({ width, height });
    await prepare(page);
    await page.waitForTimeout(300);
    const path = join(kFolder, `${name}.png`);
    await page.screenshot({ path, animations: "disabled" });
    spawnSync("pngquant", ["--force", "--skip-if-larger", "--output", path, "256", path]);
  });
  await context.close();
  expect(faults).toEqual([]);
}

const overlay = (hash: string) => async (page: Page) => {
  await page.evaluate((value) => {
    window.location.hash = value;
  }, hash);
  await page.getByRole("dialog").waitFor();
};

const details = (tab: string) => async (page: Page) => {
  await page.getByRole("button", { name: `Details of ${kModel}`, exact: true }).click();
  await page.getByRole("tab", { name: tab, exact: true }).click();
};

describe("the whole page", () => {
  it("first use", async () => {
    const context = await browser.newContext({ colorScheme: "dark", viewport: kWide });
    const { page, faults } = await openStudio(context, server.url);
    await page.getByText("connected", { exact: true }).waitFor();
    await page.waitForTimeout(300);
    await page.screenshot({ path: join(kFolder, "first-use.png") });
    await context.close();
    expect(faults).toEqual([]);
  });

  it.each([
    ["studio-dark", { colorScheme: "dark", ...kWide }],
    ["studio-light", { colorScheme: "light", ...kWide }],
    ["studio-large", { colorScheme: "dark", width: 1920, height: 1080 }],
  ] as const)("%s", (name, size) => take(name, size));

  it("studio-narrow", () => take("studio-narrow", { width: 700, height: 1100 }));
});

describe("each view", () => {
  it("inspector", () =>
    take("inspector", kWide, async (page) => {
      await page.getByRole("separator", { name: "Border of the inspector" }).focus();
      for (let i = 0; i < 12; ++i) await page.keyboard.press("ArrowLeft");
      await page.getByRole("button", { name: "Show the panel: timeline" }).click();
    }));

  it("timeline", () =>
    take("timeline", kWide, async (page) => {
      await page.getByRole("separator", { name: "Border of the timeline" }).focus();
      for (let i = 0; i < 14; ++i) await page.keyboard.press("ArrowUp");
    }));

  it("what-if", () =>
    take("what-if", kWide, async (page) => {
      const inspector = page.getByRole("region", { name: "Inspector", exact: true });
      const temperature = inspector.getByRole("slider", { name: /Temperature/ });
      await temperature.scrollIntoViewIfNeeded();
      for (let i = 0; i < 12; ++i) await temperature.press("ArrowRight");
    }));

  it("chain-editor", () =>
    take("chain-editor", kWide, async (page) => {
      const composer = page.getByRole("region", { name: "Prompt", exact: true });
      await composer.getByRole("button", { name: /^Sampler chain/ }).click();
    }));

  it("branches", () =>
    take("branches", kWide, async (page) => {
      for (const nth of [1, 2]) {
        await page
          .getByRole("button", { name: /instead, in a branch/ })
          .nth(nth)
          .click();
        const origin = page.getByRole("region", { name: "Branch", exact: true });
        await origin.waitFor();
        await waitForEnd(page);
        await origin.getByRole("link").click();
        await origin.waitFor({ state: "detached" });
      }
      await page.getByRole("tab", { name: "Branches" }).click();
      await page
        .getByText(/Δ log p/)
        .nth(1)
        .waitFor();
    }));

  it.each([
    ["explore", "Explore", kToken],
    ["tree", "Probability tree", kTurn],
  ] as const)("%s", (name, tab, token) =>
    take(name, kWide, async (page) => {
      await page.locator(`[role=option][data-index="${token}"]`).click();
      await page.getByRole("tab", { name: tab }).click();
      await page.getByText(/from position \d+, |computed in/).waitFor();
    }),
  );

  it("palette", () =>
    take("palette", kWide, async (page) => {
      await page.keyboard.press("Control+k");
      await page.getByRole("combobox", { name: "Search commands" }).waitFor();
    }));

  it("settings", () => take("settings", kWide, overlay("/settings")));
  it("shortcuts", () => take("shortcuts", kWide, overlay("/shortcuts")));
  it("model-overview", () => take("model-overview", kWide, details("Overview")));
  it("model-load", () => take("model-load", kWide, details("Load with options")));
  it("model-tensors", () => take("model-tensors", { colorScheme: "light", ...kWide }, details("Tensors")));

  // The last one: its run goes on standing still, and others would wait for it.
  it("stopped", () =>
    take("stopped", kWide, async (page) => {
      await page.getByRole("button", { name: "New breakpoint" }).click();
      await page.getByRole("button", { name: "Add the breakpoint" }).click();
      await startRun(page, { maxTokens: 260, seed: 7, temperature: 0.9 });
      await page.getByRole("region", { name: "Stopped" }).waitFor();
    }));
});
