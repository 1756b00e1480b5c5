// The composer in a real browser, with a real tokenizer and the engine's own judgement of chains.
import AxeBuilder from "@axe-core/playwright";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { launch, loadModel, openStudio, setting, startRun, waitForEnd } from "./support/browser";
import { startServer, type TestServer } from "./support/server";

let server: TestServer;
let browser: Browser;
let context: BrowserContext;

beforeAll(async () => {
  server = await startServer();
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

beforeEach(async () => {
  context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
});

afterEach(() => context.close());

async function open(): Promise<Page> {
  const { page } = await openStudio(context, server.url);
  await loadModel(page, server.model);
  return page;
}

const chips = (page: Page) => page.getByRole("list", { name: "Tokens of the prompt" }).getByRole("listitem");

async function openChain(page: Page): Promise<void> {
  await page.getByRole("button", { name: /^Sampler chain/ }).click();
  await page.getByRole("list", { name: "Stages of the sampler chain" }).waitFor();
}

async function addStage(page: Page, name: string): Promise<void> {
  await page.getByLabel("Stage to add").selectOption(name);
  await page.getByRole("button", { name: "Add", exact: true }).click();
}

describe("a person who writes a prompt", () => {
  it("sees the model's own tokens of it, and their surprisal after a run of it", async () => {
    const page = await open();
    await setting(page, "Prompt text").fill("Once upon a time");
    await expect.poll(() => chips(page).first().innerText()).toBe("<s>");
    const before = await chips(page).allInnerTexts();
    await startRun(page, { maxTokens: 5 });
    await waitForEnd(page);
    await expect.poll(() => chips(page).nth(1).innerText()).toMatch(/\d\.\d$/);
    await expect.poll(() => chips(page).count()).toBe(before.length);
  });

  it("has the draft again after a reload", async () => {
    const page = await open();
    await setting(page, "Prompt text").fill("kept for later");
    await setting(page, "Top-k").fill("7");
    await page.reload();
    await page.getByText("connected", { exact: true }).waitFor();
    await expect.poll(() => setting(page, "Prompt text").inputValue()).toBe("kept for later");
    await expect.poll(() => setting(page, "Top-k").inputValue()).toBe("7");
  });
});

describe("a person who sets the chain", () => {
  it("orders it by keyboard alone, and the run goes by that order", async () => {
    const page = await open();
    await openChain(page);
    await page.getByRole("switch", { name: "top-k" }).focus();
    await page.keyboard.press("Alt+ArrowDown");
    await page.keyboard.press("Alt+ArrowDown");
    await startRun(page, { maxTokens: 5 });
    await waitForEnd(page);
    await page
      .getByText(/top-p 0\.95 → min-p 0\.05 → top-k 40 → temperature 0\.8/)
      .last()
      .waitFor();
  });

  it("sees a fault of a grammar at its line, as the engine tells it, and none once it is mended", async () => {
    const page = await open();
    await openChain(page);
    await addStage(page, "grammar");
    const grammar = page.getByLabel("Grammar", { exact: true });
    await grammar.fill('root ::= item+\nitem ::= "é" nothing\n');
    await page
      .getByText(/nothing/)
      .last()
      .waitFor();
    await expect.poll(() => grammar.getAttribute("aria-invalid")).toBe("true");
    await grammar.fill('root ::= "yes" | "no"\n');
    await expect.poll(() => grammar.getAttribute("aria-invalid")).toBe("false");
    await startRun(page, { maxTokens: 20 });
    expect(await waitForEnd(page)).toMatch(/ended the text|token limit/);
  });

  it("puts a token of their own choice next", async () => {
    const page = await open();
    await page.getByRole("button", { name: "Start paused" }).click();
    await page.getByRole("button", { name: "Another token …" }).click();
    const dialog = page.getByRole("dialog", { name: "Another token" });
    await dialog.getByLabel("Your own next token").fill("#300");
    await dialog.getByRole("button", { name: /^Put / }).click();
    await page.getByText(/You put this token/).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Accept and step" }).click();
    await page.getByText("Paused after one step.").waitFor();
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await waitForEnd(page);
  });
});

describe.each(["dark", "light"] as const)("the composer in the %s theme", (colorScheme) => {
  it("has no fault that axe finds, with everything open", async () => {
    const page = await open();
    await page.emulateMedia({ colorScheme });
    await startRun(page, { maxTokens: 5, prompt: "A cat. " });
    await waitForEnd(page);
    await openChain(page);
    for (const stage of ["DRY", "logit bias", "grammar"]) await addStage(page, stage);
    await page.getByLabel("Token to bias").fill("cat");
    await page.getByRole("button", { name: /^Add / }).first().click();
    await page.getByLabel("Grammar", { exact: true }).fill("root = 1");
    await page.getByRole("button", { name: /^Limits/ }).click();
    await page.getByLabel(/^Stop strings/).fill("\\n\nEND");
    await page.getByRole("button", { name: "As text" }).click();
    await page.getByLabel("The chain as JSON").waitFor();
    const { violations } = await new AxeBuilder({ page })
      .include('section[aria-label="Prompt"]')
      .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
      .analyze();
    expect(
      violations.map(
        ({ id, nodes }) =>
          `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).join("; ")}`,
      ),
    ).toEqual([]);
  });
});
