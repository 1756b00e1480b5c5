import { useCallback, useRef, useState } from "react";
import type { AppError } from "../../protocol/types";
import { errorOf } from "../../state/studio";

export interface Asking<Question, Answer> {
  readonly ask: (question: Question) => void;
  readonly isAsking: boolean;
  /** The newest answer, and what it answers; it stays until the next one is there. */
  readonly answered: { readonly question: Question; readonly answer: Answer } | undefined;
  /** Why the newest question got no answer. */
  readonly error: AppError | undefined;
}

/** Questions whose answers take a while: only that to the newest one counts. */
export function useAsking<Question, Answer>(
  request: (question: Question) => Promise<Answer>,
): Asking<Question, Answer> {
  const newest = useRef(0);
  const [state, setState] = useState<Omit<Asking<Question, Answer>, "ask">>({
    isAsking: false,
    answered: undefined,
    error: undefined,
  });
  const ask = useCallback(
    (question: Question) => {
      const mine = ++newest.current;
      setState((old) => ({ ...old, isAsking: true, error: undefined }));
      request(question).then(
        (answer) => {
          if (mine !== newest.current) return;
          setState({ isAsking: false, answered: { question, answer }, error: undefined });
        },
        (reason: unknown) => {
          if (mine === newest.current)
            setState((old) => ({ ...old, isAsking: false, error: errorOf(reason) }));
        },
      );
    },
    [request],
  );
  return { ...state, ask };
}
