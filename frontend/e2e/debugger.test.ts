// The debugger in a real browser, on the real server: stops, other tokens, branches, watches.
import AxeBuilder from "@axe-core/playwright";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  countTokens,
  launch,
  loadModel,
  openStudio,
  type Studio,
  setting,
  startRun,
  waitForEnd,
} from "./support/browser";
import { startServer, type TestServer } from "./support/server";

let server: TestServer;
let browser: Browser;
let context: BrowserContext;
let opened: Studio[];

beforeAll(async () => {
  server = await startServer();
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

beforeEach(async () => {
  context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  opened = [];
});

afterEach(async () => {
  const faults = opened.flatMap((studio) => studio.faults);
  await context.close();
  expect(faults).toEqual([]);
});

async function open(): Promise<Page> {
  const studio = await openStudio(context, server.url);
  opened.push(studio);
  await loadModel(studio.page, server.model);
  return studio.page;
}

const stopped = (page: Page) => page.getByRole("region", { name: "Stopped" });
const pending = (page: Page) => page.locator("[role=option][data-pending]");

/** A breakpoint at the tenth generated token: met by every model. */
async function stopAtTenth(page: Page): Promise<void> {
  await page.getByRole("button", { name: "New breakpoint" }).click();
  await page.getByLabel("Condition", { exact: true }).selectOption("everyNth");
  await page.getByLabel("Every … tokens").fill("10");
  await page.getByLabel("stop once only").check({ force: true });
  await page.getByRole("button", { name: "Add the breakpoint" }).click();
}

/** The page shows a run as soon as it is asked for; this one stops before its end. */
async function startAndStop(page: Page): Promise<void> {
  await stopAtTenth(page);
  await startRun(page, { maxTokens: 40, seed: 7 });
  await stopped(page).waitFor();
  await pending(page).waitFor();
}

/** The selected token's most probable candidate, as the inspector shows it. */
function bestCandidate(page: Page): Promise<string> {
  const inspector = page.getByRole("region", { name: "Inspector", exact: true });
  return inspector.locator('th[title$=", rank 1"] > span:nth-child(2)').innerText();
}

describe("a person who debugs a run", () => {
  it("stops at a breakpoint, puts another token there, and continues with it", async () => {
    const page = await open();
    await startAndStop(page);
    await stopped(page)
      .getByText(/Stopped at a breakpoint/)
      .waitFor();
    const before = await countTokens(page);
    const other = stopped(page)
      .getByRole("button", { name: /^Put next/ })
      .first();
    const name = (await other.getAttribute("aria-label")) ?? "";
    const text = /“(.*?)”/.exec(name)?.[1] ?? "";
    await other.click();
    await stopped(page)
      .getByText(/You put this token/)
      .waitFor();
    expect(await countTokens(page)).toBe(before);
    await stopped(page).getByRole("button", { name: "Continue" }).click();
    await waitForEnd(page);
    await page.locator(`[role=option][data-index="${before}"]`).click();
    const inspector = page.getByRole("region", { name: "Inspector", exact: true });
    await inspector.getByText("forced", { exact: true }).first().waitFor();
    expect((await inspector.innerText()).includes(text)).toBe(true);
  });

  it("accepts the token that waits, one at a time", async () => {
    const page = await open();
    await startAndStop(page);
    const before = await countTokens(page);
    await stopped(page).getByRole("button", { name: "Accept and step" }).click();
    await expect.poll(() => countTokens(page)).toBe(before + 1);
    await pending(page).waitFor();
    await stopped(page).getByRole("button", { name: "End the run" }).click();
    await waitForEnd(page);
  });

  it("branches from a past token, and goes back", async () => {
    const page = await open();
    await startRun(page, { maxTokens: 30, seed: 7 });
    await waitForEnd(page);
    const run = /#\/run\/(\d+)/.exec(page.url())?.[1];
    await page.locator('[role=option][data-index="12"]').click();
    await page
      .getByRole("button", { name: /instead, in a branch/ })
      .first()
      .click();
    const origin = page.getByRole("region", { name: "Branch", exact: true });
    await origin.getByText(/from position 12 on/).waitFor();
    await waitForEnd(page);
    await origin.getByRole("link").click();
    await expect.poll(() => page.url()).toContain(`#/run/${run}/12`);
    await page.getByRole("tab", { name: "Branches" }).click();
    await expect.poll(() => page.getByRole("treeitem").count()).toBeGreaterThanOrEqual(2);
    await page
      .getByText(/Δ log p [−+]/)
      .first()
      .waitFor();
  });

  it("has a run verified by a replay, to the last bit", async () => {
    const page = await open();
    await startRun(page, { maxTokens: 20, seed: 7 });
    await waitForEnd(page);
    await page.getByRole("tab", { name: "Branches" }).click();
    await page.getByRole("button", { name: /by a replay/ }).click();
    const replay = page.getByRole("region", { name: "Replay" });
    await replay.waitFor();
    await replay.getByText(/Identical|The same tokens/).waitFor({ timeout: 60_000 });
  });

  it("follows a word: a track of the timeline, and a row of the inspector", async () => {
    const page = await open();
    await page.getByRole("button", { name: "New watch" }).click();
    await page.getByLabel("A word", { exact: true }).fill("girl");
    await page.getByRole("button", { name: "Follow", exact: true }).click();
    await page.keyboard.press("Escape");
    await startRun(page, { maxTokens: 20, seed: 7 });
    await waitForEnd(page);
    await page.getByRole("region", { name: "Timeline" }).getByText("“girl”").waitFor();
    await page.locator('[role=option][data-index="12"]').click();
    const row = page
      .getByRole("region", { name: "Inspector", exact: true })
      .getByRole("row", { name: /^“girl”/ });
    await expect.poll(() => row.innerText()).toMatch(/%|e-/);
  });

  it("sees what could come at a past token, and makes a branch of it up to the third token", async () => {
    const page = await open();
    await startRun(page, { maxTokens: 30, seed: 7 });
    await waitForEnd(page);
    await page.locator('[role=option][data-index="12"]').click();
    await page.getByRole("tab", { name: "Explore" }).click();
    const rows = page.getByRole("table", { name: "Continuations" }).getByRole("row");
    await expect.poll(() => rows.count()).toBe(1 + 8);
    const likelihoods = (await rows.locator("td:first-child").allInnerTexts()).map(parseFloat);
    expect(likelihoods).toEqual([...likelihoods].sort((a, b) => b - a));
    // The best first token is what the inspector, which asked nobody, has as its first candidate.
    const tokens = rows.nth(1).locator("[data-place]");
    expect(await tokens.count()).toBe(20);
    expect(await tokens.first().getAttribute("aria-label")).toContain(`“${await bestCandidate(page)}”`);
    const taken = await Promise.all([0, 1, 2].map((nth) => tokens.nth(nth).innerText()));
    await tokens.nth(2).click();
    await page
      .getByRole("region", { name: "Branch", exact: true })
      .getByText(/from position 12 on/)
      .waitFor();
    await waitForEnd(page);
    const shown = await Promise.all(
      [12, 13, 14].map((at) => page.locator(`[role=option][data-index="${at}"]`).innerText()),
    );
    expect(shown.join("").replaceAll(/\s/g, "")).toBe(taken.join("").replaceAll(/\s/g, ""));
  });

  it("expands the probability tree, and makes a branch of its most probable path by keys", async () => {
    const page = await open();
    await startRun(page, { maxTokens: 30, seed: 7 });
    await waitForEnd(page);
    await page.locator('[role=option][data-index="12"]').click();
    const best = await bestCandidate(page);
    await page.getByRole("tab", { name: "Probability tree" }).click();
    const items = page.getByRole("tree", { name: "Probable continuations" }).getByRole("treeitem");
    await items.first().waitFor();
    expect(await items.first().getAttribute("aria-label")).toContain(`“${best}`);
    await page.getByRole("tree", { name: "Probable continuations" }).focus();
    await page.keyboard.press("Enter");
    await page
      .getByRole("region", { name: "Branch", exact: true })
      .getByText(/from position 12 on/)
      .waitFor();
    await waitForEnd(page);
  });

  it("sees the same stop in two windows, and what the other one puts there", async () => {
    const [first, second] = [await open(), await open()];
    await startAndStop(first);
    await second.goto(first.url());
    await pending(second).waitFor();
    expect(await pending(second).getAttribute("aria-label")).toBe(
      await pending(first).getAttribute("aria-label"),
    );
    await stopped(second)
      .getByRole("button", { name: /^Put next/ })
      .first()
      .click();
    await stopped(first)
      .getByText(/You put this token/)
      .waitFor();
    await stopped(first).getByRole("button", { name: "End the run" }).click();
    await waitForEnd(second);
  });
});

describe("the debugger’s views", () => {
  it.each(["light", "dark"] as const)(
    "have no faults that axe finds, in the %s theme",
    async (colorScheme) => {
      await context.close();
      context = await browser.newContext({ viewport: { width: 1280, height: 720 }, colorScheme });
      const page = await open();
      await startAndStop(page);
      await setting(page, "Prompt text").waitFor();
      const check = async () =>
        (await new AxeBuilder({ page }).analyze()).violations.map(({ id, nodes }) => [id, nodes[0]?.html]);
      expect(await check()).toEqual([]);
      await page.getByRole("tab", { name: "Branches" }).click();
      await page.getByRole("tree").waitFor();
      expect(await check()).toEqual([]);
      await page.getByRole("tab", { name: "Explore" }).click();
      await page.getByRole("table", { name: "Continuations" }).waitFor();
      expect(await check()).toEqual([]);
      await page.getByRole("tab", { name: "Probability tree" }).click();
      await page.getByRole("tree", { name: "Probable continuations" }).waitFor();
      expect(await check()).toEqual([]);
      await page.getByRole("button", { name: "New breakpoint" }).click();
      await page.getByRole("dialog").waitFor();
      expect(await check()).toEqual([]);
      await page.keyboard.press("Escape");
      await stopped(page).getByRole("button", { name: "End the run" }).click();
      await waitForEnd(page);
    },
  );
});
