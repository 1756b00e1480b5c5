import { useCallback, useMemo, useState, useSyncExternalStore } from "react";
import type { ModelId } from "../../base/brand";
import type { AppError, LoadedModel, Prompt, Token, Tokens } from "../../protocol/types";
import { useIsReady, useStudio } from "../../state/hooks";
import type { RunRecord } from "../../state/run-record";
import { useLatestReply } from "../../state/use-latest-reply";
import { sizeOf } from "./prompt-draft";

const kDelayMs = 80;
/** Longer prompts are tokenized only when asked for: every pause in typing would send them anew. */
export const kMaxLiveLength = 200_000;

export interface Tokenization {
  /** The last that is known; it may be of a prompt a moment ago. */
  readonly tokens: Tokens | undefined;
  readonly error: AppError | undefined;
  readonly isFresh: boolean;
  /** Why nothing is asked, in words; undefined: it is. */
  readonly obstacle: string | undefined;
  /** For a prompt that is too long to be tokenized while it is typed. */
  readonly askNow: (() => void) | undefined;
}

interface Question {
  readonly model: ModelId;
  readonly prompt: Prompt;
}

/** What the model's tokenizer makes of the prompt, while it is being written. */
export function useTokenization(model: LoadedModel | undefined, prompt: Prompt | undefined): Tokenization {
  const studio = useStudio();
  const isReady = useIsReady();
  const [asked, setAsked] = useState<Prompt>();
  const isLong = prompt !== undefined && prompt !== asked && sizeOf(prompt) > kMaxLiveLength;
  const canAsk = isReady && model?.state === "ready" && model.info?.capabilities?.tokenize !== false;
  const id = canAsk && !isLong ? model.model : undefined;
  const question = useMemo<Question | undefined>(
    () => (id === undefined || prompt === undefined ? undefined : { model: id, prompt }),
    [id, prompt],
  );
  const ask = useCallback(({ model: of, prompt: text }: Question) => studio.tokenize(of, text), [studio]);
  const replied = useLatestReply(question, kDelayMs, ask);
  // Ids of another model's vocabulary would be lies.
  const isOfModel = replied?.question.model === id;
  return {
    tokens: isOfModel ? replied?.answer : undefined,
    error: isOfModel ? replied?.error : undefined,
    isFresh: replied !== undefined && replied.question === question,
    obstacle: obstacleTo(isReady, model, isLong),
    askNow: isLong ? () => setAsked(prompt) : undefined,
  };
}

function obstacleTo(isReady: boolean, model: LoadedModel | undefined, isLong: boolean): string | undefined {
  if (!isReady) return "The tokens show when the server is there again.";
  if (model === undefined) return "The tokens show when a model is loaded.";
  if (model.state === "loading") return "The tokens show when the model is loaded.";
  if (model.state === "dead") return "The model’s engine died: it can’t tokenize.";
  if (model.info?.capabilities?.tokenize === false) return "This model has no tokenizer: give token ids.";
  return isLong ? "The prompt is too long to be tokenized while you type." : undefined;
}

/**
 * The surprisal of each prompt token in bits, from the run in sight; undefined
 * where it is not known, or as a whole if that run had another prompt.
 */
export function usePromptSurprisal(
  record: RunRecord | undefined,
  tokens: readonly Token[],
): readonly (number | undefined)[] | undefined {
  const nPrompt = useSyncExternalStore(
    useCallback((listener) => record?.subscribe(listener) ?? (() => undefined), [record]),
    () => record?.nPrompt ?? 0,
  );
  return useMemo(() => {
    if (record === undefined || nPrompt === 0 || nPrompt !== tokens.length) return undefined;
    if (!tokens.every(({ id }, index) => record.tokens.id(index) === id)) return undefined;
    return tokens.map((_, index) => {
      const p = record.tokens.rawProb(index);
      return p === undefined ? undefined : Math.max(0, -Math.log2(p));
    });
  }, [record, nPrompt, tokens]);
}
