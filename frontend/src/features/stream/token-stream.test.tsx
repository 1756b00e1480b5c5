import { act, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { describe, expect, it } from "vitest";
import { asRunId, type Position } from "../../base/brand";
import { aStep, FakeConnection } from "../../connection/fake-connection";
import type { StepDetail } from "../../protocol/types";
import { StudioContext } from "../../state/hooks";
import { Studio } from "../../state/studio";
import type { Visibility } from "./token-shapes";
import { TokenStream } from "./token-stream";

const kPlain: Visibility = { spaces: false, bytes: false };

function show(steps: readonly StepDetail[], visible: Visibility = kPlain) {
  const server = new FakeConnection();
  const studio = new Studio(server);
  const record = studio.record(asRunId(1));
  act(() => {
    server.started(1);
    server.steps(1, steps);
  });
  const chosen: { position: Position | undefined } = { position: undefined };
  function Stage() {
    const [selected, setSelected] = useState<Position>();
    chosen.position = selected;
    return (
      <StudioContext value={studio}>
        <TokenStream
          record={record}
          selected={selected}
          onSelect={setSelected}
          onOpen={() => undefined}
          measure="rawProb"
          visible={visible}
        />
      </StudioContext>
    );
  }
  render(<Stage />);
  return { server, chosen, person: userEvent.setup() };
}

const options = () => screen.getAllByRole("option");
const active = () => screen.getByRole("listbox").getAttribute("aria-activedescendant");

describe("someone who reads the stream", () => {
  it("without eyes hears text, probability, rank and entropy", () => {
    show([aStep(0, "The"), aStep(1, " cat", { rank: 1, entropy: 2.1 })]);
    expect(options()[1]?.getAttribute("aria-label")).toBe("cat, 41 percent, rank 1, entropy 2.1 bits");
  });

  it("hears that the first token has no probability, rather than zero", () => {
    show([aStep(0, "The", { isPrompt: true, rawLogprob: undefined, rank: undefined, entropy: undefined })]);
    expect(options()[0]?.getAttribute("aria-label")).toBe("The, probability not known, prompt");
    expect(options()[0]?.style.backgroundColor).toBe("");
  });

  it("sees unlikely tokens marked by more than colour", () => {
    show([aStep(0, "a", { rawLogprob: Math.log(0.5) }), aStep(1, "b", { rawLogprob: Math.log(0.01) })]);
    expect(options().map((option) => option.className.includes("surprising"))).toEqual([false, true]);
  });

  it("sees control tokens as signs and spaces when asked", () => {
    const control = aStep(0, "<s>");
    show([{ ...control, token: { ...control.token, kind: "control" } }, aStep(1, " a\n")], {
      spaces: true,
      bytes: false,
    });
    expect(options().map((option) => option.textContent)).toEqual(["<s>", "␣a↵"]);
    expect(options()[0]?.className).toContain("control");
  });

  it("sees a character that two tokens make once, and both tokens", () => {
    show([aStep(0, Uint8Array.of(0xc3)), aStep(1, Uint8Array.of(0xbc))]);
    expect(options().map((option) => option.textContent)).toEqual(["", "ü"]);
    expect(options()[0]?.getAttribute("aria-label")).toContain("part of a character");
  });
});

describe("what can't be seen or would disturb", () => {
  it("is written out, so that a token can't turn the text about it round", () => {
    show([aStep(0, "a\u202eb"), aStep(1, "\x07\u200b")]);
    expect(options().map((option) => option.textContent)).toEqual(["a⟨U+202E⟩b", "⟨U+0007⟩⟨U+200B⟩"]);
    expect(options()[0]?.getAttribute("aria-label")).toContain("a⟨U+202E⟩b");
  });

  it("shows as bytes when asked, with the character still whole beside them", () => {
    show([aStep(0, Uint8Array.of(0xc3)), aStep(1, Uint8Array.of(0xbc))], { spaces: false, bytes: true });
    expect(options().map((option) => option.textContent)).toEqual(["\\xC3", "ü"]);
    expect(options()[0]?.className).toContain("bytes");
  });
});

describe("the card beside a token", () => {
  const detail = aStep(1, " cat", {
    rank: 7,
    nTop: 1,
    candidates: [
      {
        token: aStep(0, " dog").token,
        logit: 9,
        rawLogprob: Math.log(0.5),
        finalProb: undefined,
        removedBy: 2,
      },
      {
        token: aStep(1, " cat").token,
        logit: 8,
        rawLogprob: Math.log(0.2),
        finalProb: 0.9,
        removedBy: undefined,
      },
    ],
  });

  it("tells the likeliest candidates, and the chosen one wherever it stands", async () => {
    const { person } = show([aStep(0, "The"), detail]);
    await person.hover(options()[1] ?? document.body);
    const card = await screen.findByRole("tooltip");
    const rows = (await within(card).findAllByRole("row")).map((row) => row.textContent);
    expect(rows.slice(1)).toEqual(["␣dog50.0 %→removed", "▸␣cat rank 720.0 %→90.0 %"]);
  });

  it("goes when the keys go on: the inspector says more, and must not be hidden", async () => {
    const { person, chosen } = show([aStep(0, "The"), detail]);
    await person.hover(options()[1] ?? document.body);
    await screen.findByRole("tooltip");
    await person.tab();
    await person.keyboard("{End}");
    expect(screen.queryByRole("tooltip")).toBeNull();
    expect(chosen.position).toBe(1);
  });

  it("is closed by Escape before the token is left", async () => {
    const { person, chosen } = show([aStep(0, "The"), detail]);
    await person.tab();
    await person.keyboard("{End}");
    await person.hover(options()[1] ?? document.body);
    await screen.findByRole("tooltip");
    await person.keyboard("{Escape}");
    expect(screen.queryByRole("tooltip")).toBeNull();
    expect(chosen.position).toBe(1);
  });

  it("stays away after a click, though the token is drawn anew under the pointer, until another one", async () => {
    const { person } = show([aStep(0, "The"), detail]);
    await person.hover(options()[1] ?? document.body);
    await screen.findByRole("tooltip");
    await person.click(options()[1] ?? document.body);
    fireEvent.pointerOver(options()[1] ?? document.body);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(screen.queryByRole("tooltip")).toBeNull();
    await person.hover(options()[0] ?? document.body);
    await person.hover(options()[1] ?? document.body);
    await screen.findByRole("tooltip");
  });

  it("goes when the pointer leaves, but not on the way to the card itself", async () => {
    const { person } = show([aStep(0, "The"), detail]);
    await person.hover(options()[1] ?? document.body);
    const card = await screen.findByRole("tooltip");
    await person.hover(card);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(screen.queryByRole("tooltip")).not.toBeNull();
    await person.unhover(card);
    await waitFor(() => expect(screen.queryByRole("tooltip")).toBeNull());
  });
});

describe("someone who copies", () => {
  const copied = () => {
    const data = new Map<string, string>();
    const event = new Event("copy", { bubbles: true, cancelable: true });
    Object.assign(event, {
      clipboardData: { setData: (type: string, text: string) => data.set(type, text) },
    });
    act(() => void screen.getByRole("listbox").dispatchEvent(event));
    return data.get("text/plain");
  };

  it("marks tokens with Shift and gets their real text, not the signs on the screen", async () => {
    const { person } = show([aStep(0, "One"), aStep(1, " two\n"), aStep(2, "\tthree"), aStep(3, " four")]);
    await person.tab();
    await person.keyboard("{Home}{ArrowRight}{Shift>}{ArrowRight}{/Shift}");
    expect(copied()).toBe(" two\n\tthree");
    expect(options().map((option) => option.getAttribute("aria-selected"))).toEqual([
      "false",
      "true",
      "true",
      "false",
    ]);
    await person.keyboard("{ArrowRight}");
    expect(copied()).toBe(" four");
  });
});

describe("someone who moves along the stream by keyboard", () => {
  const words = Array.from({ length: 60 }, (_, position) =>
    aStep(position, ` word${position}`, { rawLogprob: Math.log(position % 20 === 5 ? 0.01 : 0.9) }),
  );

  it("goes token by token, and line by line", async () => {
    const { person, chosen } = show(words);
    await person.tab();
    await person.keyboard("{Home}");
    expect(chosen.position).toBe(0);
    expect(active()).toBe(options()[0]?.id);
    await person.keyboard("{ArrowRight}{ArrowRight}{ArrowLeft}");
    expect(chosen.position).toBe(1);
    await person.keyboard("{ArrowDown}");
    expect(chosen.position).toBeGreaterThan(8);
    await person.keyboard("{ArrowUp}");
    expect(chosen.position).toBeLessThan(3);
    await person.keyboard("{End}");
    expect(chosen.position).toBe(59);
  });

  it("jumps from surprise to surprise", async () => {
    const { person, chosen } = show(words);
    await person.tab();
    await person.keyboard("{Home}]");
    expect(chosen.position).toBe(5);
    await person.keyboard("]]");
    expect(chosen.position).toBe(45);
    await person.keyboard("[[");
    expect(chosen.position).toBe(25);
  });

  it("leaves the selection with Escape", async () => {
    const { person, chosen } = show(words);
    await person.click(options()[3] ?? document.body);
    expect(chosen.position).toBe(3);
    await person.keyboard("{Escape}");
    expect(chosen.position).toBeUndefined();
  });
});

it("only the lines in sight are in the document, however long the text", () => {
  show(Array.from({ length: 5000 }, (_, position) => aStep(position, ` word${position}`)));
  expect(options().length).toBeGreaterThan(100);
  expect(options().length).toBeLessThan(600);
});

describe("someone whose run stands still", () => {
  const stopped = () => {
    const opened = show([aStep(0, "The"), aStep(1, " old")]);
    act(() => opened.server.stopped(1, aStep(2, " cat")));
    return opened;
  };

  it("sees the token that waits after all others, and hears that it is not accepted", () => {
    stopped();
    expect(options().map((option) => option.textContent)).toEqual(["The", " old", " cat"]);
    expect(options()[2]?.getAttribute("aria-label")).toBe(
      "cat, chosen, not yet accepted, 41 percent, rank 1, entropy 2.1 bits",
    );
    expect(options()[2]?.hasAttribute("data-pending")).toBe(true);
  });

  it("selects it by a click or by keys, like any other", async () => {
    const { chosen, person } = stopped();
    await person.click(options()[2] as HTMLElement);
    expect(chosen.position).toBe(2);
    await person.keyboard("{ArrowLeft}");
    expect(chosen.position).toBe(1);
    await person.keyboard("{End}");
    expect(chosen.position).toBe(2);
    expect(active()).toBe(options()[2]?.id);
  });

  it("sees another one there when it was put there, and none when it was taken back", () => {
    const { server } = stopped();
    act(() => server.stopped(1, aStep(2, " dog", { forced: true })));
    expect(options()[2]?.getAttribute("aria-label")).toMatch(/^dog, put there by you, not yet accepted/);
    act(() => server.steps(1, [aStep(2, " dog", { forced: true })]));
    act(() => server.phase(1, { kind: "running" }));
    expect(options().map((option) => option.hasAttribute("data-pending"))).toEqual([false, false, false]);
  });
});
