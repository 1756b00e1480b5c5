/** How well a text matches what was typed, and which of its letters did. */
export interface Match {
  readonly score: number;
  readonly indices: readonly number[];
}

const kWordStart = 8;
const kAdjacent = 5;
const kWhole = 20;

/** The typed letters in their order, anywhere in the text; words may come in any order. Undefined: no match. */
export function fuzzyMatch(typed: string, text: string): Match | undefined {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = words.map((word) => matchWord(word, text.toLowerCase()));
  let score = 0;
  const indices = new Set<number>();
  for (const match of matches) {
    if (match === undefined) return undefined;
    score += match.score;
    for (const index of match.indices) indices.add(index);
  }
  return { score: score - text.length / 100, indices: [...indices].sort((a, b) => a - b) };
}

function matchWord(word: string, text: string): Match | undefined {
  const whole = bestWhole(word, text);
  if (whole !== undefined) {
    const indices = Array.from(word, (_, offset) => whole + offset);
    return { score: kWhole + word.length * kAdjacent + startBonus(text, whole), indices };
  }
  return matchScattered(word, text);
}

/** Where the word stands in one piece: at the start of a word if it does anywhere. */
function bestWhole(word: string, text: string): number | undefined {
  let found: number | undefined;
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (startBonus(text, at) > 0) return at;
    found ??= at;
  }
  return found;
}

function matchScattered(word: string, text: string): Match | undefined {
  const indices: number[] = [];
  let score = 0;
  let from = 0;
  for (const letter of word) {
    const at = text.indexOf(letter, from);
    if (at < 0) return undefined;
    score += 1 + startBonus(text, at) + (at === from && from > 0 ? kAdjacent : 0);
    indices.push(at);
    from = at + 1;
  }
  return { score, indices };
}

function startBonus(text: string, index: number): number {
  return index === 0 || /[^\p{L}\p{N}]/u.test(text.charAt(index - 1)) ? kWordStart : 0;
}
