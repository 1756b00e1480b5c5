import { describe, expect, it } from "vitest";
import { fuzzyMatch } from "./fuzzy";

const kTitles = [
  "Pause the run",
  "Theme: dark",
  "Load stories260K.gguf",
  "Show the timeline",
  "Stop the run",
];

function best(typed: string): string | undefined {
  return kTitles
    .flatMap((title) => {
      const match = fuzzyMatch(typed, title);
      return match === undefined ? [] : [{ title, score: match.score }];
    })
    .sort((a, b) => b.score - a.score)[0]?.title;
}

describe("the search of the palette", () => {
  it.each([
    ["dark", "Theme: dark"],
    ["dark theme", "Theme: dark"],
    ["stl", "Show the timeline"],
    ["ld260", "Load stories260K.gguf"],
    ["run st", "Stop the run"],
    ["PAU", "Pause the run"],
  ])("%s finds “%s” first", (typed, title) => {
    expect(best(typed)).toBe(title);
  });

  it("finds nothing where a letter is missing", () => {
    expect(best("zebra")).toBeUndefined();
  });

  it("tells the letters that matched", () => {
    expect(fuzzyMatch("dark", "Theme: dark")?.indices).toEqual([7, 8, 9, 10]);
  });
});
