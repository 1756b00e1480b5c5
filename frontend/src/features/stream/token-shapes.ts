import { withVisibleControls, withVisibleSpaces } from "../../base/visible-text";
import type { TokenAppearance, TokenColumns } from "../../state/token-columns";
import type { ShapedTokens, TokenShape } from "./line-layout";

export interface Fonts {
  /** As a canvas takes it: "16px Inter". */
  readonly text: string;
  readonly mono: string;
}

/** What of a text that can't be seen is written out. */
export interface Visibility {
  readonly spaces: boolean;
  readonly bytes: boolean;
}

/** A token's text as pieces of lines: what it shows before and after its line ends. */
export interface Pieces {
  readonly head: string;
  readonly tail: string;
  readonly nLineEnds: number;
}

export function piecesOf(text: string, showSpaces: boolean): Pieces {
  const shown = showSpaces ? withVisibleSpaces : withoutTabs;
  const lines = text.split("\n");
  const nLineEnds = lines.length - 1;
  if (nLineEnds === 0) return { head: shown(text), tail: "", nLineEnds };
  return { head: `${shown(lines[0] ?? "")}↵`, tail: shown(lines.at(-1) ?? ""), nLineEnds };
}

/** A tab is as wide as its place on the line asks; four spaces are the same everywhere. */
function withoutTabs(text: string): string {
  return withVisibleControls(text).replaceAll("\t", "    ");
}

// Sizes that token-line.module.css gives: a chip's padding, border and margin,
// and the mark for a part of a character.
const kChipExtraWidth = 14;
const kPartWidth = 7;

const kWordBegin = /^[\s\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]/u;
const kWordEnd = /[\s\-\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]$/u;

/**
 * Measures tokens for the layout. Every distinct look is measured once, with a
 * canvas that is never shown.
 */
export class TokenShapes {
  readonly #context: CanvasRenderingContext2D | null;
  readonly #fonts: Fonts;
  readonly #visible: Visibility;
  readonly #known = new Map<TokenAppearance, TokenShape>();
  readonly #widths = new Map<string, number>();

  constructor(fonts: Fonts, visible: Visibility) {
    this.#context = document.createElement("canvas").getContext("2d");
    this.#fonts = fonts;
    this.#visible = visible;
  }

  /** `pending`: the token that may come after them. */
  of(tokens: TokenColumns, pending: TokenAppearance | undefined): ShapedTokens {
    const { length, settledLength } = tokens;
    return {
      length: pending === undefined ? length : length + 1,
      settledLength,
      shape: (index) =>
        this.#shape(pending !== undefined && index === length ? pending : tokens.appearance(index)),
    };
  }

  #shape(appearance: TokenAppearance): TokenShape {
    // Whole tokens share one appearance object per vocabulary entry.
    const known = this.#known.get(appearance);
    if (known !== undefined) return known;
    const shape = this.#measure(appearance);
    this.#known.set(appearance, shape);
    return shape;
  }

  #measure({ kind, text }: TokenAppearance): TokenShape {
    const isMark = kind === "part" && !this.#visible.bytes;
    if (isMark || text === "") return { ...kBox, headWidth: kPartWidth };
    if (kind !== "text") return { ...kBox, headWidth: this.#width(text, this.#fonts.mono) + kChipExtraWidth };
    const pieces = piecesOf(text, this.#visible.spaces);
    const isTrimmed = !this.#visible.spaces && pieces.head.startsWith(" ");
    return {
      headWidth: this.#width(pieces.head, this.#fonts.text),
      tailWidth: this.#width(pieces.tail, this.#fonts.text),
      nLineEnds: pieces.nLineEnds,
      leadingSpaceWidth: isTrimmed ? this.#width(" ", this.#fonts.text) : 0,
      startsWord: kWordBegin.test(text),
      endsWord: kWordEnd.test(text),
    };
  }

  #width(text: string, font: string): number {
    if (text === "") return 0;
    const key = `${font}\n${text}`;
    const known = this.#widths.get(key);
    if (known !== undefined) return known;
    const width = this.#measureText(text, font);
    this.#widths.set(key, width);
    return width;
  }

  #measureText(text: string, font: string): number {
    if (this.#context === null) return text.length * 8;
    this.#context.font = font;
    return this.#context.measureText(text).width;
  }
}

const kBox: TokenShape = {
  headWidth: 0,
  tailWidth: 0,
  nLineEnds: 0,
  leadingSpaceWidth: 0,
  startsWord: true,
  endsWord: true,
};
