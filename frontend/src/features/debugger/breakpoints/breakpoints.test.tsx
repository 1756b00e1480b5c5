import { act, screen, within } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";
import { asModelId, asPosition } from "../../../base/brand";
import { aToken, FakeConnection } from "../../../connection/fake-connection";
import { useSentSettings } from "../../../state/debug-settings";
import { useStudio } from "../../../state/hooks";
import { closeOverlay, useRoute } from "../../../state/route";
import { Studio } from "../../../state/studio";
import { kRun, open, requestsOf } from "../testing";
import { BreakpointForm } from "./breakpoint-form";
import { BreakpointPanel } from "./breakpoint-panel";

/** The panel beside its form, as the page has them. */
function Page() {
  const { overlay } = useRoute();
  const studio = useStudio();
  useSentSettings(studio.debugSettings, true, send(studio));
  return (
    <>
      <BreakpointPanel run={kRun} />
      {overlay?.kind === "breakpoint" && (
        <BreakpointForm key={overlay.id} id={overlay.id} onClose={closeOverlay} />
      )}
    </>
  );
}

const senders = new WeakMap<Studio, (what: "breakpoints" | "watches") => void>();
function send(studio: Studio) {
  const known = senders.get(studio) ?? ((what) => void studio.sendSettings(what, kRun));
  senders.set(studio, known);
  return known;
}

beforeEach(() => {
  window.location.hash = "";
  window.localStorage.clear();
});

const openPage = () => open(() => <Page />, window.localStorage);
const button = (name: string | RegExp) => screen.getByRole("button", { name });
const rows = () => screen.getAllByRole("checkbox").map((one) => one.parentElement?.textContent);

async function withNew() {
  const opened = await openPage();
  await opened.person.click(button("New breakpoint"));
  return opened;
}

describe("someone who sets breakpoints", () => {
  it("takes what people look for most, and has the run in sight use it at once", async () => {
    const { server, person } = await withNew();
    await person.click(button("Undecided"));
    await person.click(button("Add the breakpoint"));
    expect(rows()).toEqual(["entropy is above 3 bits"]);
    expect(requestsOf(server, "setBreakpoints").at(-1)).toMatchObject({
      run: 1,
      breakpoints: [{ id: 1, conditions: [{ kind: "entropyAbove", threshold: 3 }], disabled: false }],
    });
  });

  it("combines conditions, which must all hold", async () => {
    const { server, person } = await withNew();
    await person.click(button("And another condition"));
    const second = within(screen.getAllByRole("listitem")[1] as HTMLElement);
    await person.selectOptions(second.getByLabelText("Condition"), "positionIs");
    await person.clear(second.getByLabelText("Position"));
    await person.type(second.getByLabelText("Position"), "40");
    await person.click(button("Add the breakpoint"));
    expect(rows()).toEqual(["raw probability is below 5.00 % and position 40 is reached"]);
    expect(requestsOf(server, "setBreakpoints").at(-1)?.breakpoints[0]?.conditions).toEqual([
      { kind: "rawProbBelow", threshold: 0.05 },
      { kind: "positionIs", n: 40 },
    ]);
  });

  it("finds the tokens of a condition by their text", async () => {
    const { server, person } = await withNew();
    server.answer("tokenize", {
      kind: "tokens",
      tokens: { tokens: [aToken(300, " owl")], rendered: undefined, warnings: [], nCtx: 64 },
    });
    await person.selectOptions(screen.getByLabelText("Condition"), "tokenIs");
    await person.click(button("Add the breakpoint"));
    expect(screen.getByRole("alert").textContent).toBe("Choose a token.");
    await person.type(screen.getByLabelText("Find a token"), " owl");
    await person.click(await screen.findByRole("button", { name: /Add ␣owl/ }));
    await person.click(button("Add the breakpoint"));
    expect(rows()).toEqual(["the token is “␣owl”"]);
    expect(requestsOf(server, "setBreakpoints").at(-1)?.breakpoints[0]?.conditions).toEqual([
      { kind: "tokenIs", ids: [300] },
    ]);
  });

  it("is told at the field what is wrong, and keeps nothing wrong", async () => {
    const { person } = await withNew();
    const field = screen.getByLabelText("Raw probability below, in %");
    await person.clear(field);
    await person.type(field, "120");
    expect(screen.getByText("A number from 0 to 100.")).toBeDefined();
    await person.click(button("Add the breakpoint"));
    expect(screen.queryByRole("checkbox")).toBeNull();
  });

  it("switches one off and on, changes it, and deletes it", async () => {
    const { server, person } = await withNew();
    await person.click(button("Add the breakpoint"));
    await person.click(screen.getByRole("checkbox"));
    expect(requestsOf(server, "setBreakpoints").at(-1)?.breakpoints[0]?.disabled).toBe(true);
    await person.click(button(/Change breakpoint/));
    const ignore = screen.getByLabelText("Hits to pass over first");
    await person.clear(ignore);
    await person.type(ignore, "3");
    await person.click(screen.getByLabelText("stop once only"));
    await person.click(button("Save"));
    expect(rows()).toEqual(["raw probability is below 5.00 % (once, passes over 3)"]);
    await person.click(button(/Delete breakpoint/));
    expect(requestsOf(server, "setBreakpoints").at(-1)?.breakpoints).toEqual([]);
  });

  it("finds them again at the next visit, and has every new run use them", async () => {
    const { person } = await withNew();
    await person.click(button("Loop"));
    await person.click(button("Add the breakpoint"));
    const server = new FakeConnection();
    const studio = new Studio(server, window.localStorage);
    await studio.startRun({ model: asModelId(1), startPaused: false });
    expect(requestsOf(server, "startRun")[0]?.start.breakpoints).toEqual([
      { id: 1, conditions: [{ kind: "repetition", n: 8 }], disabled: false, ignore: 0, once: false },
    ]);
  });

  it("sees where each has stopped the run, and goes there", async () => {
    const { server, person } = await withNew();
    await person.click(button("Add the breakpoint"));
    await act(async () =>
      server.events(
        1,
        { kind: "stopped", stop: { position: asPosition(1), breakpoints: [1] } },
        { kind: "stopped", stop: { position: asPosition(2), breakpoints: [1] } },
        // Told again because its token was changed.
        { kind: "stopped", stop: { position: asPosition(2), breakpoints: [1] } },
      ),
    );
    expect(screen.getByText(/2 stops/).textContent).toBe("2 stops: 12");
    expect(screen.getByRole("link", { name: "2" }).getAttribute("href")).toBe("#/run/1/2");
  });

  it("reads why the run did not take them", async () => {
    const { server, person } = await withNew();
    server.answer("setBreakpoints", {
      code: "InvalidArgument",
      message: "The pattern is broken.",
      hint: "Mend it.",
    });
    await person.click(button("Add the breakpoint"));
    expect((await screen.findByRole("alert")).textContent).toContain("The pattern is broken.");
  });

  it("is told when another client gave the run other ones, and may take them over", async () => {
    const { server, person } = await openPage();
    const theirs = {
      id: 9,
      conditions: [{ kind: "nearTie", threshold: 0.25 }],
      disabled: false,
      ignore: 0,
      once: false,
    } as const;
    await act(async () => server.events(1, { kind: "breakpoints", breakpoints: [theirs] }));
    expect(screen.getByText("This run has other breakpoints:")).toBeDefined();
    await person.click(button("Take them over"));
    expect(rows()).toEqual(["the two best differ by less than 25.0 % of final probability"]);
    expect(screen.queryByText(/other breakpoints/)).toBeNull();
  });
});
