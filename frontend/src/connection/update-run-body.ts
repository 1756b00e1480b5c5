import type { Builder, Offset } from "flatbuffers";
import type { RunId } from "../base/brand";
import * as pb from "../protocol/generated/inferno_generated";
import type { RunLabel } from "../protocol/types";
import { SparseBuilder } from "./sparse-builder";

/**
 * An UpdateRun that tells "no tags any more" from "leave the tags as they are":
 * the generated class writes both as an empty vector, and SparseBuilder neither.
 */
export class UpdateRunBody extends pb.UpdateRunT {
  readonly #removesAllTags: boolean;

  constructor(run: RunId, label: RunLabel) {
    super(run, label.title ?? null, label.note ?? null, [...(label.tags ?? [])]);
    this.#removesAllTags = label.tags?.length === 0;
  }

  override pack(builder: Builder): Offset {
    if (!this.#removesAllTags || !(builder instanceof SparseBuilder)) return super.pack(builder);
    const title = this.title === null ? 0 : builder.createString(this.title);
    const note = this.note === null ? 0 : builder.createString(this.note);
    return pb.UpdateRun.createUpdateRun(builder, this.run, title, note, builder.createEmptyVector());
  }
}
