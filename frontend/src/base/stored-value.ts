// What the browser kept was written by some version of the page, or by someone
// else: it is taken field by field, as far as it is understood.

export type Fields = Readonly<Record<string, unknown>>;

export function parseStored(text: string | null): Fields {
  try {
    return fieldsOf(JSON.parse(text ?? "{}"));
  } catch {
    return {};
  }
}

export function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

export function textOr(value: unknown, otherwise: string): string {
  return typeof value === "string" ? value : otherwise;
}

export function flagOr(value: unknown, otherwise: boolean): boolean {
  return typeof value === "boolean" ? value : otherwise;
}

export function oneOf<T extends string>(value: unknown, all: readonly T[], otherwise: T): T {
  return all.find((one) => one === value) ?? otherwise;
}

/** The items of a list that can be read; undefined: it is no list. */
export function listOf<T>(value: unknown, read: (item: unknown) => T | undefined): T[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.map(read).filter((item) => item !== undefined);
}

export function textFields(value: unknown): Record<string, string> {
  const entries = Object.entries(fieldsOf(value));
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}
