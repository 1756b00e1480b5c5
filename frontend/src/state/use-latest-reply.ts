import { useEffect, useState } from "react";
import type { AppError } from "../protocol/types";
import { errorOf } from "./studio";

/** What the server said to the last question that it has answered. */
export interface Replied<Question, Answer> {
  readonly question: Question;
  readonly answer: Answer | undefined;
  readonly error: AppError | undefined;
}

/**
 * Asks again whenever the question is another one, once it has been the same
 * for a while; undefined: there is nothing to ask. Only the reply to the newest
 * question is taken, and the one before it stays until then: compare its
 * question to see whether it is fresh. `question` and `ask` are memoized.
 */
export function useLatestReply<Question, Answer>(
  question: Question | undefined,
  delayMs: number,
  ask: (question: Question) => Promise<Answer>,
): Replied<Question, Answer> | undefined {
  const [replied, setReplied] = useState<Replied<Question, Answer>>();
  useEffect(() => {
    if (question === undefined) return undefined;
    let isNewest = true;
    const take = (answer: Answer | undefined, error: AppError | undefined) => {
      if (isNewest) setReplied({ question, answer, error });
    };
    const timer = setTimeout(() => {
      ask(question).then(
        (answer) => take(answer, undefined),
        (reason: unknown) => take(undefined, errorOf(reason)),
      );
    }, delayMs);
    return () => {
      isNewest = false;
      clearTimeout(timer);
    };
  }, [question, delayMs, ask]);
  return question === undefined ? undefined : replied;
}
