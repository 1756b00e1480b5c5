// npm run screenshots: pictures of the page for the documentation, taken from a
// real run (INFERNO_BIN and INFERNO_E2E_MODEL as for the browser tests).
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launch, loadModel, openStudio, startRun, waitForEnd } from "./support/browser";
import { startServer, type TestServer } from "./support/server";

const kFolder = process.env["INFERNO_SCREENSHOTS"] ?? join(import.meta.dirname, "..", "..", "docs", "images");

let server: TestServer;
let browser: Browser;

beforeAll(async () => {
  server = await startServer();
  browser = await launch();
  mkdirSync(kFolder, { recursive: true });
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

it.each([
  { name: "studio-dark", colorScheme: "dark", width: 1440, height: 900 },
  { name: "studio-light", colorScheme: "light", width: 1440, height: 900 },
  { name: "studio-narrow", colorScheme: "dark", width: 700, height: 1300 },
] as const)("$name", async ({ name, colorScheme, width, height }) => {
  const context = await browser.newContext({ colorScheme, viewport: { width, height } });
  const { page, faults } = await openStudio(context, server.url);
  await loadModel(page, server.model);
  await startRun(page, { maxTokens: 260, seed: 7, temperature: 0.9 });
  await waitForEnd(page);
  await page.getByRole("option").nth(42).click();
  await page.getByRole("heading", { name: "Candidates" }).waitFor();
  await page.screenshot({ path: join(kFolder, `${name}.png`) });
  expect(faults).toEqual([]);
  await context.close();
});
