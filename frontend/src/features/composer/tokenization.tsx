import { lazy } from "react";
import { formatCount, plural } from "../../base/format";
import type { RunRecord } from "../../state/run-record";
import { Button } from "../../widgets/button";
import styles from "./composer.module.css";
import { LazyPart } from "./lazy-part";
import type { Tokenization } from "./use-tokenization";

const TokenChips = lazy(async () => ({ default: (await import("./token-chips")).TokenChips }));

interface TokenizationViewProps {
  readonly tokenization: Tokenization;
  /** The run in sight: what it knows of the same prompt is shown with its tokens. */
  readonly record: RunRecord | undefined;
  readonly maxTokens: number | undefined;
  readonly isOpen: boolean;
  readonly onOpen: (isOpen: boolean) => void;
}

/** How the prompt falls into tokens, and whether they fit. */
export function TokenizationView(props: TokenizationViewProps) {
  const { tokenization, record, maxTokens, isOpen, onOpen } = props;
  const { tokens, error, obstacle, askNow, isFresh } = tokenization;
  const warnings = tokens?.warnings ?? [];
  return (
    <section className={styles["tokenization"]} aria-label="Tokenization" data-fresh={isFresh}>
      <div className={styles["meterLine"]}>
        <Button look="quiet" aria-expanded={isOpen} onPress={() => onOpen(!isOpen)}>
          {isOpen ? "▾" : "▸"} Tokens
        </Button>
        {tokens !== undefined && (
          <Meter count={tokens.tokens.length} nCtx={tokens.nCtx} maxTokens={maxTokens} />
        )}
        {tokens === undefined && error === undefined && (
          <span className={styles["words"]}>{obstacle ?? "…"}</span>
        )}
        {warnings.length > 0 && (
          <span className={styles["warnings"]}>{plural(warnings.length, "warning")}</span>
        )}
        {askNow !== undefined && <Button onPress={askNow}>Tokenize it now</Button>}
      </div>
      {error !== undefined && (
        <p className={styles["fault"]}>
          {asSentence(error.message)} {error.hint}
        </p>
      )}
      {warnings.map((warning) => (
        <p key={warning.code} className={styles["warning"]} data-code={warning.code}>
          {warning.message}
        </p>
      ))}
      {isOpen && tokens !== undefined && (
        <LazyPart name="tokens">
          <TokenChips tokens={tokens.tokens} record={record} />
        </LazyPart>
      )}
    </section>
  );
}

/** So that what is said after it does not run into it. */
function asSentence(words: string): string {
  return /[.!?]$/.test(words) ? words : `${words}.`;
}

interface MeterProps {
  readonly count: number;
  /** 0: the model has no context (a vocabulary only). */
  readonly nCtx: number;
  /** Undefined: no limit. */
  readonly maxTokens: number | undefined;
}

/** The prompt's and the answer's share of the context, in words and as a bar. */
function Meter({ count, nCtx, maxTokens }: MeterProps) {
  if (nCtx === 0) return <span className={styles["count"]}>{plural(count, "token")}</span>;
  const room = Math.max(0, nCtx - count);
  const wanted = Math.min(room, maxTokens ?? room);
  const share = (tokens: number) => `${(Math.min(1, tokens / nCtx) * 100).toFixed(2)}%`;
  return (
    <>
      <span className={styles["count"]}>
        <b>{formatCount(count)}</b> {count === 1 ? "token" : "tokens"} of {formatCount(nCtx)}
      </span>
      <span className={styles["meter"]} data-tone={room === 0 ? "bad" : "calm"} aria-hidden="true">
        <i style={{ width: share(count) }} />
        <u style={{ width: share(wanted) }} />
      </span>
      <span className={room === 0 ? styles["fault"] : styles["words"]}>{roomWords(room, maxTokens)}</span>
    </>
  );
}

function roomWords(room: number, maxTokens: number | undefined): string {
  if (room === 0) return "does not fit: there is no room to generate";
  if (maxTokens === undefined) return `room for ${formatCount(room)} more`;
  if (maxTokens > room) return `room for ${formatCount(room)}, not for ${formatCount(maxTokens)} more`;
  return `up to ${formatCount(maxTokens)} more`;
}
