import { useState } from "react";
import type { RunId } from "../../base/brand";
import type { AppError, SamplerStage } from "../../protocol/types";
import { useStudio } from "../../state/hooks";
import { errorOf } from "../../state/studio";
import { Button } from "../../widgets/button";
import { Notice } from "../../widgets/notice";
import styles from "./composer.module.css";

interface ChainHereProps {
  readonly run: RunId;
  readonly sampler: readonly SamplerStage[];
  readonly seed: number | undefined;
  /** Why it can't be used now; undefined: it can. */
  readonly obstacle: string | undefined;
}

/** While a run stands still: has it go on with the chain in the editor. */
export function ChainHere({ run, sampler, seed, obstacle }: ChainHereProps) {
  const studio = useStudio();
  const [outcome, setOutcome] = useState<"used" | AppError>();
  const use = () => {
    setOutcome(undefined);
    studio.setSampler(run, sampler, seed).then(
      () => setOutcome("used"),
      (reason: unknown) => setOutcome(errorOf(reason)),
    );
  };
  return (
    <div className={styles["chainHere"]}>
      <Button look="primary" isDisabled={obstacle !== undefined} onPress={use}>
        Use this chain in the stopped run
      </Button>
      <span role="status" className={styles["words"]}>
        {outcome === "used" ? "The run goes on with it." : (obstacle ?? "From the token that waits on.")}
      </span>
      {outcome !== undefined && outcome !== "used" && (
        <Notice tone="bad" title={outcome.message} hint={outcome.hint} />
      )}
    </div>
  );
}
