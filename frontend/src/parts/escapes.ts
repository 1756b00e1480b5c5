// Strings in a field of one line each: line ends and tabs are written as escapes.

const kNamed: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", s: " ", "\\": "\\" };

/** Turns \n, \t, \r, \s (a space), \\ and \u{1F600} into what they stand for. */
export function readEscapes(text: string): string {
  return text.replace(
    /\\(?:u\{([0-9a-fA-F]{1,6})\}|(.))/g,
    (whole, hex: string | undefined, sign: string) => {
      if (hex === undefined) return kNamed[sign] ?? whole;
      const code = Number.parseInt(hex, 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
}

/** The other way round: what `readEscapes` reads back. */
export function writeEscapes(text: string): string {
  return text
    .replaceAll("\\", "\\\\")
    .replaceAll("\n", "\\n")
    .replaceAll("\t", "\\t")
    .replaceAll("\r", "\\r")
    .replace(/^ | $/g, "\\s");
}

/** The strings of a field with one in each line; empty lines count for nothing. */
export function linesOf(text: string): string[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map(readEscapes);
}
