import { act, screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { asPosition } from "../../base/brand";
import { aLoadedModel, aToken } from "../../connection/fake-connection";
import { StopBar } from "./stop-bar";
import { aChoice, kCat, kRun, open, requestsOf } from "./testing";

const kSurprise = {
  id: 4,
  conditions: [{ kind: "rawProbBelow", threshold: 0.3 }],
  disabled: false,
  ignore: 0,
  once: false,
} as const;

async function stopped(hits: readonly number[] = [4]) {
  const shown: unknown[] = [];
  const opened = await open((studio) => (
    <StopBar record={studio.record(kRun)} onSelect={(position) => shown.push(position)} />
  ));
  await act(async () => {
    opened.server.events(1, { kind: "breakpoints", breakpoints: [kSurprise] });
    opened.server.stopped(1, aChoice(3), hits);
  });
  return { ...opened, shown };
}

const choices = () => within(screen.getByRole("group", { name: "Tokens that could come next" }));
const button = (name: string | RegExp) => screen.getByRole("button", { name });

describe("someone whose run has stopped", () => {
  it("reads which breakpoint stopped it, with its condition in words", async () => {
    await stopped();
    expect(screen.getByRole("status").textContent).toContain(
      "Stopped at a breakpoint: raw probability is below 30.0 %.",
    );
  });

  it("sees nothing of it while the run goes on", async () => {
    const { server } = await stopped();
    await act(async () => server.phase(1, { kind: "running" }));
    expect(screen.queryByRole("region", { name: "Stopped" })).toBeNull();
  });

  it("puts another token in the place of the one that waits, and continues", async () => {
    const { server, person } = await stopped();
    expect(
      choices()
        .getByRole("button", { name: /Waiting: “␣cat”/ })
        .getAttribute("aria-pressed"),
    ).toBe("true");
    await person.click(choices().getByRole("button", { name: /Put next: “␣dog”, raw 50.0 %/ }));
    expect(requestsOf(server, "forceToken")).toEqual([{ kind: "forceToken", run: 1, id: 1 }]);
    await act(async () => server.stopped(1, aChoice(3, { token: aToken(1, " dog"), forced: true }), [4]));
    expect(screen.getByRole("status").textContent).toContain("You put this token");
    expect(choices().getByRole("button", { name: /Waiting: “␣dog”/ })).toBeDefined();
    await person.click(button("Continue"));
    expect(server.requests.at(-1)).toEqual({ kind: "resume", run: 1 });
  });

  it("does the same by keys", async () => {
    const { server, commands } = await stopped();
    const first = commands.store.getState().all.find(({ shortcut }) => shortcut === "1");
    expect(first?.title).toBe("Put “␣dog” next");
    await act(async () => first?.run());
    expect(requestsOf(server, "forceToken")).toEqual([{ kind: "forceToken", run: 1, id: 1 }]);
  });

  it("sees which of the likeliest a stage had cut", async () => {
    await stopped();
    expect(choices().getByRole("button", { name: /“␣cow”, raw 10.0 %, final cut by top-p/ })).toBeDefined();
  });

  it("sees the token that waits even if it is none of the likeliest", async () => {
    const { server, shown, person } = await stopped();
    await act(async () => server.stopped(1, aChoice(3, { token: aToken(99, " zebra") })));
    await person.click(choices().getByRole("button", { name: /␣zebra/ }));
    expect(shown).toEqual([asPosition(3)]);
  });

  it("accepts it and steps, or ends the run", async () => {
    const { server, person } = await stopped();
    await person.click(button("Accept and step"));
    await person.click(button("End the run"));
    expect(server.requests.slice(-2)).toEqual([
      { kind: "stepOnce", run: 1 },
      { kind: "stop", run: 1 },
    ]);
  });

  it("bans it, here or for the rest of the run", async () => {
    const { server, person } = await stopped();
    await person.click(button("Ban it …"));
    await person.click(button("Here only"));
    await person.click(button("For the rest of the run"));
    expect(requestsOf(server, "banTokens").map(({ ids, nSteps }) => [ids, nSteps])).toEqual([
      [[kCat.token.id], 1],
      [[kCat.token.id], 0],
    ]);
  });

  it("types a token of their own", async () => {
    const { server, person } = await stopped();
    server.answer("tokenize", {
      kind: "tokens",
      tokens: { tokens: [aToken(300, " owl")], rendered: undefined, warnings: [], nCtx: 64 },
    });
    await person.click(button("Another token …"));
    await person.type(screen.getByLabelText("Your own next token"), " owl");
    await person.click(await screen.findByRole("button", { name: /Put ␣owl/ }));
    expect(requestsOf(server, "forceToken").at(-1)?.id).toBe(300);
  });

  it("asks for the chain to be changed with the one that the run has now", async () => {
    const { server, studio, person } = await stopped();
    const sampler = [{ kind: "greedy", parameters: {} }] as const;
    await act(async () =>
      server.events(1, { kind: "sampler", change: { sampler, seed: 1, position: asPosition(2) } }),
    );
    await person.click(button("Sampler …"));
    expect(studio.draftRequests.take()).toEqual({ sampler, opensChain: true });
  });

  it("drops back before the newest token, which ends this run so that the branch need not wait", async () => {
    const { server, person } = await stopped();
    server.models({ loaded: [aLoadedModel({ activeRun: kRun })] });
    await person.click(button("Drop back"));
    expect(requestsOf(server, "startRun")[0]?.start).toMatchObject({
      fork: { run: 1, position: 2 },
      startPaused: true,
      stopActive: true,
    });
  });

  it("reads why something was refused", async () => {
    const { server, person } = await stopped();
    server.answer("resume", {
      code: "EngineDied",
      message: "The engine died.",
      hint: "Load the model again.",
    });
    await person.click(button("Continue"));
    expect((await screen.findByRole("alert")).textContent).toContain("Load the model again.");
  });

  it("can do nothing without a connection, and sees so", async () => {
    const { server } = await stopped();
    await act(async () => server.state({ kind: "waiting", attempt: 1, retryInMs: 100 }));
    expect(button("Continue").hasAttribute("disabled")).toBe(true);
  });
});
