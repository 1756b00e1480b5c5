import { act, render } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { asRunId } from "../base/brand";
import { aStep, columnsOf } from "../connection/fake-connection";
import { usePacedRunVersion } from "./paced";
import { RunRecord } from "./run-record";

const kNothing = { started: undefined, steps: undefined, phase: undefined, failure: undefined };

function watch(drawMs: number) {
  const record = new RunRecord(asRunId(1));
  const drawn: number[] = [];
  function View() {
    const version = usePacedRunVersion(record);
    const until = performance.now() + drawMs;
    while (performance.now() < until);
    if (drawn.at(-1) !== version) drawn.push(version);
    return null;
  }
  render(<View />);
  const step = () => {
    const steps = columnsOf([aStep(record.tokens.length, "a")]);
    act(() => record.apply({ ...kNothing, run: record.run, steps }, performance.now()));
  };
  const finish = () => {
    const finished = { reason: "limit" } as never;
    act(() =>
      record.apply(
        { ...kNothing, run: record.run, phase: { kind: "finished", finished } },
        performance.now(),
      ),
    );
  };
  return { record, drawn, step, finish };
}

const wait = (ms: number) => act(() => new Promise((resolve) => setTimeout(resolve, ms)));

describe("a view of a run that grows", () => {
  it("draws every change where drawing costs little", async () => {
    const { drawn, step } = watch(0);
    for (let n = 0; n < 4; ++n) {
      step();
      await wait(40);
    }
    expect(drawn).toEqual([0, 1, 2, 3, 4]);
  });

  it("rests after a draw that took long, and then draws the latest", async () => {
    const { drawn, step } = watch(60);
    step();
    await wait(40);
    step();
    step();
    step();
    expect(drawn.at(-1)).toBe(1);
    await wait(400);
    expect(drawn).toEqual([0, 1, 4]);
  });

  it("draws the end of the run at once", async () => {
    const { drawn, step, finish } = watch(60);
    step();
    await wait(40);
    step();
    finish();
    await wait(0);
    expect(drawn.at(-1)).toBe(3);
  });
});
