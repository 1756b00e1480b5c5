import { describe, expect, it } from "vitest";
import { kNoOptions, numberProblem, rpcProblem, toEngineOptions } from "./engine-options";

describe("the options of a load", () => {
  it("say nothing of what was left to the server", () => {
    expect(toEngineOptions(kNoOptions)).toEqual({});
  });

  it("hold what was typed, as numbers and lists", () => {
    const draft = {
      ...kNoOptions,
      numbers: { ...kNoOptions.numbers, nCtx: "4096", nGpuLayers: "-1" },
      rpcServers: "a:50052, b:50052",
      useMmap: false,
    };
    expect(toEngineOptions(draft)).toEqual({
      nCtx: 4096,
      nGpuLayers: -1,
      rpcServers: ["a:50052", "b:50052"],
      useMmap: false,
    });
  });

  it.each(["many", "1.5", "0", "99999999999"])("are refused with a reason for a context of %s", (text) => {
    expect(numberProblem(text, 1)).toMatch(/\w+\./);
    const numbers = { ...kNoOptions.numbers, nCtx: text };
    expect(toEngineOptions({ ...kNoOptions, numbers })).toBeUndefined();
  });

  it("name the RPC server that has no port", () => {
    expect(rpcProblem("a:50052 b")).toContain("“b”");
    expect(toEngineOptions({ ...kNoOptions, rpcServers: "b" })).toBeUndefined();
  });
});
