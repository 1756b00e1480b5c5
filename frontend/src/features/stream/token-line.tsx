import { memo } from "react";
import { tintLevel } from "../../base/colour";
import { kFlagNonFinite } from "../../connection/step-columns";
import type { Measure } from "../../state/preferences";
import type { TokenColumns } from "../../state/token-columns";
import { kSurprisingProb, kUnlikelyProb, salience, spokenToken } from "./surprise";
import styles from "./token-line.module.css";
import { piecesOf } from "./token-shapes";

interface TokenLineProps {
  readonly tokens: TokenColumns;
  readonly top: number;
  readonly begin: number;
  readonly end: number;
  /** The line continues the text of the one above: a leading space is left out. */
  readonly isContinued: boolean;
  /** Undefined: not on this line. */
  readonly selected: number | undefined;
  /** The token after which the text goes on growing; undefined: not on this line. */
  readonly newest: number | undefined;
  readonly measure: Measure;
  readonly nVocab: number;
  readonly showSpaces: boolean;
  readonly idPrefix: string;
  /** Changes when tokens of this line look different, though the line holds the same ones. */
  readonly stamp: number;
}

/** One line of the stream. Drawn again only when something on it changes. */
export const TokenLine = memo(function TokenLine(props: TokenLineProps) {
  const { begin, end, top, isContinued, newest, tokens } = props;
  const options = [];
  for (let index = begin; index < end; ++index) {
    const isTrimmed = isContinued && index === begin && !props.showSpaces;
    options.push(<TokenOption key={index} {...props} index={index} isTrimmed={isTrimmed} />);
  }
  return (
    <div role="presentation" className={styles["line"]} style={{ top }}>
      {!isContinued && begin > 0 && begin < end && <Indentation {...props} />}
      {options}
      {newest !== undefined && newest >= begin && newest < end && (
        <span aria-hidden="true" className={styles["caret"]} />
      )}
      {begin === end && tokens.length === begin && newest === begin - 1 && (
        <span aria-hidden="true" className={styles["caret"]} />
      )}
    </div>
  );
});

/** What the token that ended the line above shows on this one. */
function Indentation({ tokens, begin, showSpaces }: TokenLineProps) {
  const { tail } = piecesOf(tokens.appearance(begin - 1).text, showSpaces);
  if (tail === "") return null;
  return (
    <span aria-hidden="true" data-index={begin - 1} className={styles["token"]}>
      {tail}
    </span>
  );
}

interface TokenOptionProps extends TokenLineProps {
  readonly index: number;
  readonly isTrimmed: boolean;
}

function TokenOption({ tokens, index, isTrimmed, ...props }: TokenOptionProps) {
  const appearance = tokens.appearance(index);
  const level = salience(tokens, index, props.measure, props.nVocab);
  const isSelected = props.selected === index;
  const isFirstGenerated = index > 0 && !tokens.isPrompt(index) && tokens.isPrompt(index - 1);
  return (
    <>
      {isFirstGenerated && <span aria-hidden="true" className={styles["boundary"]} />}
      {/* biome-ignore lint/a11y/useFocusableInteractive: the list box has the focus and names its active option */}
      <span
        role="option"
        id={`${props.idPrefix}${index}`}
        data-index={index}
        aria-selected={isSelected}
        aria-label={spokenToken(tokens, index)}
        aria-posinset={index + 1}
        aria-setsize={-1}
        className={classNames(tokens, index, appearance.kind, isSelected, props.newest === index)}
        style={level === undefined ? undefined : { backgroundColor: `var(--tint-${tintLevel(level)})` }}
      >
        {shownText(appearance.kind, appearance.text, isTrimmed, props.showSpaces)}
      </span>
    </>
  );
}

function shownText(kind: string, text: string, isTrimmed: boolean, showSpaces: boolean): string {
  if (kind === "part" || text === "") return "";
  if (kind !== "text") return text;
  const { head } = piecesOf(text, showSpaces);
  return isTrimmed && head.startsWith(" ") ? head.slice(1) : head;
}

function classNames(
  tokens: TokenColumns,
  index: number,
  kind: string,
  isSelected: boolean,
  isNewest: boolean,
): string {
  const names = [styles["token"]];
  const p = tokens.rawProb(index);
  if (p !== undefined && p < kUnlikelyProb)
    names.push(styles[p < kSurprisingProb ? "surprising" : "unlikely"]);
  if (tokens.isPrompt(index)) names.push(styles["prompt"]);
  if (kind === "control" || kind === "bytes") names.push(styles["chip"]);
  if (kind === "part" || tokens.appearance(index).text === "") names.push(styles["part"]);
  if (tokens.hasFlag(index, kFlagNonFinite)) names.push(styles["nonFinite"]);
  if (isSelected) names.push(styles["selected"]);
  if (isNewest) names.push(styles["newest"]);
  return names.join(" ");
}
