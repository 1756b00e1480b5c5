type Numbers = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;
type NumbersConstructor<T extends Numbers> = new (length: number) => T;

/** A typed array that grows at its end, amortised constant time per number. */
export class Growable<T extends Numbers> {
  readonly #arrayType: NumbersConstructor<T>;
  #data: T;
  #length = 0;

  constructor(arrayType: NumbersConstructor<T>, capacity = 256) {
    this.#arrayType = arrayType;
    this.#data = new arrayType(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** The numbers so far; valid until the next append. */
  get view(): T {
    return this.#data.subarray(0, this.#length) as T;
  }

  /** The backing array: indices below `length` are the numbers. */
  get data(): T {
    return this.#data;
  }

  push(value: number): void {
    this.#reserve(this.#length + 1);
    this.#data[this.#length++] = value;
  }

  append(values: ArrayLike<number>): void {
    this.#reserve(this.#length + values.length);
    this.#data.set(values, this.#length);
    this.#length += values.length;
  }

  set(index: number, value: number): void {
    if (index < this.#length) this.#data[index] = value;
  }

  truncate(length: number): void {
    this.#length = Math.min(this.#length, length);
  }

  /** A copy of its own memory, fit to be transferred. */
  copy(): T {
    return this.#data.slice(0, this.#length) as T;
  }

  #reserve(needed: number): void {
    if (needed <= this.#data.length) return;
    const grown = new this.#arrayType(Math.max(needed, this.#data.length * 2));
    grown.set(this.#data.subarray(0, this.#length));
    this.#data = grown;
  }
}
