import { describe, expect, it } from "vitest";
import { decodeWithEscapes, scanCharacter } from "./utf8";

const bytes = (...values: number[]) => Uint8Array.from(values);

describe("decodeWithEscapes", () => {
  it("gives valid text as it is", () => {
    expect(decodeWithEscapes(new TextEncoder().encode("für 猫 😀"))).toBe("für 猫 😀");
  });

  it("shows bytes that make no character instead of hiding them", () => {
    expect(decodeWithEscapes(bytes(0x61, 0xff, 0x62))).toBe("a\\xFFb");
    expect(decodeWithEscapes(bytes(0xe2, 0x86))).toBe("\\xE2\\x86");
  });

  it("takes no overlong form and no half of a surrogate pair for a character", () => {
    expect(decodeWithEscapes(bytes(0xc0, 0x80))).toBe("\\xC0\\x80");
    expect(decodeWithEscapes(bytes(0xed, 0xa0, 0x80))).toBe("\\xED\\xA0\\x80");
  });
});

describe("scanCharacter", () => {
  it("agrees with the browser's decoder on every pair of bytes", () => {
    const decoder = new TextDecoder("utf-8", { fatal: true });
    for (let a = 0; a < 256; ++a) {
      for (let b = 0; b < 256; b += 7) {
        const pair = bytes(a, b);
        let isValid = true;
        try {
          decoder.decode(pair);
        } catch {
          isValid = false;
        }
        const first = scanCharacter(pair, 0, 2);
        const length = first.kind === "character" ? first.length : 0;
        const second = length === 1 ? scanCharacter(pair, 1, 2) : undefined;
        const ours = length === 2 || (length === 1 && second?.kind === "character");
        expect(ours, `${a} ${b}`).toBe(isValid);
      }
    }
  });
});
