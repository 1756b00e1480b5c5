// What the bench measures in a page, and how.
import { gzipSync } from "node:zlib";
import type { Browser, BrowserContext, Page } from "playwright-core";

/** The q-quantile of numbers; NaN if there are none. */
export function quantile(numbers: readonly number[], q: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

/** Sums up what the browser fetches while `open` runs, compressed as a server would. */
export async function fetchedBytes(context: BrowserContext, open: () => Promise<void>): Promise<number> {
  const bodies: Promise<number>[] = [];
  const onResponse = (response: { body(): Promise<Buffer>; url(): string }) => {
    if (response.url().startsWith("http")) bodies.push(response.body().then((body) => gzipSync(body).length));
  };
  context.on("response", onResponse);
  await open();
  context.off("response", onResponse);
  return (await Promise.all(bodies)).reduce((sum, bytes) => sum + bytes, 0);
}

export interface Seen {
  readonly index: number;
  /** By the clock, when the frame after the one that shows the token began. */
  readonly atMs: number;
}

/** From now on, notes with every frame the newest token in the document. */
export async function watchNewest(page: Page): Promise<() => Promise<Seen[]>> {
  await page.evaluate(() => {
    const seen: { index: number; atMs: number }[] = [];
    let newest = -1;
    Object.defineProperty(window, "newestSeen", { value: seen });
    const clock = () => performance.timeOrigin + performance.now();
    const look = () => {
      const options = document.querySelectorAll("[role=listbox] [role=option]");
      const index = Number(options[options.length - 1]?.getAttribute("data-index") ?? -1);
      if (index > newest) {
        newest = index;
        requestAnimationFrame(() => seen.push({ index, atMs: clock() }));
      }
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  return () => page.evaluate<Seen[]>("window.newestSeen");
}

/** From each token's sending to the frame that shows it, for those sent in time. */
export function delays(sent: readonly Seen[], seen: readonly Seen[]): number[] {
  let at = 0;
  const found: number[] = [];
  for (const { index, atMs } of sent) {
    while (at < seen.length && (seen[at]?.index ?? 0) < index) at += 1;
    const shown = seen[at];
    if (shown !== undefined) found.push(shown.atMs - atMs);
  }
  return found;
}

export interface Tasks {
  /** By the wall clock: what a person feels, the machine's other work included. */
  readonly longByWall: number;
  /** By processor time: what the page itself is guilty of. */
  readonly longByProcessor: number;
  readonly longestProcessorMs: number;
  readonly mainThreadMs: number;
}

const kLongUs = 50_000;

/**
 * By processor time: by the clock, a busy machine's other work counts, too. Twice the budget of a task,
 * because cores that are shared make its own work slower as well.
 */
export function hasNoLongTask({ longestProcessorMs }: Tasks): boolean {
  return longestProcessorMs < 100;
}

export function wordsOf(tasks: Tasks): string {
  return `tasks over 50 ms: ${tasks.longByProcessor} by processor time (longest ${tasks.longestProcessorMs.toFixed(0)} ms), ${tasks.longByWall} by the clock`;
}

/** Something fast enough once is fast enough; what made it slow another time was the machine's other work. */
export async function atLeastOnce(times: number, isFastEnough: () => Promise<boolean>): Promise<void> {
  for (let nth = 0; nth < times; ++nth) if (await isFastEnough()) return;
  throw new Error(`never within the budget, in ${times} times`);
}

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly dur?: number;
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/** The tasks of the pages' main threads while `act` runs, as the browser traces them. */
export async function traceTasks(browser: Browser, act: () => Promise<void>): Promise<Tasks> {
  const session = await browser.newBrowserCDPSession();
  const events: TraceEvent[] = [];
  session.on("Tracing.dataCollected", ({ value }) => events.push(...(value as unknown as TraceEvent[])));
  await session.send("Tracing.start", {
    traceConfig: { includedCategories: ["toplevel"] },
    transferMode: "ReportEvents",
  });
  await act();
  const complete = new Promise((resolve) => session.once("Tracing.tracingComplete", resolve));
  await session.send("Tracing.end");
  await complete;
  return tasksOf(events);
}

function tasksOf(events: readonly TraceEvent[]): Tasks {
  const names = events.filter(({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain");
  const mains = new Set(names.map((event) => `${event.pid}/${event.tid}`));
  const all = events.filter(
    ({ ph, name, ...event }) =>
      ph === "X" && name === "ThreadControllerImpl::RunTask" && mains.has(`${event.pid}/${event.tid}`),
  );
  const processor = all.map(({ tdur }) => tdur ?? 0);
  return {
    longByWall: all.filter(({ dur }) => (dur ?? 0) > kLongUs).length,
    longByProcessor: processor.filter((us) => us > kLongUs).length,
    longestProcessorMs: processor.reduce((most, us) => Math.max(most, us), 0) / 1000,
    mainThreadMs: processor.reduce((sum, us) => sum + us, 0) / 1000,
  };
}

/**
 * From a click on a token in sight, by the time that the browser stamped on it,
 * to the frame after the inspector speaks of it: what a person waits, without
 * what the test's driver takes.
 */
export async function clickToInspector(page: Page, nth: number): Promise<number> {
  const index = await page.evaluate((wanted) => {
    const options = document.querySelectorAll("[role=listbox] [role=option]");
    const place = options[Math.min(options.length - 1, wanted)]?.getAttribute("data-index") ?? "";
    const inspector = document.querySelector('[aria-label="Inspector"]');
    const speaksOfIt = () =>
      [...(inspector?.querySelectorAll("dd") ?? [])].some((dd) => dd.textContent === place);
    const spoke = new Promise<number>((resolve) => {
      const onClick = ({ timeStamp }: Event) => {
        const look = () => {
          if (speaksOfIt())
            requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - timeStamp)));
          else requestAnimationFrame(look);
        };
        look();
      };
      document.addEventListener("click", onClick, { capture: true, once: true });
    });
    Object.defineProperty(window, "inspectorSpoke", { value: spoke, configurable: true });
    return place;
  }, nth);
  await page.locator(`[role=option][data-index="${index}"]`).click();
  return page.evaluate<number>("window.inspectorSpoke");
}
