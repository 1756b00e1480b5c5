import { cleanup, configure } from "@testing-library/react";
import { afterEach, beforeEach } from "vitest";

afterEach(cleanup);

// Views are fetched when they are first shown, which takes a while on a busy machine.
configure({ asyncUtilTimeout: 20_000 });

beforeEach(() => {
  window.location.hash = "";
  window.localStorage.clear();
});

// jsdom lays nothing out: every element gets a size, so that there is something in sight.
Object.defineProperty(HTMLElement.prototype, "clientWidth", { configurable: true, value: 800 });
Object.defineProperty(HTMLElement.prototype, "clientHeight", { configurable: true, value: 600 });
HTMLCanvasElement.prototype.getContext = () => null;
globalThis.ResizeObserver = class {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
};

// jsdom knows no pointer capture.
Element.prototype.setPointerCapture ??= () => undefined;
