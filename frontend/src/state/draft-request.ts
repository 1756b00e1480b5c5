import { useEffect } from "react";
import { createStore, type StoreApi } from "zustand/vanilla";
import type { Prompt, SamplerStage } from "../protocol/types";
import { useStudio } from "./hooks";

/** What another view asks the composer to take over; what is undefined stays as it is there. */
export interface DraftRequest {
  readonly sampler?: readonly SamplerStage[] | undefined;
  readonly seed?: number | undefined;
  readonly prompt?: Prompt | undefined;
  /** The editor of the chain is wanted in sight. */
  readonly opensChain?: boolean | undefined;
}

/** Requests on their way to the composer; the last one waits until there is a composer to take it. */
export class DraftRequests {
  readonly store: StoreApi<{ readonly waiting: DraftRequest | undefined }> = createStore(() => ({
    waiting: undefined as DraftRequest | undefined,
  }));

  ask(request: DraftRequest): void {
    this.store.setState({ waiting: request });
  }

  take(): DraftRequest | undefined {
    const { waiting } = this.store.getState();
    if (waiting !== undefined) this.store.setState({ waiting: undefined });
    return waiting;
  }
}

/**
 * For the composer: calls `onRequest` once with every request, the one that
 * waits already included. Others ask with `studio.draftRequests.ask(…)`.
 */
export function useDraftRequests(onRequest: (request: DraftRequest) => void): void {
  const { draftRequests } = useStudio();
  useEffect(() => {
    const take = () => {
      const request = draftRequests.take();
      if (request !== undefined) onRequest(request);
    };
    take();
    return draftRequests.store.subscribe(take);
  }, [draftRequests, onRequest]);
}
