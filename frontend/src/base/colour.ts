// Cividis, the sequential scale of every measure: perceptually even, and the
// same to people who see colours differently.

type Rgb = readonly [number, number, number];

const kCividis: readonly Rgb[] = [
  [0, 32, 76],
  [0, 42, 102],
  [23, 52, 109],
  [51, 64, 108],
  [71, 76, 108],
  [89, 88, 110],
  [106, 101, 113],
  [124, 114, 118],
  [143, 127, 119],
  [162, 141, 116],
  [183, 155, 110],
  [204, 170, 99],
  [226, 186, 84],
  [250, 203, 60],
  [255, 234, 70],
];

/** The colour at x in 0 to 1. */
export function cividis(x: number): Rgb {
  const scaled = Math.max(0, Math.min(1, x)) * (kCividis.length - 1);
  const index = Math.min(kCividis.length - 2, Math.floor(scaled));
  const low = kCividis[index] ?? [0, 0, 0];
  const high = kCividis[index + 1] ?? low;
  const mix = (channel: 0 | 1 | 2) =>
    Math.round(low[channel] + (high[channel] - low[channel]) * (scaled - index));
  return [mix(0), mix(1), mix(2)];
}

export const kTintLevels = 32;

/**
 * The tint behind text whose surprise is `level` of `kTintLevels`. The salient
 * end is the surprising one in both themes: bright on dark, dark on light. The
 * opacity stays low enough that text keeps a contrast of 4.5:1.
 */
export function tint(level: number): string {
  const surprise = level / (kTintLevels - 1);
  const strength = Math.min(1, surprise * 1.25);
  const colour = (rgb: Rgb, alpha: number) => `rgb(${rgb.join(" ")} / ${(alpha * strength).toFixed(3)})`;
  return `light-dark(${colour(cividis(1 - surprise), 0.5)}, ${colour(cividis(surprise), 0.4)})`;
}

/** A level of surprise (0 to 1) as an index of the tint table. */
export function tintLevel(surprise: number): number {
  return Math.round(Math.max(0, Math.min(1, surprise)) * (kTintLevels - 1));
}

/** Makes `--tint-0` … available to style rules below `root`. */
export function installTints(root: HTMLElement): void {
  for (let level = 0; level < kTintLevels; ++level) root.style.setProperty(`--tint-${level}`, tint(level));
}
