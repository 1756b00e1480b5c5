import { useMemo } from "react";
import { spokenProbability } from "../../base/format";
import { decodeWithEscapes } from "../../base/utf8";
import { withVisibleControls } from "../../base/visible-text";
import type { StepDetail, Token } from "../../protocol/types";
import type { RunRecord } from "../../state/run-record";
import type { TokenAppearance } from "../../state/token-columns";

/** The token of a stopped run that is chosen and not yet accepted: the stream shows it after all others. */
export interface PendingToken {
  readonly index: number;
  readonly appearance: TokenAppearance;
  /** What a screen reader says of it. */
  readonly label: string;
}

export function usePendingToken(record: RunRecord): PendingToken | undefined {
  const { pending } = record;
  const index = record.tokens.length;
  return useMemo(
    () =>
      pending === undefined
        ? undefined
        : { index, appearance: appearanceOf(pending.token), label: labelOf(pending) },
    [pending, index],
  );
}

function appearanceOf({ bytes, kind, isText, id }: Token): TokenAppearance {
  const text = decodeWithEscapes(bytes);
  if (kind === "control") return { kind: "control", text: text || `token ${id}` };
  return { kind: isText ? "text" : "bytes", text };
}

function labelOf({ token, rawLogprob, rank, entropy, forced }: StepDetail): string {
  const words = withVisibleControls(decodeWithEscapes(token.bytes).trim()) || "space";
  return [
    words,
    forced ? "put there by you" : "chosen",
    "not yet accepted",
    ...(rawLogprob === undefined ? [] : [spokenProbability(Math.exp(rawLogprob))]),
    ...(rank === undefined ? [] : [`rank ${rank}`]),
    ...(entropy === undefined ? [] : [`entropy ${entropy.toFixed(1)} bits`]),
  ].join(", ");
}
