import { useEffect, useState } from "react";
import type { AppError, EngineOptions, ModelInfo } from "../../protocol/types";
import { useIsReady, useStudio } from "../../state/hooks";
import { errorOf } from "../../state/studio";

export interface Inspection {
  /** The last answer; it stays while the next one is on its way. */
  readonly info: ModelInfo | undefined;
  readonly error: AppError | undefined;
  readonly isUnderWay: boolean;
}

const kPauseMs = 250;

/**
 * What the server says of a file under the given options, asked again when they
 * change and rest for a moment. Undefined options: not asked, the last answer stays.
 */
export function useInspection(
  path: string,
  options: EngineOptions | undefined,
  withTensors: boolean,
): Inspection {
  const studio = useStudio();
  const isReady = useIsReady();
  const [inspection, setInspection] = useState<Inspection>(kNothing);
  // Options are made anew with every keystroke: what counts is what they say.
  const key = options === undefined ? undefined : JSON.stringify(options);
  useEffect(() => {
    if (key === undefined || !isReady) return undefined;
    let isCurrent = true;
    setInspection((last) => ({ ...last, isUnderWay: true }));
    const ask = async () => {
      try {
        const asked: EngineOptions = JSON.parse(key);
        const info = await studio.inspectModel(path, asked, withTensors);
        if (isCurrent) setInspection({ info, error: undefined, isUnderWay: false });
      } catch (reason) {
        if (isCurrent)
          setInspection((last) => ({ info: last.info, error: errorOf(reason), isUnderWay: false }));
      }
    };
    const timer = setTimeout(() => void ask(), withTensors ? 0 : kPauseMs);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [studio, isReady, path, key, withTensors]);
  return inspection;
}

const kNothing: Inspection = { info: undefined, error: undefined, isUnderWay: true };
