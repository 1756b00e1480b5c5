/** Spaces, line ends and tabs as signs, so that they can be seen. */
export function withVisibleSpaces(text: string): string {
  return text.replaceAll(" ", "␣").replaceAll("\n", "↵").replaceAll("\t", "⇥").replaceAll("\r", "␍");
}

/** A token's text within a sentence. */
export function quoted(text: string): string {
  return `“${withVisibleSpaces(text)}”`;
}
