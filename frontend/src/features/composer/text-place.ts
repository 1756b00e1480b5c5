/** A place in a text: line and column from 1, and the index in the string. */
export interface TextPlace {
  readonly line: number;
  readonly column: number;
  readonly index: number;
}

/** Where in the text its UTF-8 form has its byte number `offset`. */
export function placeOfByte(text: string, offset: number): TextPlace {
  let bytes = 0;
  let index = 0;
  for (const character of text) {
    bytes += utf8Length(character.codePointAt(0) ?? 0);
    if (bytes > offset) break;
    index += character.length;
  }
  const before = text.slice(0, index);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: [...before.slice(lineStart)].length + 1, index };
}

function utf8Length(code: number): number {
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code < 0x10000 ? 3 : 4;
}
