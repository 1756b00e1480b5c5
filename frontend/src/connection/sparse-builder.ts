import { Builder } from "flatbuffers";

/**
 * A FlatBuffers builder that writes every scalar it is given and no empty
 * vector. The code that flatc 2.0.8 generates leaves out an optional scalar
 * that is 0 (a seed of 0 would become "choose one") and writes a vector that
 * was never set as an empty one (a prompt of text would also hold an empty list
 * of messages). The generated code skips absent optional scalars by itself.
 */
export class SparseBuilder extends Builder {
  #inEmptyVector = false;
  #inString = false;

  override addFieldInt8(field: number, value: number): void {
    this.addInt8(value);
    this.slot(field);
  }

  override addFieldInt16(field: number, value: number): void {
    this.addInt16(value);
    this.slot(field);
  }

  override addFieldInt32(field: number, value: number): void {
    this.addInt32(value);
    this.slot(field);
  }

  override addFieldInt64(field: number, value: bigint): void {
    this.addInt64(value);
    this.slot(field);
  }

  override addFieldFloat32(field: number, value: number): void {
    this.addFloat32(value);
    this.slot(field);
  }

  override addFieldFloat64(field: number, value: number): void {
    this.addFloat64(value);
    this.slot(field);
  }

  override createString(text: string | Uint8Array | null | undefined): number {
    this.#inString = true;
    try {
      return super.createString(text);
    } finally {
      this.#inString = false;
    }
  }

  override startVector(elementSize: number, count: number, alignment: number): void {
    this.#inEmptyVector = count === 0 && !this.#inString;
    if (!this.#inEmptyVector) super.startVector(elementSize, count, alignment);
  }

  /** For the place where an empty list says something else than none. */
  createEmptyVector(): number {
    super.startVector(4, 0, 4);
    return super.endVector();
  }

  override endVector(): number {
    return this.#inEmptyVector ? 0 : super.endVector();
  }
}
