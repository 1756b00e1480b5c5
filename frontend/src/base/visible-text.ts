// Characters that can't be seen, or that would turn round the text about them,
// are written out, so that no token can hide or disturb anything on the page.

const kControls =
  /[\p{Cc}\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu;
const kJoiners = /[\u200c\u200d]/gu;
const kSigns: Readonly<Record<string, string>> = { "\r": "␍", "\0": "␀", "\x1b": "␛", "\x7f": "␡" };

function written(character: string): string {
  // Line ends and tabs lay text out; what shows text decides about them.
  if (character === "\n" || character === "\t") return character;
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return kSigns[character] ?? `⟨U+${code}⟩`;
}

/** Control characters and marks of direction, written out; all else as it is. */
export function withVisibleControls(text: string): string {
  return text.replace(kControls, written);
}

/** Spaces, line ends, tabs and joiners as signs, too, so that they can be seen. */
export function withVisibleSpaces(text: string): string {
  return withVisibleControls(text)
    .replace(kJoiners, written)
    .replaceAll(" ", "␣")
    .replaceAll("\n", "↵")
    .replaceAll("\t", "⇥");
}

/** A token's text within a sentence. */
export function quoted(text: string): string {
  return `“${withVisibleSpaces(text)}”`;
}
