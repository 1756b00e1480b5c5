declare const kBrand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [kBrand]: Name };

/** A run's number, given by the server. */
export type RunId = Brand<number, "RunId">;
/** Index in the token sequence, from 0. */
export type Position = Brand<number, "Position">;
/** Handle of a loaded model. */
export type ModelId = Brand<number, "ModelId">;

export const asRunId = (value: number): RunId => value as RunId;
export const asPosition = (value: number): Position => value as Position;
export const asModelId = (value: number): ModelId => value as ModelId;
