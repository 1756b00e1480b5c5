import type { EngineOptions, FlashAttention } from "../../protocol/types";

/** The options of a load as typed: empty is "as the server chooses". */
export interface OptionsDraft {
  readonly numbers: Readonly<Record<NumberOption, string>>;
  readonly cacheTypeK: string;
  readonly cacheTypeV: string;
  readonly flashAttention: FlashAttention;
  readonly useMmap: boolean;
  readonly useMlock: boolean;
  readonly checkTensors: boolean;
  readonly rpcServers: string;
  readonly ignoreMemory: boolean;
}

export type NumberOption = (typeof kNumberOptions)[number]["name"];

export const kNumberOptions = [
  { name: "nCtx", label: "Context length", help: "contextLength", least: 1 },
  { name: "nGpuLayers", label: "GPU layers", help: "gpuLayers", least: -1 },
  { name: "nThreads", label: "Threads", help: "threads", least: 1 },
  { name: "nThreadsBatch", label: "Threads for the prompt", help: "threadsBatch", least: 1 },
  { name: "nBatch", label: "Batch size", help: "batchSize", least: 1 },
  { name: "nUbatch", label: "Micro-batch size", help: "microBatchSize", least: 1 },
] as const;

export const kCacheTypes = ["f32", "f16", "bf16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0"] as const;

export const kNoOptions: OptionsDraft = {
  numbers: { nCtx: "", nGpuLayers: "", nThreads: "", nThreadsBatch: "", nBatch: "", nUbatch: "" },
  cacheTypeK: "",
  cacheTypeV: "",
  flashAttention: "auto",
  useMmap: true,
  useMlock: false,
  checkTensors: false,
  rpcServers: "",
  ignoreMemory: false,
};

/** What is wrong with a number as typed, in words. */
export function numberProblem(text: string, least: number): string | undefined {
  if (text.trim() === "") return undefined;
  const value = Number(text);
  if (!Number.isInteger(value)) return "A whole number, or empty.";
  if (value < least) return `At least ${least === -1 ? "−1" : least}.`;
  return value > 2 ** 31 - 1 ? "That is too large." : undefined;
}

export function rpcProblem(text: string): string | undefined {
  const wrong = rpcList(text).find((server) => !/^[^\s:]+:\d{1,5}$/.test(server));
  return wrong === undefined ? undefined : `“${wrong}” is not of the form host:port.`;
}

function rpcList(text: string): string[] {
  return text
    .split(/[\s,]+/)
    .map((server) => server.trim())
    .filter((server) => server !== "");
}

/** Undefined while something typed makes no sense. */
export function toEngineOptions(draft: OptionsDraft): EngineOptions | undefined {
  const isWrong = kNumberOptions.some(({ name, least }) => numberProblem(draft.numbers[name], least));
  if (isWrong || rpcProblem(draft.rpcServers) !== undefined) return undefined;
  const numbers = Object.fromEntries(
    Object.entries(draft.numbers)
      .filter(([, text]) => text.trim() !== "")
      .map(([name, text]) => [name, Number(text)]),
  );
  const servers = rpcList(draft.rpcServers);
  return {
    ...numbers,
    ...(draft.cacheTypeK === "" ? {} : { cacheTypeK: draft.cacheTypeK }),
    ...(draft.cacheTypeV === "" ? {} : { cacheTypeV: draft.cacheTypeV }),
    ...(draft.flashAttention === "auto" ? {} : { flashAttention: draft.flashAttention }),
    ...(draft.useMmap ? {} : { useMmap: false }),
    ...(draft.useMlock ? { useMlock: true } : {}),
    ...(draft.checkTensors ? { checkTensors: true } : {}),
    ...(servers.length === 0 ? {} : { rpcServers: servers }),
    ...(draft.ignoreMemory ? { ignoreMemory: true } : {}),
  };
}
