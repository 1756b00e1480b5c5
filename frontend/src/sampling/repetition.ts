import type { ReadyStage } from "./chain";
import type { History } from "./reweighting-stages";

/** ln of the greatest 32-bit float. */
const kFloatMaxLog = 88.7228391;

/**
 * What DRY takes off the logit of each token that would continue a repetition,
 * if no sequence breaker limits it. Empty where DRY changes nothing, with
 * breakers or without.
 */
export function penalisedByDry(
  { multiplier, base, allowedLength, lastN }: ReadyStage,
  history: History,
): ReadonlyMap<number, number> {
  const n = Math.min(history.length, lastN);
  const penalties = new Map<number, number>();
  if (n <= allowedLength) return penalties;
  const lengths = repeatLengths(history, n);
  const longest = new Map<number, number>();
  for (let back = 1; back < n; ++back) {
    const length = lengths[back] ?? 0;
    if (length < allowedLength) continue;
    const id = fromEnd(history, back - 1);
    longest.set(id, Math.max(longest.get(id) ?? 0, length));
  }
  const maxExponent = base > 1.000001 ? Math.trunc(kFloatMaxLog / Math.log(base)) : 0;
  for (const [id, length] of longest) {
    const over = length - allowedLength;
    const exponent = maxExponent > 0 ? Math.min(over, maxExponent) : over;
    penalties.set(id, Math.fround(multiplier * base ** exponent));
  }
  return penalties;
}

function fromEnd(history: History, back: number): number {
  return history.ids[history.length - 1 - back] ?? -1;
}

/**
 * By distance from the end: how many tokens up to there are the same as the last
 * ones (the Z-function of the last n tokens, read backwards).
 */
function repeatLengths(history: History, n: number): Int32Array {
  const lengths = new Int32Array(n);
  let left = 0;
  let right = 0;
  for (let k = 1; k < n; ++k) {
    let length = k < right ? Math.min(right - k, lengths[k - left] ?? 0) : 0;
    while (k + length < n && fromEnd(history, length) === fromEnd(history, k + length)) length += 1;
    lengths[k] = length;
    if (k + length > right) {
      left = k;
      right = k + length;
    }
  }
  return lengths;
}
