import { useEffect, useLayoutEffect, useRef, useState } from "react";
import type { RunRecord } from "./run-record";

/** Drawing takes at most one part in so many of the time. */
const kShare = 2;
/** Draws that take less need no rest. */
const kCheapMs = 8;
const kLongestRestMs = 100;

/**
 * The run's version, for views that cost something: each draw is timed, its
 * frame included, and the next one waits in proportion. At a readable speed
 * every frame is drawn; at thousands of tokens a second, fewer. `leastRestMs`
 * is for what nobody can read faster anyway.
 */
export function usePacedRunVersion(record: RunRecord, leastRestMs = 0): number {
  const [version, setVersion] = useState(record.version);
  const restUntilMs = useRef(0);
  const beganMs = useRef(0);
  beganMs.current = performance.now();

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const draw = () => {
      clearTimeout(timer);
      timer = undefined;
      setVersion(record.version);
    };
    const onChange = () => {
      const restMs = restUntilMs.current - performance.now();
      if (restMs <= 0 || !record.isLive) draw();
      else timer ??= setTimeout(draw, Math.min(restMs, kLongestRestMs));
    };
    draw();
    const unsubscribe = record.subscribe(onChange);
    return () => {
      unsubscribe();
      clearTimeout(timer);
    };
  }, [record]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: every drawn version is timed
  useLayoutEffect(() => {
    const renderMs = performance.now() - beganMs.current;
    return timeFrame((frameMs) => {
      const costMs = renderMs + frameMs;
      const restMs = costMs > kCheapMs ? costMs * (kShare - 1) : 0;
      restUntilMs.current = performance.now() + Math.max(leastRestMs, restMs);
    });
  }, [version, leastRestMs]);

  return version;
}

/** Tells how long the browser takes for the next frame. Returns the undo. */
function timeFrame(tell: (ms: number) => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const frame = requestAnimationFrame(() => {
    const beganMs = performance.now();
    timer = setTimeout(() => tell(performance.now() - beganMs));
  });
  return () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
}
