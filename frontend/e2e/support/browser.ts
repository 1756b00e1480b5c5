import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

const kChromium = process.env["INFERNO_CHROMIUM"] ?? "/usr/bin/chromium";

const kFlags = [
  "--headless",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export function launch(): Promise<Browser> {
  // Chromium refuses its sandbox to root, which test machines often are.
  const isRoot = process.getuid?.() === 0;
  return chromium.launch({ executablePath: kChromium, args: isRoot ? [...kFlags, "--no-sandbox"] : kFlags });
}

/** A machine may have other work, and what takes longer than this does not come at all. */
const kPatienceMs = 60_000;

/** A page and what went wrong in it. */
export interface Studio {
  readonly page: Page;
  /** Faults of scripts, and everything the policy blocked. */
  readonly faults: string[];
  /** Processor time of the page's main thread so far. Unlike a wall clock, it does not see the machine's other work. */
  mainThreadMs(): Promise<number>;
}

export async function openStudio(context: BrowserContext, url: string): Promise<Studio> {
  const page = await context.newPage();
  page.setDefaultTimeout(kPatienceMs);
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(`script: ${error.message}`));
  page.on("console", (line) => {
    if (/Content.Security.Policy|violates/i.test(line.text())) faults.push(`policy: ${line.text()}`);
  });
  await page.goto(url);
  const session = await context.newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const mainThreadMs = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return (metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN) * 1000;
  };
  return { page, faults, mainThreadMs };
}

/** Loads the model unless it is loaded already. */
export async function loadModel(page: Page, model: string): Promise<void> {
  await page.getByText("connected", { exact: true }).waitFor();
  await page.getByRole("button", { name: new RegExp(`^Load ${model.replaceAll(".", "\\.")},`) }).waitFor();
  const unload = page.getByRole("button", { name: `Unload ${model}` });
  if ((await unload.count()) === 0) {
    await page.getByRole("button", { name: new RegExp(`^Load ${model.replaceAll(".", "\\.")},`) }).click();
  }
  await unload.first().waitFor();
}

/** Unloads what earlier tests of the same server have loaded. */
export async function unloadAll(page: Page): Promise<void> {
  await page.getByText("connected", { exact: true }).waitFor();
  const buttons = page.getByRole("button", { name: /^Unload / });
  for (let left = await buttons.count(); left > 0; --left) {
    await buttons.first().click();
    await buttons.nth(left - 1).waitFor({ state: "detached" });
  }
}

/** How many tokens the run in sight has; the one that waits while it is paused is none of them. */
export function countTokens(page: Page): Promise<number> {
  return page.locator("[role=option]:not([data-pending])").count();
}

export interface RunSettings {
  readonly prompt?: string;
  readonly maxTokens: number;
  readonly seed?: number;
  readonly temperature?: number;
}

/** A field of the composer; other views have fields of the same name. */
export function setting(page: Page, name: string) {
  const composer = page.getByRole("region", { name: "Prompt", exact: true });
  return composer.getByRole("textbox", { name, exact: true });
}

export async function startRun(page: Page, settings: RunSettings): Promise<void> {
  await setting(page, "Prompt text").fill(settings.prompt ?? "Once upon a time");
  await setting(page, "Max tokens").fill(String(settings.maxTokens));
  await setting(page, "Seed").fill(settings.seed === undefined ? "" : String(settings.seed));
  await setting(page, "Temperature").fill(String(settings.temperature ?? 0.8));
  const before = page.url();
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.waitForURL((url) => url.href !== before && /#\/run\/\d+/.test(url.href));
}

const kEnds =
  /^(The model ended|The token limit|Stopped by you|The context is full|The run failed|The engine)/;

export async function waitForEnd(page: Page): Promise<string> {
  const words = page.getByText(kEnds).first();
  await words.waitFor();
  return (await words.textContent()) ?? "";
}

export async function reconnect(page: Page): Promise<void> {
  await page.getByRole("button", { name: /connected|connecting/ }).click();
  await page.getByRole("button", { name: "Reconnect now" }).click();
  await page.keyboard.press("Escape");
}

/** The counters of the connection, by the words beside them. */
export async function counters(page: Page): Promise<Record<string, string>> {
  await page.getByRole("button", { name: /connected|connecting/ }).click();
  const dialog = page.getByRole("dialog", { name: "Connection" });
  const names = await dialog.locator("dt").allTextContents();
  const values = await dialog.locator("dd").allTextContents();
  await page.keyboard.press("Escape");
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? ""]));
}

export interface ShownToken {
  readonly index: number;
  readonly text: string;
  readonly label: string;
}

/** Scrolls from the first line to the last and gives every token, in order. */
export async function readTokens(page: Page): Promise<ShownToken[]> {
  return page.evaluate(async () => {
    const list = document.querySelector("[role=listbox]");
    if (list === null) return [];
    const found = new Map<number, { index: number; text: string; label: string }>();
    const frame = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const collect = () => {
      for (const option of list.querySelectorAll("[role=option]")) {
        const index = Number(option.getAttribute("data-index"));
        const label = option.getAttribute("aria-label") ?? "";
        found.set(index, { index, text: option.textContent ?? "", label });
      }
    };
    for (let top = 0; top < list.scrollHeight; top += list.clientHeight / 2) {
      list.scrollTop = top;
      await frame();
      collect();
    }
    return [...found.values()].sort((a, b) => a.index - b.index);
  });
}
