import { describe, expect, it } from "vitest";
import { asPosition } from "../base/brand";
import { aStep, columnsOf } from "../connection/fake-connection";
import { TokenColumns } from "./token-columns";

const kFace = [0xf0, 0x9f, 0x98, 0x80];

function tokensOf(...parts: (string | number[])[]): TokenColumns {
  const tokens = new TokenColumns();
  // One batch per token: what a batch holds must not matter.
  parts.forEach((part, position) => {
    tokens.append(columnsOf([aStep(position, typeof part === "string" ? part : Uint8Array.from(part))]));
  });
  return tokens;
}

const looks = (tokens: TokenColumns) =>
  Array.from({ length: tokens.length }, (_, index) => {
    const { kind, text } = tokens.appearance(index);
    return kind === "text" ? text : `${kind}:${text}`;
  });

describe("a character that is spread over tokens", () => {
  it("is shown by the token that completes it", () => {
    const tokens = tokensOf("a", kFace.slice(0, 1), kFace.slice(1, 3), kFace.slice(3), "b");
    expect(looks(tokens)).toEqual(["a", "part:\\xF0", "part:\\x9F\\x98", "😀", "b"]);
    expect(tokens.text(0, tokens.length)).toBe("a😀b");
  });

  it("shows as bytes until its end has come", () => {
    const tokens = tokensOf("a", kFace.slice(0, 2));
    expect(looks(tokens)).toEqual(["a", "bytes:\\xF0\\x9F"]);
    expect(tokens.settledLength).toBe(1);
    tokens.append(columnsOf([aStep(2, Uint8Array.from(kFace.slice(2)))]));
    expect(looks(tokens)).toEqual(["a", "part:\\xF0\\x9F", "😀"]);
    expect(tokens.settledLength).toBe(3);
  });

  it("stays bytes when something else follows", () => {
    expect(looks(tokensOf(kFace.slice(0, 1), kFace.slice(1, 2), "b"))).toEqual([
      "bytes:\\xF0",
      "bytes:\\x9F",
      "b",
    ]);
  });

  it("may begin in a token that ends another", () => {
    expect(looks(tokensOf([0xc3], [0xbc, 0xc3], [0xa4, 0x21]))).toEqual(["part:\\xC3", "ü", "ä!"]);
  });
});

describe("values that the model did not give", () => {
  it("are absent, not zero", () => {
    const tokens = new TokenColumns();
    const nothing = { rawLogprob: undefined, finalProb: undefined, rank: undefined, entropy: undefined };
    tokens.append(columnsOf([aStep(0, "a", nothing), aStep(1, "b", { rawLogprob: 0, entropy: 0 })]));
    expect([tokens.rawProb(0), tokens.finalProb(0), tokens.rank(0), tokens.entropy(0)]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect([tokens.rawProb(1), tokens.entropy(1)]).toEqual([1, 0]);
  });
});

it("a position is found wherever the sequence begins", () => {
  const tokens = new TokenColumns();
  tokens.append(columnsOf([aStep(5, "a"), aStep(6, "b")]));
  expect(tokens.indexOf(asPosition(6))).toBe(1);
  expect(tokens.indexOf(asPosition(4))).toBeUndefined();
  expect(tokens.indexOf(asPosition(7))).toBeUndefined();
});
