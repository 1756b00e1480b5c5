// How numbers are written everywhere on the page. A value that is not known is
// written as a dash; callers say why it is missing.

export const kMissing = "—";

export function formatProbability(p: number | undefined): string {
  if (p === undefined) return kMissing;
  if (p === 0) return "0 %";
  if (p >= 0.0995) return `${(p * 100).toFixed(1)} %`;
  if (p >= 0.0001) return `${(p * 100).toFixed(2)} %`;
  return p.toExponential(1);
}

/** For sentences that are read aloud. */
export function spokenProbability(p: number): string {
  if (p >= 0.01) return `${Math.round(p * 100)} percent`;
  if (p >= 0.001) return `${(p * 100).toFixed(1)} percent`;
  return "less than 0.1 percent";
}

export function formatBits(bits: number | undefined): string {
  return bits === undefined ? kMissing : `${bits.toFixed(2)} bits`;
}

export function formatNumber(value: number | undefined, digits = 2): string {
  return value === undefined ? kMissing : value.toFixed(digits);
}

// Made once: toLocaleString would make it anew for each number.
const kCounts = new Intl.NumberFormat("en-US");

export function formatCount(value: number | undefined): string {
  return value === undefined ? kMissing : kCounts.format(value);
}

const kByteUnits = ["B", "kB", "MB", "GB", "TB"] as const;

export function formatBytes(bytes: number | undefined): string {
  if (bytes === undefined) return kMissing;
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < kByteUnits.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${value.toFixed(digits)} ${kByteUnits[unit]}`;
}

export function formatParameters(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(1)} B`;
  if (count >= 1e6) return `${(count / 1e6).toFixed(1)} M`;
  if (count >= 1e3) return `${(count / 1e3).toFixed(0)} k`;
  return String(count);
}

export function formatMicroseconds(us: number): string {
  if (us >= 1e6) return `${(us / 1e6).toFixed(2)} s`;
  if (us >= 1e3) return `${(us / 1e3).toFixed(2)} ms`;
  return `${us.toFixed(us >= 10 ? 0 : 1)} µs`;
}

export function formatMilliseconds(ms: number): string {
  return formatMicroseconds(ms * 1000);
}

export function formatHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).toUpperCase().padStart(2, "0")).join(" ");
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

const kMinuteMs = 60_000;
const kHourMs = 60 * kMinuteMs;
const kDayMs = 24 * kHourMs;
const kDay = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const kMoment = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "medium" });

/** "5 min ago"; what is older than a week is told by its date. */
export function formatAgo(thenMs: number, nowMs: number): string {
  const ms = nowMs - thenMs;
  if (ms < kMinuteMs) return "just now";
  if (ms < kHourMs) return `${Math.floor(ms / kMinuteMs)} min ago`;
  if (ms < kDayMs) return `${Math.floor(ms / kHourMs)} h ago`;
  if (ms < 7 * kDayMs) return `${plural(Math.floor(ms / kDayMs), "day")} ago`;
  return kDay.format(thenMs);
}

export function formatMoment(ms: number): string {
  return kMoment.format(ms);
}
