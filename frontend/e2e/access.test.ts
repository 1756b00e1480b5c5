// The page without a mouse, without colours, without motion, and as it is spoken.
import AxeBuilder from "@axe-core/playwright";
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { launch, loadModel, openStudio, setting, startRun, unloadAll, waitForEnd } from "./support/browser";
import { startServer, type TestServer } from "./support/server";

let server: TestServer;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let faults: string[];

beforeAll(async () => {
  server = await startServer();
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

beforeEach(async () => {
  context = await browser.newContext({ viewport: { width: 1280, height: 720 } });
  ({ page, faults } = await openStudio(context, server.url));
});

afterEach(async () => {
  await context.close();
  expect(faults).toEqual([]);
});

async function withRun(): Promise<void> {
  await loadModel(page, server.model);
  await startRun(page, { maxTokens: 60, seed: 7 });
  await waitForEnd(page);
  await page.getByRole("option").nth(20).click();
  await page.getByRole("heading", { name: "Candidates" }).waitFor();
}

async function choose(command: string): Promise<void> {
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Search commands" }).waitFor();
  await page.keyboard.type(command);
  await page.keyboard.press("Enter");
}

/** A command ends when its work is done; the palette has closed before that. */
async function hasFocus(place: Locator): Promise<void> {
  await expect.poll(() => place.evaluate((element) => element === document.activeElement)).toBe(true);
}

/** What can be pressed or changed by pointer and is no stop of Tab. */
async function unreached(): Promise<readonly string[]> {
  const name = (element: Element) =>
    element.getAttribute("aria-label") ?? element.textContent?.slice(0, 40) ?? element.tagName;
  await page.evaluate(() => {
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    document.body.tabIndex = -1;
    document.body.focus();
    const seen = new Set<Element>();
    Object.defineProperty(window, "stopsSeen", { value: seen, configurable: true });
    document.addEventListener("focusin", ({ target }) => target instanceof Element && seen.add(target));
  });
  const count = await page.evaluate(
    () =>
      document.querySelectorAll("button, a[href], input, textarea, select, summary, [tabindex='0']").length,
  );
  for (let n = 0; n < count + 5; ++n) await page.keyboard.press("Tab");
  return page.evaluate((source) => {
    const nameOf = new Function(`return ${source}`)() as (element: Element) => string;
    const seen = (window as unknown as { stopsSeen: Set<Element> }).stopsSeen;
    const isMember = (element: Element) =>
      // The arrow keys move within these; one of them is the stop.
      element.closest("[role=radiogroup], [role=tablist], [role=listbox]") !== null ||
      element.matches("input[type=radio]");
    return [...document.querySelectorAll("button, a[href], input, textarea, select, summary")]
      .filter((element) => element.checkVisibility({ visibilityProperty: true }))
      .filter((element) => !element.matches(":disabled, [tabindex='-1']") && !isMember(element))
      .filter((element) => !seen.has(element))
      .map(nameOf);
  }, name.toString());
}

describe("the keyboard alone", () => {
  it("reaches everything that can be pressed or changed", async () => {
    await withRun();
    const composer = page.getByRole("region", { name: "Prompt", exact: true });
    await composer.getByRole("button", { name: /^Sampler chain/ }).click();
    await composer.getByRole("button", { name: /^Limits/ }).click();
    await composer.getByText("Stop strings").first().waitFor();
    expect(await unreached()).toEqual([]);
  });

  it("goes from a model's file to a token's reasons, and asks what if", async () => {
    await unloadAll(page);
    await page.getByRole("button", { name: new RegExp(`^Load ${server.model}`) }).waitFor();
    await choose(`load ${server.model}`);
    await page.getByRole("button", { name: `Unload ${server.model}` }).waitFor();
    await choose("write the prompt");
    await hasFocus(setting(page, "Prompt text"));
    await page.keyboard.press("Control+a");
    await page.keyboard.type("Once upon a time");
    expect(await setting(page, "Prompt text").inputValue()).toBe("Once upon a time");
    await page.keyboard.press("Control+Enter");
    await waitForEnd(page);
    await choose("go to the token stream");
    await hasFocus(page.getByRole("listbox"));
    await page.keyboard.press("Home");
    for (let n = 0; n < 10; ++n) await page.keyboard.press("ArrowRight");
    await expect.poll(() => page.url()).toMatch(/\/10$/);
    await page.keyboard.press("Enter");
    const isOnTemperature = () =>
      page.evaluate(() => document.activeElement?.getAttribute("aria-label") === "Temperature, slider");
    for (let n = 0; n < 40 && !(await isOnTemperature()); ++n) await page.keyboard.press("Tab");
    await page.keyboard.press("End");
    await page
      .getByText(/would have come out|can’t be told/)
      .first()
      .waitFor();
  });
});

describe("what is spoken", () => {
  it("names each token with its numbers, and tells the end of a run, not its tokens", async () => {
    await withRun();
    const label = await page.getByRole("option").nth(20).getAttribute("aria-label");
    expect(label).toMatch(/^.+, [\d.]+ percent, rank \d+, entropy [\d.]+ bits/);
    expect(await page.getByRole("listbox").getAttribute("aria-live")).toBeNull();
    await expect
      .poll(() => page.getByRole("status").allTextContents())
      .toContain("The run has finished with 60 tokens.");
  });
});

describe("preferences of the system", () => {
  it("keep the page free of faults where colours are forced", async () => {
    await page.emulateMedia({ forcedColors: "active" });
    await withRun();
    const { violations } = await new AxeBuilder({ page })
      .withTags(["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"])
      .analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target)}`)).toEqual([]);
    // The chosen token's sign must not be a colour alone.
    const selected = page.locator('[role=option][aria-selected="true"]');
    expect(await selected.evaluate((element) => getComputedStyle(element).outlineStyle)).toBe("solid");
  });

  it("stop all motion where it is not wanted", async () => {
    await page.emulateMedia({ reducedMotion: "reduce" });
    await loadModel(page, server.model);
    await page.getByRole("button", { name: "Start paused" }).click();
    await page.getByText("Paused before the first token.").waitFor();
    const moving = await page.evaluate(() =>
      document
        .getAnimations()
        .filter(
          ({ playState, effect }) => playState === "running" && Number(effect?.getTiming().duration) > 1,
        )
        .map(({ effect }) => (effect instanceof KeyframeEffect ? effect.target?.className : "")),
    );
    expect(moving).toEqual([]);
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await waitForEnd(page);
  });
});
