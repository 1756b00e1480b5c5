import { type KeyboardEvent, useRef, useState } from "react";
import { tintLevel } from "../../base/colour";
import { formatBits, formatCount, formatHex, kMissing } from "../../base/format";
import { decodeWithEscapes } from "../../base/utf8";
import { withVisibleSpaces } from "../../base/visible-text";
import type { Token, TokenKind } from "../../protocol/types";
import type { RunRecord } from "../../state/run-record";
import { Button } from "../../widgets/button";
import { Help } from "../../widgets/help";
import styles from "./token-chips.module.css";
import { usePromptSurprisal } from "./use-tokenization";

/** So many are put on the page at once; the rest waits for a press. */
const kPage = 500;

interface TokenChipsProps {
  readonly tokens: readonly Token[];
  readonly record: RunRecord | undefined;
}

/** The prompt's tokens, one chip each; more about the one under the pointer or chosen by the arrow keys. */
export function TokenChips({ tokens, record }: TokenChipsProps) {
  const bits = usePromptSurprisal(record, tokens);
  const [active, setActive] = useState<number>();
  const [nPages, setPages] = useState(1);
  const shown = tokens.slice(0, nPages * kPage);
  const current = active === undefined ? undefined : shown[active];
  if (tokens.length === 0) return <p className={styles["about"]}>No tokens.</p>;
  return (
    <div className={styles["view"]}>
      <Chips shown={shown} bits={bits} active={active} onActive={setActive} />
      {shown.length < tokens.length && (
        <Button look="quiet" onPress={() => setPages(nPages + 4)}>
          {formatCount(tokens.length - shown.length)} more are not shown. Show{" "}
          {tokens.length - shown.length > 4 * kPage ? formatCount(4 * kPage) : "them"}
        </Button>
      )}
      <p className={styles["about"]}>
        {current === undefined || active === undefined ? (
          <Summary bits={bits} />
        ) : (
          <About token={current} place={active} bits={bits === undefined ? undefined : bits[active]} />
        )}
      </p>
    </div>
  );
}

interface ChipsProps {
  readonly shown: readonly Token[];
  readonly bits: readonly (number | undefined)[] | undefined;
  readonly active: number | undefined;
  readonly onActive: (index: number | undefined) => void;
}

/** One tab stop; the arrow keys go from token to token. */
function Chips({ shown, bits, active, onActive }: ChipsProps) {
  const listRef = useRef<HTMLUListElement>(null);
  // A shorter prompt must not take the tab stop with it.
  const stop = Math.min(active ?? 0, shown.length - 1);
  const onKeyDown = (event: KeyboardEvent) => {
    const to = placeAfter(event.key, active ?? -1, shown.length - 1);
    const chip = to === undefined ? undefined : listRef.current?.children[to];
    if (!(chip instanceof HTMLElement)) return;
    event.preventDefault();
    chip.focus();
  };
  return (
    <ul
      ref={listRef}
      className={styles["chips"]}
      aria-label="Tokens of the prompt"
      onPointerLeave={() => onActive(undefined)}
    >
      {shown.map((token, index) => (
        <li
          // biome-ignore lint/suspicious/noArrayIndexKey: tokens have no identity but their place
          key={index}
          tabIndex={index === stop ? 0 : -1}
          aria-label={labelOf(token, index, bits?.[index])}
          data-kind={token.kind}
          data-active={index === active}
          className={styles["chip"]}
          style={tintOf(bits?.[index])}
          onFocus={() => onActive(index)}
          onPointerOver={() => onActive(index)}
          onKeyDown={onKeyDown}
        >
          {textOf(token)}
          {bits !== undefined && <small>{bits[index]?.toFixed(1) ?? kMissing}</small>}
        </li>
      ))}
    </ul>
  );
}

function placeAfter(key: string, at: number, last: number): number | undefined {
  switch (key) {
    case "ArrowRight":
    case "ArrowDown":
      return Math.min(last, at + 1);
    case "ArrowLeft":
    case "ArrowUp":
      return Math.max(0, at - 1);
    case "Home":
      return 0;
    case "End":
      return last;
    default:
      return undefined;
  }
}

function tintOf(bits: number | undefined) {
  if (bits === undefined) return undefined;
  return { background: `var(--tint-${tintLevel(1 - Math.sqrt(2 ** -bits))})` };
}

function textOf(token: Token): string {
  return withVisibleSpaces(decodeWithEscapes(token.bytes)) || `⟨${token.id}⟩`;
}

function labelOf(token: Token, index: number, bits: number | undefined): string {
  const surprise = bits === undefined ? "" : `, ${bits.toFixed(1)} bits`;
  const kind = kKindWords[token.kind];
  return `${textOf(token)}, ${index + 1}, id ${token.id}${kind === "" ? "" : `, ${kind}`}${surprise}`;
}

const kKindWords: Readonly<Record<TokenKind, string>> = {
  normal: "",
  unknown: "unknown token",
  control: "control token",
  userDefined: "added token",
  unused: "unused token",
  byte: "byte token",
};

interface AboutProps {
  readonly token: Token;
  readonly place: number;
  readonly bits: number | undefined;
}

function About({ token, place, bits }: AboutProps) {
  const kind = kKindWords[token.kind] || (token.isText ? "" : "part of a character");
  return (
    <>
      <b>{textOf(token)}</b> place {formatCount(place)} · id {token.id}
      {token.bytes.length > 0 && ` · bytes ${formatHex(token.bytes)}`}
      {kind !== "" && ` · ${kind}`}
      {bits !== undefined && ` · ${formatBits(bits)}`}
    </>
  );
}

/** What the run in sight says to the prompt as a whole. */
function Summary({ bits }: { readonly bits: readonly (number | undefined)[] | undefined }) {
  const known = (bits ?? []).filter((one) => one !== undefined);
  if (known.length === 0) return "Point at a token, or use the arrow keys, to see its id and bytes.";
  const mean = known.reduce((sum, one) => sum + one, 0) / known.length;
  return (
    <>
      surprisal of the prompt in this run: {formatBits(mean)} per token, perplexity {(2 ** mean).toFixed(1)}{" "}
      <Help term="surprisal" />
    </>
  );
}
