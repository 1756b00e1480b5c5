/** For the default branch of a switch over a union: compiles only if nothing is left. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`);
}
