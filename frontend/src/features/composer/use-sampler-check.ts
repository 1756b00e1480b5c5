import { useCallback, useMemo } from "react";
import type { ModelId } from "../../base/brand";
import type { AppError, LoadedModel, SamplerStage } from "../../protocol/types";
import { useIsReady, useStudio } from "../../state/hooks";
import { useLatestReply } from "../../state/use-latest-reply";
import { type ChainDraft, chainProblem, samplerOf, usedStages } from "./chain-draft";

const kDelayMs = 250;

/** What the engine says to the chain as it stands. */
export interface SamplerCheck {
  /** By the key of the stage it speaks of. */
  readonly byStage: ReadonlyMap<number, AppError>;
  /** About the chain as a whole, or about the checking itself. */
  readonly general: readonly AppError[];
}

interface Question {
  readonly model: ModelId;
  readonly sampler: readonly SamplerStage[];
  readonly keys: readonly number[];
}

/** Undefined: not checked, or not yet. While the chain has faults that the page sees by itself, the server is not asked. */
export function useSamplerCheck(model: LoadedModel | undefined, chain: ChainDraft): SamplerCheck | undefined {
  const studio = useStudio();
  const isReady = useIsReady();
  const id = isReady && model?.state === "ready" ? model.model : undefined;
  const question = useMemo<Question | undefined>(() => {
    if (id === undefined || chainProblem(chain) !== undefined) return undefined;
    return { model: id, sampler: samplerOf(chain), keys: usedStages(chain).map(({ key }) => key) };
  }, [id, chain]);
  const ask = useCallback((asked: Question) => studio.checkSampler(asked.model, asked.sampler), [studio]);
  const replied = useLatestReply(question, kDelayMs, ask);
  return useMemo(() => {
    if (replied === undefined || replied.question.model !== id) return undefined;
    // A server of an earlier version can't check: the run itself will tell.
    if (replied.error?.code === "UnknownMessage") return undefined;
    const errors = replied.answer?.errors ?? (replied.error === undefined ? [] : [replied.error]);
    return sorted(errors, replied.question.keys);
  }, [replied, id]);
}

function sorted(errors: readonly AppError[], keys: readonly number[]): SamplerCheck {
  const byStage = new Map<number, AppError>();
  const general: AppError[] = [];
  for (const error of errors) {
    const key = error.stage === undefined ? undefined : keys[error.stage];
    if (key === undefined) general.push(error);
    else byStage.set(key, error);
  }
  return { byStage, general };
}
