/** What became of a step under another chain. */
export const kWouldBeSame = 0;
export const kWouldBeChanged = 1;
/** Another token, one that was not recorded. */
export const kWouldBeUnrecorded = 2;
/** Not to be told from what was recorded. */
export const kWouldBeUndetermined = 3;
/** Put there by hand: no chain chose it. */
export const kWouldBeForced = 4;
/** The page has dropped the step's record to save memory. */
export const kWouldBeNotKept = 5;

/** What another chain would have made of consecutive generated steps, one array per measure. */
export interface WhatIfColumns {
  readonly position: Uint32Array;
  readonly status: Uint8Array;
  /** The token that would have come; -1: not known. */
  readonly token: Int32Array;
  /** Bounds of the chosen token's final probability; `low` is NaN where it would have been removed. */
  readonly low: Float32Array;
  readonly high: Float32Array;
  /** 0: exact, 1: bounded, 2: not computed. */
  readonly exactness: Uint8Array;
}

export interface WhatIfPiece {
  readonly columns: WhatIfColumns;
  /** The text of tokens that earlier pieces did not name. */
  readonly tokens: readonly { readonly id: number; readonly bytes: Uint8Array }[];
  /** Why steps were not exact or their token not determined, and of how many steps so far. */
  readonly reasons: readonly (readonly [reason: string, count: number])[];
  /** Every step that has come is computed; more follow as the run goes on. */
  readonly isCaughtUp: boolean;
}
