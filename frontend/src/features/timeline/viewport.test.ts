import { describe, expect, it } from "vitest";
import { indexAt, kAll, pan, rangeOf, reveal, show, xOf, zoom } from "./viewport";

describe("the part of the run in sight", () => {
  it("is all of it at first, however long it grows", () => {
    expect(rangeOf(kAll, 100)).toEqual({ begin: 0, end: 100 });
    expect(rangeOf(kAll, 200)).toEqual({ begin: 0, end: 200 });
  });

  it("keeps the step under the pointer in its place when it is zoomed", () => {
    for (const centre of [100, 500, 801]) {
      const before = xOf(centre, rangeOf(kAll, 1000), 700);
      const zoomed = zoom(kAll, 1000, centre, 0.5);
      expect(xOf(centre, rangeOf(zoomed, 1000), 700)).toBeCloseTo(before, 6);
    }
  });

  it("does not leave the run at either end", () => {
    expect(rangeOf(zoom(zoom(kAll, 1000, 0, 0.1), 1000, 0, 0.5), 1000).begin).toBe(0);
    const near = show({ begin: 100, end: 200 }, 1000);
    expect(rangeOf(pan(near, 1000, -500), 1000)).toEqual({ begin: 0, end: 100 });
    expect(rangeOf(pan(near, 1000, 5000), 1000)).toEqual({ begin: 900, end: 1000 });
  });

  it("stays with the newest once it has reached the end, and follows them", () => {
    const end = pan(show({ begin: 100, end: 200 }, 1000), 1000, 5000);
    expect(rangeOf(end, 1500)).toEqual({ begin: 1400, end: 1500 });
  });

  it("stays where it was put while the run grows", () => {
    const view = show({ begin: 100, end: 200 }, 1000);
    expect(rangeOf(view, 5000)).toEqual({ begin: 100, end: 200 });
  });

  it("is all again when it is zoomed out far enough", () => {
    expect(zoom(show({ begin: 100, end: 900 }, 1000), 1000, 500, 2)).toEqual(kAll);
  });

  it("never gets so small that nothing is in it", () => {
    const { begin, end } = rangeOf(zoom(kAll, 1000, 500, 1e-9), 1000);
    expect(end - begin).toBe(10);
  });

  it("moves to a step only if that is out of sight", () => {
    const view = show({ begin: 100, end: 200 }, 1000);
    expect(reveal(view, 1000, 150)).toBe(view);
    expect(rangeOf(reveal(view, 1000, 500), 1000)).toEqual({ begin: 450, end: 550 });
  });

  it("turns places into steps and back", () => {
    const range = { begin: 250, end: 750 };
    expect(indexAt(xOf(333, range, 640), range, 640)).toBeCloseTo(333, 9);
  });
});
