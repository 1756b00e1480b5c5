import { describe, expect, it } from "vitest";
import { aStep, columnsOf } from "../../../connection/fake-connection";
import { TokenColumns } from "../../../state/token-columns";
import { type FindQuery, findMatches, firstMatchAfter } from "./find-matches";
import { TextIndex } from "./text-index";
import { type FromSearchWorker, type SearchWorker, TextSearch, type ToSearchWorker } from "./text-search";

const plain = (text: string, changes: Partial<FindQuery> = {}): FindQuery => ({
  text,
  isPattern: false,
  matchesCase: false,
  ...changes,
});
const pattern = (text: string) => plain(text, { isPattern: true });

function found(text: string, query: FindQuery, atMost?: number): string[] {
  const answer = findMatches(text, query, atMost);
  if (answer.kind !== "found") return [answer.kind];
  const { begins, ends } = answer.matches;
  return Array.from(begins, (begin, index) => text.slice(begin, ends[index]));
}

describe("finding in a text", () => {
  it("takes plain text literally, whatever signs are in it", () => {
    expect(found("a.c abc a.c", plain("a.c"))).toEqual(["a.c", "a.c"]);
    expect(found("f(x) [1] $2 ^3 a-b c/d", plain("a-b c/d"))).toEqual(["a-b c/d"]);
  });

  it("minds the case only when asked", () => {
    expect(found("Cat cAt cat", plain("cat"))).toHaveLength(3);
    expect(found("Cat cAt cat", plain("cat", { matchesCase: true }))).toEqual(["cat"]);
  });

  it("understands regular expressions, lines and whole characters", () => {
    expect(found("one 22\nthree 44", pattern("^\\w+ \\d+$"))).toEqual(["one 22", "three 44"]);
    expect(found("a😀b", pattern("."))).toEqual(["a", "😀", "b"]);
  });

  it("passes over matches of nothing", () => {
    expect(found("aXbX", pattern("X*"))).toEqual(["X", "X"]);
  });

  it("says what is wrong with a pattern", () => {
    const answer = findMatches("text", pattern("(a"));
    expect(answer.kind === "badPattern" && answer.message).toContain("Unterminated group");
  });

  it("stops at a number of matches, and says so", () => {
    expect(found("aaaa", plain("a"), 3)).toHaveLength(3);
    expect(findMatches("aaaa", plain("a"), 3)).toMatchObject({ matches: { isCut: true } });
    expect(findMatches("aaaa", plain("a"), 4)).toMatchObject({ matches: { isCut: false } });
  });

  it("finds the next match from a place on", () => {
    const matches = { begins: Uint32Array.of(0, 10, 20), ends: Uint32Array.of(3, 13, 23), isCut: false };
    expect([0, 3, 12, 13, 30].map((offset) => firstMatchAfter(matches, offset))).toEqual([0, 1, 1, 2, 3]);
  });
});

describe("the text of tokens", () => {
  it("tells which token shows which character, though one may be spread over several", () => {
    const tokens = new TokenColumns();
    const parts = ["ab", Uint8Array.of(0xc3), Uint8Array.of(0xbc), "", "cd"];
    tokens.append(columnsOf(parts.map((part, position) => aStep(position, part))));
    const index = new TextIndex();
    index.update(tokens, 3);
    index.update(tokens, tokens.length);
    expect(index.text).toBe("abücd");
    expect([0, 1, 2, 3, 4].map((offset) => index.tokenAt(offset))).toEqual([0, 0, 2, 4, 4]);
    expect(index.offsetOf(4)).toBe(3);
  });
});

/** Answers when told to, or never. */
class SlowWorker implements SearchWorker {
  onmessage: ((event: MessageEvent<FromSearchWorker>) => void) | null = null;
  readonly asked: ToSearchWorker[] = [];
  isEnded = false;

  postMessage(message: ToSearchWorker): void {
    this.asked.push(message);
  }

  terminate(): void {
    this.isEnded = true;
  }

  answerLast(): void {
    const last = this.asked.at(-1);
    if (last === undefined) return;
    const data = { id: last.id, answer: findMatches("", last.query) };
    this.onmessage?.(new MessageEvent("message", { data }));
  }
}

describe("a search apart from the page", () => {
  function searching(timeoutMs: number) {
    const workers: SlowWorker[] = [];
    const search = new TextSearch(() => {
      const worker = new SlowWorker();
      workers.push(worker);
      return worker;
    }, timeoutMs);
    return { workers, search };
  }

  it("sends the text once, then what was added", async () => {
    const { workers, search } = searching(1000);
    const first = search.search("abc", plain("a"));
    workers[0]?.answerLast();
    await first;
    void search.search("abcdef", plain("b"));
    expect(workers[0]?.asked.map(({ added }) => added)).toEqual(["abc", "def"]);
    search.close();
  });

  it("leaves out questions that a later one has overtaken", async () => {
    const { workers, search } = searching(1000);
    const answers = ["a", "b", "c"].map((text) => search.search("abc", plain(text)));
    workers[0]?.answerLast();
    workers[0]?.answerLast();
    expect((await Promise.all(answers)).map((answer) => answer?.kind)).toEqual(["found", undefined, "found"]);
    expect(workers[0]?.asked.map(({ query }) => query.text)).toEqual(["a", "c"]);
  });

  it("ends a pattern that takes too long, and goes on with a fresh worker", async () => {
    const { workers, search } = searching(20);
    expect(await search.search("aaaa", pattern("(a+)+b"))).toEqual({ kind: "tooSlow" });
    expect(workers[0]?.isEnded).toBe(true);
    const next = search.search("aaaa", plain("a"));
    expect(workers[1]?.asked[0]?.added).toBe("aaaa");
    workers[1]?.answerLast();
    expect((await next)?.kind).toBe("found");
  });
});
