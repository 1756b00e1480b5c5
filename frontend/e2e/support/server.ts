// Starts what the browser tests talk to: the real server named by INFERNO_BIN,
// with the model named by INFERNO_E2E_MODEL; or, for work on the page alone,
// the fake one (INFERNO_E2E_FAKE=1).
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { FakeServer } from "./fake-server";

export interface TestServer {
  /** The address with its token, as printed. */
  readonly url: string;
  /** The file name of the model to load. */
  readonly model: string;
  /** Kills every engine process, as a crash would. */
  killEngines(): void;
  stop(): Promise<void>;
}

const kStartTimeoutMs = 20_000;

interface ServerOptions {
  /** Where to record; undefined: nowhere. */
  readonly dataFolder?: string | undefined;
  /** Whose models are offered; undefined: the folder of INFERNO_E2E_MODEL. */
  readonly modelFolder?: string | undefined;
}

export function startServer(options: ServerOptions = {}): Promise<TestServer> {
  const { INFERNO_BIN: binary, INFERNO_E2E_MODEL: model, INFERNO_E2E_FAKE: fake } = process.env;
  if (fake === "1") return startFake();
  if (binary === undefined || model === undefined) {
    throw new Error(
      "Set INFERNO_BIN to the built inferno program and INFERNO_E2E_MODEL to a small GGUF file (or INFERNO_E2E_FAKE=1).",
    );
  }
  return startReal(resolve(binary), resolve(model), options);
}

async function startFake(): Promise<TestServer> {
  const server = new FakeServer({ tokensPerSecond: 2000 });
  const url = await server.listen();
  return { url, model: "fake-1M.gguf", killEngines: () => server.killEngines(), stop: () => server.close() };
}

async function startReal(
  binary: string,
  model: string,
  { dataFolder, modelFolder }: ServerOptions,
): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), "inferno-e2e-"));
  const child = spawn(
    binary,
    [
      "serve",
      "--port",
      "0",
      "--no-browser",
      ...(dataFolder === undefined ? ["--no-record"] : ["--data-dir", dataFolder]),
      "--token-file",
      join(folder, "token"),
      "--model-dir",
      modelFolder ?? dirname(model),
      // A page that was built elsewhere.
      ...(process.env["INFERNO_DIST"] === undefined ? [] : ["--ui", process.env["INFERNO_DIST"]]),
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  const stop = async () => {
    await ended(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    return {
      url: await printedUrl(child),
      model: basename(model),
      killEngines: () => killChildren(child),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The server's children are its engines. Linux tells them per thread of the parent. */
function killChildren({ pid }: ChildProcess): void {
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const children = readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ");
    for (const id of children.filter((text) => text !== "")) process.kill(Number(id), "SIGKILL");
  }
}

function printedUrl(child: ChildProcess): Promise<string> {
  return new Promise((found, failed) => {
    const said: string[] = [];
    const fail = (why: string) => failed(new Error(`${why}\n${said.join("\n")}`));
    const timer = setTimeout(() => fail("The server printed no address in time."), kStartTimeoutMs);
    const read = (line: string) => {
      said.push(line);
      const url = /https?:\/\/\S+token=\S+/.exec(line)?.[0];
      if (url === undefined) return;
      clearTimeout(timer);
      found(url);
    };
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on("line", read);
    }
    child.on("error", (error) => fail(`The server did not start: ${error.message}`));
    child.on("exit", (code) => fail(`The server ended with ${code}.`));
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolveExit) => child.once("exit", resolveExit));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 5000);
  await exit;
  clearTimeout(timer);
}
