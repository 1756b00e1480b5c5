export const kFlagPrompt = 1;
/** The token's bytes are not text by themselves. */
export const kFlagBytes = 2;
export const kFlagControl = 4;
export const kFlagForced = 8;
export const kFlagEndOfText = 16;
/** Some logits of this step were NaN or infinite. */
export const kFlagNonFinite = 32;

/** Consecutive steps, one array per measure. NaN (rank: 0) stands for "not known". */
export interface StepColumns {
  readonly position: Uint32Array;
  readonly id: Int32Array;
  readonly rawLogprob: Float32Array;
  readonly finalProb: Float32Array;
  readonly rank: Uint32Array;
  readonly entropy: Float32Array;
  /**
   * Time in the model, microseconds. Prompt tokens are decoded together: each
   * has its share. The first token after them needed no decoding of its own: NaN.
   */
  readonly decodeUs: Float32Array;
  readonly flags: Uint8Array;
  /** The tokens' bytes, joined, and where each token's end within them. */
  readonly bytes: Uint8Array;
  readonly byteEnd: Uint32Array;
  /** One per watch that was followed at any of the steps. */
  readonly watched?: readonly WatchedColumn[] | undefined;
}

/** What was recorded of a watch. NaN (rank: 0) where it was not followed. */
export interface WatchedColumn {
  /** What is followed, whatever number a client gave it: see `watchKey`. */
  readonly key: string;
  readonly rawProb: Float32Array;
  readonly bestRank: Uint32Array;
}

/** The arrays' buffers, to hand them to another thread without copying. */
export function transferables(columns: StepColumns): ArrayBuffer[] {
  const { watched, ...own } = columns;
  const ofWatches = (watched ?? []).flatMap(({ rawProb, bestRank }) => [rawProb, bestRank]);
  return [...Object.values(own), ...ofWatches].map((array) => array.buffer as ArrayBuffer);
}
