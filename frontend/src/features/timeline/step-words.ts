import { formatMicroseconds, spokenProbability } from "../../base/format";
import { quoted } from "../../base/visible-text";
import type { TokenColumns } from "../../state/token-columns";
import type { Summary } from "./run-profile";

/** What a screen reader says of a step: "Token 41, “cat”, 41 percent, entropy 2.1 bits, 240 µs". */
export function spokenStep(tokens: TokenColumns, index: number): string {
  const p = tokens.rawProb(index);
  const bits = tokens.entropy(index);
  const us = tokens.decodeUs(index);
  return [
    `Token ${tokens.position(index)}`,
    quoted(tokens.appearance(index).text),
    p === undefined ? "probability not known" : spokenProbability(p),
    bits === undefined ? "" : `entropy ${bits.toFixed(1)} bits`,
    us === undefined ? "" : formatMicroseconds(us),
    tokens.isPrompt(index) ? "prompt" : "",
  ]
    .filter((part) => part !== "")
    .join(", ");
}

/** A stretch of steps in words; what is missing is said to be. */
export function summaryWords(summary: Summary): readonly string[] {
  const { nTokens, nPrompt, meanSurprisal, nWithSurprisal, perplexity, tokensPerSecond, nWithTime } = summary;
  const of = (n: number) => (n === nTokens ? "" : ` (of ${n})`);
  return [
    `${nTokens} ${nTokens === 1 ? "token" : "tokens"}${nPrompt > 0 ? `, ${nPrompt} of the prompt` : ""}`,
    meanSurprisal === undefined
      ? "surprisal missing"
      : `mean surprisal ${meanSurprisal.toFixed(2)} bits${of(nWithSurprisal)}`,
    perplexity === undefined ? "perplexity missing" : `perplexity ${perplexity.toFixed(2)}`,
    tokensPerSecond === undefined
      ? "time missing"
      : `${tokensPerSecond.toFixed(tokensPerSecond >= 100 ? 0 : 1)} tok/s in the model${of(nWithTime)}`,
  ];
}
