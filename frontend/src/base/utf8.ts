// UTF-8 as a stream of tokens brings it: a token may hold a part of a character.

const kDecoder = new TextDecoder("utf-8");

/** Bytes that a character starting with `lead` takes; 0 if none can start with it. */
function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  if (lead >= 0xf0 && lead <= 0xf4) return 4;
  return 0;
}

/** Second bytes are bounded, or overlong forms, surrogates and numbers past U+10FFFF would pass. */
function isSecondByte(lead: number, byte: number): boolean {
  if (lead === 0xe0) return byte >= 0xa0 && byte <= 0xbf;
  if (lead === 0xed) return byte >= 0x80 && byte <= 0x9f;
  if (lead === 0xf0) return byte >= 0x90 && byte <= 0xbf;
  if (lead === 0xf4) return byte >= 0x80 && byte <= 0x8f;
  return byte >= 0x80 && byte <= 0xbf;
}

export type CharacterScan =
  | { readonly kind: "character"; readonly length: number }
  | { readonly kind: "broken" }
  | { readonly kind: "incomplete" };

const kBroken: CharacterScan = { kind: "broken" };
const kIncomplete: CharacterScan = { kind: "incomplete" };
const kCharacters: readonly CharacterScan[] = [1, 2, 3, 4].map((length) => ({ kind: "character", length }));

/** Looks at the character that begins at `at`, in bytes that end at `end`. */
export function scanCharacter(bytes: Uint8Array, at: number, end: number): CharacterScan {
  const lead = bytes[at] ?? 0;
  const length = sequenceLength(lead);
  if (length === 0) return kBroken;
  for (let i = 1; i < length; ++i) {
    if (at + i >= end) return kIncomplete;
    const byte = bytes[at + i] ?? 0;
    if (i === 1 ? !isSecondByte(lead, byte) : (byte & 0xc0) !== 0x80) return kBroken;
  }
  return kCharacters[length - 1] ?? kBroken;
}

export function escapeByte(byte: number): string {
  return `\\x${byte.toString(16).toUpperCase().padStart(2, "0")}`;
}

/** The text of the bytes, with every byte that is not part of a character as \xHH. */
export function decodeWithEscapes(bytes: Uint8Array): string {
  let text = "";
  let begin = 0;
  let at = 0;
  while (at < bytes.length) {
    const scan = scanCharacter(bytes, at, bytes.length);
    if (scan.kind === "character") {
      at += scan.length;
      continue;
    }
    text += kDecoder.decode(bytes.subarray(begin, at)) + escapeByte(bytes[at] ?? 0);
    at += 1;
    begin = at;
  }
  return text + kDecoder.decode(bytes.subarray(begin));
}
