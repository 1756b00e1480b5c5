import type { ModelId, RunId } from "../../base/brand";
import { TokenPicker } from "../../parts/token-picker";
import type { AppError, Token } from "../../protocol/types";
import { useStudio } from "../../state/hooks";
import { errorOf } from "../../state/studio";
import { Help } from "../../widgets/help";
import styles from "./composer.module.css";

interface NextTokenProps {
  readonly run: RunId;
  readonly model: ModelId | undefined;
  readonly onError: (error: AppError | undefined) => void;
}

/** While a run is paused: puts a token of the person's choice where the chain would have chosen. */
export function NextToken({ run, model, onError }: NextTokenProps) {
  const studio = useStudio();
  const put = async (token: Token) => {
    onError(undefined);
    try {
      await studio.forceToken(run, token.id);
      await studio.control("stepOnce", run);
    } catch (reason) {
      onError(errorOf(reason));
    }
  };
  return (
    <div className={styles["nextToken"]}>
      <TokenPicker label="Your own next token" verb="Put" model={model} onPick={(token) => void put(token)} />
      <Help term="forcedToken" />
    </div>
  );
}
