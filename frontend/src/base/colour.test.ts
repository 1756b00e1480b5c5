import { describe, expect, it } from "vitest";
import { kTintLevels, tint } from "./colour";

type Rgb = readonly number[];

function luminance(rgb: Rgb): number {
  const [r = 0, g = 0, b = 0] = rgb.map((channel) => {
    const c = channel / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: Rgb, b: Rgb): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

function over(css: string, ground: Rgb): Rgb {
  const [r = 0, g = 0, b = 0, alpha = 0] = (css.match(/[\d.]+/g) ?? []).map(Number);
  return [r, g, b].map((channel, i) => channel * alpha + (ground[i] ?? 0) * (1 - alpha));
}

describe("the tint behind a token", () => {
  const themes = [
    { name: "light", part: 0, ink: [0x16, 0x19, 0x1d], panel: [0xfb, 0xfb, 0xfc] },
    { name: "dark", part: 1, ink: [0xe9, 0xeb, 0xee], panel: [0x15, 0x17, 0x1a] },
  ];

  it.each(themes)(
    "leaves text readable (4.5:1) at every level in the $name theme",
    ({ part, ink, panel }) => {
      for (let level = 0; level < kTintLevels; ++level) {
        const css = tint(level).match(/rgb\([^)]*\)/g)?.[part] ?? "";
        expect(contrast(ink, over(css, panel)), `level ${level}`).toBeGreaterThanOrEqual(4.5);
      }
    },
  );

  it.each(themes)("stands out most for what is least likely in the $name theme", ({ part, panel }) => {
    const distance = (level: number) =>
      contrast(over(tint(level).match(/rgb\([^)]*\)/g)?.[part] ?? "", panel), panel);
    expect(distance(kTintLevels - 1)).toBeGreaterThan(distance(kTintLevels / 2));
    expect(distance(0)).toBe(1);
  });
});
