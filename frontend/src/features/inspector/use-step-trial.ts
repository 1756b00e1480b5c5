import { useMemo } from "react";
import type { SamplerStage, StepDetail } from "../../protocol/types";
import { recordedStep } from "../../sampling/recorded-step";
import { WhatIf, type WouldBe } from "../../sampling/what-if";
import type { RunRecord } from "../../state/run-record";

/** What a candidate would have had in the end. */
export interface WouldBeShare {
  /** NaN: it would have been removed. */
  readonly low: number;
  readonly high: number;
}

export interface StepTrial {
  readonly wouldBe: WouldBe;
  /** By token id. */
  readonly shares: ReadonlyMap<number, WouldBeShare>;
}

/** What another chain would have made of this one step; undefined: nothing is tried, or nothing was sampled here. */
export function useStepTrial(
  record: RunRecord,
  detail: StepDetail,
  chain: readonly SamplerStage[] | undefined,
): StepTrial | undefined {
  return useMemo(() => {
    const { started, tokens } = record;
    const runChain = record.samplerAt(detail.position);
    if (started === undefined || runChain === undefined || chain === undefined) return undefined;
    const step = recordedStep(detail, started.nVocab);
    if (step === undefined) return undefined;
    const whatIf = new WhatIf({ chain, runChain, nCtx: started.nCtx });
    const history = { ids: tokens.ids, length: record.indexOf(detail.position) ?? 0 };
    const wouldBe = whatIf.step(step, history);
    const shares = Array.from(
      step.ids,
      (id, index) => [id, { low: wouldBe.low[index] ?? 0, high: wouldBe.high[index] ?? 1 }] as const,
    );
    return { wouldBe, shares: new Map(shares) };
  }, [record, detail, chain]);
}
