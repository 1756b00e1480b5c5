import { describe, expect, it } from "vitest";
import { withVisibleControls, withVisibleSpaces } from "./visible-text";

describe("text made visible", () => {
  it("keeps what can be read in any script", () => {
    for (const text of ["für", "猫が", "مرحبا", "👩\u200d🚀", "a b\n\tc"])
      expect(withVisibleControls(text)).toBe(text);
  });

  it("writes out what would turn round the text about it", () => {
    expect(withVisibleControls("a\u202eb\u2066c\u200f")).toBe("a⟨U+202E⟩b⟨U+2066⟩c⟨U+200F⟩");
  });

  it("writes out control characters and those without width", () => {
    expect(withVisibleControls("a\0\x07\r\u200b\ufeff")).toBe("a␀⟨U+0007⟩␍⟨U+200B⟩⟨U+FEFF⟩");
  });

  it("shows spaces, tabs, line ends and joiners when asked", () => {
    expect(withVisibleSpaces(" a\t\n\u200d")).toBe("␣a⇥↵⟨U+200D⟩");
  });
});
