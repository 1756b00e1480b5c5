import { Growable } from "../../base/growable";

const kFanShift = 4;
const kFan = 1 << kFanShift;

class Level {
  readonly min = new Growable(Float32Array);
  readonly max = new Growable(Float32Array);
}

export interface Span {
  min: number;
  max: number;
}

/**
 * The least and the greatest of any stretch of a growing row of numbers, in the
 * time of its logarithm: each level holds the extremes of sixteen entries of
 * the level below. NaN stands for "not known" and is passed over.
 */
export class MinMaxPyramid {
  readonly #values = new Growable(Float32Array);
  readonly #levels: Level[] = [];

  get length(): number {
    return this.#values.length;
  }

  value(index: number): number {
    return index < this.#values.length ? (this.#values.data[index] ?? Number.NaN) : Number.NaN;
  }

  push(value: number): void {
    let index = this.#values.length;
    this.#values.push(value);
    for (let depth = 0; index >= kFan || depth < this.#levels.length || index === kFan - 1; ++depth) {
      index >>= kFanShift;
      if (this.#levels[depth] === undefined) {
        // A new level begins with all that is below it.
        this.#levels.push(this.#summary(depth));
        return;
      }
      this.#widen(depth, index, value);
    }
  }

  /** Puts the extremes of [begin, end) into `span`; false: nothing there is known. */
  range(begin: number, end: number, span: Span): boolean {
    span.min = Number.POSITIVE_INFINITY;
    span.max = Number.NEGATIVE_INFINITY;
    this.#gather(-1, Math.max(0, begin), Math.min(end, this.length), span);
    return span.min <= span.max;
  }

  #gather(depth: number, begin: number, end: number, span: Span): void {
    const level = this.#levels[depth + 1];
    const innerBegin = (begin + kFan - 1) >> kFanShift;
    const innerEnd = end >> kFanShift;
    if (level === undefined || innerBegin >= innerEnd) {
      this.#scan(depth, begin, end, span);
      return;
    }
    this.#scan(depth, begin, innerBegin << kFanShift, span);
    this.#gather(depth + 1, innerBegin, innerEnd, span);
    this.#scan(depth, innerEnd << kFanShift, end, span);
  }

  #scan(depth: number, begin: number, end: number, span: Span): void {
    const level = this.#levels[depth];
    const mins = level?.min.data ?? this.#values.data;
    const maxs = level?.max.data ?? this.#values.data;
    for (let index = begin; index < end; ++index) {
      const low = mins[index] ?? Number.NaN;
      const high = maxs[index] ?? Number.NaN;
      // Comparisons with NaN are false.
      if (low < span.min) span.min = low;
      if (high > span.max) span.max = high;
    }
  }

  #widen(depth: number, index: number, value: number): void {
    const level = this.#levels[depth];
    if (level === undefined) return;
    if (index >= level.min.length) {
      level.min.push(value);
      level.max.push(value);
      return;
    }
    const [low, high] = [level.min.data[index] ?? Number.NaN, level.max.data[index] ?? Number.NaN];
    if (value < low || Number.isNaN(low)) level.min.set(index, value);
    if (value > high || Number.isNaN(high)) level.max.set(index, value);
  }

  #summary(depth: number): Level {
    const level = new Level();
    const below = this.#levels[depth - 1]?.min.length ?? this.#values.length;
    const span: Span = { min: 0, max: 0 };
    for (let begin = 0; begin < below; begin += kFan) {
      span.min = Number.POSITIVE_INFINITY;
      span.max = Number.NEGATIVE_INFINITY;
      this.#scan(depth - 1, begin, Math.min(below, begin + kFan), span);
      const isKnown = span.min <= span.max;
      level.min.push(isKnown ? span.min : Number.NaN);
      level.max.push(isKnown ? span.max : Number.NaN);
    }
    return level;
  }
}
