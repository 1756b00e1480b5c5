/** Steps [begin, end) across the width; fractions where a step is cut by the edge. */
export interface Range {
  readonly begin: number;
  readonly end: number;
}

/**
 * What part of the run is in sight: all of it, so many of the newest steps,
 * or a fixed stretch. The first two move on while the run grows.
 */
export type View =
  | { readonly kind: "all" }
  | { readonly kind: "newest"; readonly span: number }
  | { readonly kind: "fixed"; readonly range: Range };

export const kAll: View = { kind: "all" };
/** So few steps fill the width when it is zoomed in all the way. */
const kLeastSpan = 10;

export function rangeOf(view: View, length: number): Range {
  const most = Math.max(1, length);
  switch (view.kind) {
    case "all":
      return { begin: 0, end: most };
    case "newest":
      return { begin: Math.max(0, most - view.span), end: most };
    case "fixed":
      return view.range;
  }
}

/** Zooms by `factor` (below 1: closer), with the step under `centre` staying where it is. */
export function zoom(view: View, length: number, centre: number, factor: number): View {
  const { begin, end } = rangeOf(view, length);
  const span = Math.max(kLeastSpan, (end - begin) * factor);
  if (span >= length) return kAll;
  const share = end === begin ? 0.5 : (centre - begin) / (end - begin);
  return viewOf(centre - share * span, span, length);
}

/** Moves by so many steps; at the end it stays with the newest. */
export function pan(view: View, length: number, steps: number): View {
  const { begin, end } = rangeOf(view, length);
  return end - begin >= length ? kAll : viewOf(begin + steps, end - begin, length);
}

export function show(range: Range, length: number): View {
  const span = Math.max(kLeastSpan, range.end - range.begin);
  return span >= length ? kAll : viewOf((range.begin + range.end - span) / 2, span, length);
}

/** Brings a step into sight, if it is not. */
export function reveal(view: View, length: number, index: number): View {
  const { begin, end } = rangeOf(view, length);
  if (index >= begin && index + 1 <= end) return view;
  return viewOf(index - (end - begin) / 2, end - begin, length);
}

function viewOf(begin: number, span: number, length: number): View {
  const at = Math.max(0, Math.min(begin, length - span));
  if (at + span >= length - 1e-6) return { kind: "newest", span };
  return { kind: "fixed", range: { begin: at, end: at + span } };
}

export function xOf(index: number, { begin, end }: Range, width: number): number {
  return ((index - begin) / (end - begin)) * width;
}

export function indexAt(x: number, { begin, end }: Range, width: number): number {
  return begin + (x / Math.max(1, width)) * (end - begin);
}
