import type { FindAnswer, FindQuery } from "./find-matches";

/** Text is sent once; each question is about all that was sent so far. */
export interface ToSearchWorker {
  readonly id: number;
  readonly added: string;
  readonly query: FindQuery;
}

export interface FromSearchWorker {
  readonly id: number;
  readonly answer: FindAnswer;
}

/** The part of a Worker that is used. */
export interface SearchWorker {
  onmessage: ((event: MessageEvent<FromSearchWorker>) => void) | null;
  postMessage(message: ToSearchWorker): void;
  terminate(): void;
}

interface Question {
  readonly text: string;
  readonly query: FindQuery;
  /** Undefined: a later question took its place. */
  readonly resolve: (answer: FindAnswer | undefined) => void;
}

const kTimeoutMs = 1500;

/**
 * Searches a growing text in a worker, one question at a time, the latest one
 * next. A pattern that takes too long (some take longer than the universe has
 * existed) is ended with its worker; the next question starts another.
 */
export class TextSearch {
  readonly #openWorker: () => SearchWorker;
  readonly #timeoutMs: number;
  #worker: SearchWorker | undefined;
  #sentLength = 0;
  #nextId = 1;
  #asked: Question | undefined;
  #waiting: Question | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(openWorker: () => SearchWorker, timeoutMs = kTimeoutMs) {
    this.#openWorker = openWorker;
    this.#timeoutMs = timeoutMs;
  }

  /** `text` must begin with the text of every question before. */
  search(text: string, query: FindQuery): Promise<FindAnswer | undefined> {
    return new Promise((resolve) => {
      this.#waiting?.resolve(undefined);
      this.#waiting = { text, query, resolve };
      this.#askNext();
    });
  }

  close(): void {
    this.#endWorker();
    this.#asked?.resolve(undefined);
    this.#waiting?.resolve(undefined);
    this.#asked = undefined;
    this.#waiting = undefined;
  }

  #askNext(): void {
    if (this.#asked !== undefined || this.#waiting === undefined) return;
    const question = this.#waiting;
    this.#asked = question;
    this.#waiting = undefined;
    const id = this.#nextId++;
    const worker = this.#worker ?? this.#openWorker();
    this.#worker = worker;
    worker.onmessage = ({ data }) => {
      if (data.id === id) this.#settle(data.answer);
    };
    worker.postMessage({ id, added: question.text.slice(this.#sentLength), query: question.query });
    this.#sentLength = question.text.length;
    this.#timer = setTimeout(() => {
      this.#endWorker();
      this.#settle({ kind: "tooSlow" });
    }, this.#timeoutMs);
  }

  #settle(answer: FindAnswer): void {
    clearTimeout(this.#timer);
    this.#asked?.resolve(answer);
    this.#asked = undefined;
    this.#askNext();
  }

  #endWorker(): void {
    clearTimeout(this.#timer);
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#sentLength = 0;
  }
}
