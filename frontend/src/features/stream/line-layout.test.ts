import { describe, expect, it } from "vitest";
import { LineLayout, type ShapedTokens, type TokenShape } from "./line-layout";

const kCharacterWidth = 10;

function shapeOf(text: string): TokenShape {
  const lines = text.split("\n");
  return {
    headWidth: (lines[0] ?? "").length * kCharacterWidth,
    tailWidth: lines.length > 1 ? (lines.at(-1) ?? "").length * kCharacterWidth : 0,
    nLineEnds: lines.length - 1,
    leadingSpaceWidth: text.startsWith(" ") ? kCharacterWidth : 0,
    startsWord: text.startsWith(" "),
    endsWord: text.endsWith(" "),
  };
}

const shaped = (texts: readonly string[]): ShapedTokens => ({
  length: texts.length,
  settledLength: texts.length,
  shape: (index) => shapeOf(texts[index] ?? ""),
});

const linesOf = (layout: LineLayout, texts: readonly string[]) =>
  Array.from({ length: layout.lineCount }, (_, line) =>
    texts.slice(layout.begin(line), layout.end(line)).join(""),
  );

function wrap(texts: readonly string[], width: number): string[] {
  const layout = new LineLayout();
  layout.update(shaped(texts), width);
  return linesOf(layout, texts);
}

function randomTexts(count: number): string[] {
  let state = 12345;
  const random = () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
  const pieces = [" the", " cat", "ish", " a", ",", "\n", "\n\n", " wonderful", "\n  ", "ly"];
  return Array.from({ length: count }, () => pieces[Math.floor(random() * pieces.length)] ?? "");
}

describe("lines of tokens", () => {
  it("break between words, though a word may be several tokens", () => {
    expect(wrap(["One", " wonder", "ful", "ly", " big", " cat"], 120)).toEqual([
      "One",
      " wonderfully",
      " big cat",
    ]);
  });

  it("leave out the space where a line begins", () => {
    expect(wrap(["abc", " defghi"], 60)).toEqual(["abc", " defghi"]);
    expect(wrap(["abc", " defghi", " jk"], 90)).toEqual(["abc", " defghi jk"]);
  });

  it("break inside a word that fits no line", () => {
    expect(wrap(["aaaa", "bbbb", "cccc"], 80)).toEqual(["aaaabbbb", "cccc"]);
  });

  it("end where the text does, empty lines included", () => {
    expect(wrap(["a", "\n\n", "b", "\n"], 100)).toEqual(["a\n\n", "", "b\n", ""]);
  });

  it("are the same whether tokens come one by one or at once", () => {
    const texts = randomTexts(600);
    const layout = new LineLayout();
    for (let count = 0; count <= texts.length; count += 1 + (count % 7)) {
      layout.update(shaped(texts.slice(0, count)), 220);
    }
    layout.update(shaped(texts), 220);
    expect(linesOf(layout, texts)).toEqual(wrap(texts, 220));
  });

  it("hold every token exactly once", () => {
    const texts = randomTexts(2000);
    for (const width of [1, 35, 220, 5000]) expect(wrap(texts, width).join("")).toBe(texts.join(""));
  });

  it("say on which line and where on it a token is", () => {
    const texts = ["One", " wonder", "ful", " cat"];
    const layout = new LineLayout();
    layout.update(shaped(texts), 100);
    expect([0, 1, 2, 3].map((index) => layout.lineOf(index))).toEqual([0, 1, 1, 2]);
    expect(layout.x(2)).toBe(60);
    expect(layout.tokenAt(1, 65)).toBe(2);
    expect(layout.tokenAt(1, 5)).toBe(1);
  });

  it("can be broken anew without measuring a token again", () => {
    const texts = randomTexts(1000);
    let nMeasured = 0;
    const tokens = {
      ...shaped(texts),
      shape: (index: number) => {
        nMeasured += 1;
        return shapeOf(texts[index] ?? "");
      },
    };
    const layout = new LineLayout();
    layout.update(tokens, 300);
    layout.update(tokens, 500);
    expect(nMeasured).toBe(texts.length);
    expect(linesOf(layout, texts)).toEqual(wrap(texts, 500));
  });
});
