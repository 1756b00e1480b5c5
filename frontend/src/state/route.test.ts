import { describe, expect, it } from "vitest";
import { asPosition, asRunId } from "../base/brand";
import { formatRoute, parseRoute, type Route } from "./route";

const kRun = asRunId(3);
const kPosition = asPosition(41);
const kRoutes: readonly Route[] = [
  { run: undefined, position: undefined, overlay: undefined },
  { run: kRun, position: undefined, overlay: undefined },
  { run: kRun, position: kPosition, overlay: { kind: "settings" } },
  { run: undefined, position: undefined, overlay: { kind: "shortcuts" } },
  { run: kRun, position: kPosition, below: "explore", overlay: undefined },
  { run: kRun, position: undefined, below: "branches", overlay: { kind: "breakpoint", id: 2 } },
  { run: undefined, position: undefined, overlay: { kind: "breakpoint", id: undefined } },
  { run: kRun, position: kPosition, overlay: { kind: "model", path: "/m/a b%?.gguf", tab: "tensors" } },
  { run: kRun, position: kPosition, overlay: { kind: "run", run: asRunId(7), part: "about" } },
  { run: undefined, position: undefined, overlay: { kind: "run", run: kRun, part: "delete" } },
  { run: undefined, position: undefined, overlay: { kind: "model", path: "C:\\m.gguf", tab: "overview" } },
];

describe("an address", () => {
  it.each(kRoutes)("opens what it was taken from: %o", (route) => {
    expect(parseRoute(formatRoute(route))).toEqual(route);
  });

  it.each(["/runs/3", "/run/x", "/run/3/41/elsewhere", "/about/x", "/model/%E0%A4%A"])(
    "that says nothing known (%s) opens the start",
    (path) => {
      expect(formatRoute(parseRoute(path))).toBe("/");
    },
  );
});
