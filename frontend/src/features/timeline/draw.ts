import type { MinMaxPyramid, Span } from "./min-max-pyramid";
import type { Palette } from "./palette";
import type { RunProfile } from "./run-profile";
import type { Track, TrackContext } from "./tracks";
import { type Range, xOf } from "./viewport";

/** Height of the row of marks above the tracks. */
export const kLaneHeight = 14;
const kTrackGap = 8;

/** A row of marks above the tracks. */
export interface Lane {
  readonly name: string;
  readonly colour: string;
  /** Indices of tokens, in order. */
  readonly marks: Uint32Array;
}

export interface Scene {
  readonly profile: RunProfile;
  readonly tracks: readonly Track[];
  readonly context: TrackContext;
  /** Steps that are drawn of the whole run. */
  readonly length: number;
  readonly range: Range;
  readonly nPrompt: number;
  readonly lanes: readonly Lane[];
  readonly palette: Palette;
}

export interface Row {
  readonly top: number;
  readonly height: number;
}

/** Where each track is, in a plot of a height. */
export function rowsOf(nTracks: number, plotHeight: number, nLanes: number): readonly Row[] {
  const space = Math.max(0, plotHeight - nLanes * kLaneHeight);
  const height = Math.max(8, space / nTracks - kTrackGap);
  return Array.from({ length: nTracks }, (_, row) => ({
    top: nLanes * kLaneHeight + (row * space) / nTracks + kTrackGap / 2,
    height,
  }));
}

/** Draws the marks and the tracks. Sizes are those of the page; the canvas may have more pixels. */
export function drawTimeline(canvas: HTMLCanvasElement, scene: Scene): void {
  const context = sized(canvas);
  if (context === undefined) return;
  const { width, height } = context;
  const { lanes } = scene;
  shadePrompt(context, scene, height);
  lanes.forEach(({ marks, colour }, lane) => {
    drawMarks(context, scene, marks, { top: lane * kLaneHeight + 3, height: kLaneHeight - 6 }, colour);
  });
  const rows = rowsOf(scene.tracks.length, height, lanes.length);
  scene.tracks.forEach((track, at) => {
    const row = rows[at];
    const pyramid = scene.profile.pyramid(at);
    if (row === undefined || pyramid === undefined) return;
    drawFrame(context, row, width, scene.palette("--track-line"));
    drawTrack(context, { track, pyramid, row, scene, width });
  });
}

/** The whole run in a strip, by its first track. */
export function drawOverview(canvas: HTMLCanvasElement, scene: Scene): void {
  const context = sized(canvas);
  const [track] = scene.tracks;
  const pyramid = scene.profile.pyramid(0);
  if (context === undefined || track === undefined || pyramid === undefined) return;
  const whole = { ...scene, range: { begin: 0, end: Math.max(1, scene.length) } };
  const row = { top: 2, height: context.height - 4 };
  drawTrack(context, { track, pyramid, row, scene: whole, width: context.width });
}

interface Drawing {
  readonly ctx: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
}

/** Fits the canvas's pixels to its size on the screen and clears it. */
function sized(canvas: HTMLCanvasElement): Drawing | undefined {
  const ctx = canvas.getContext("2d");
  if (ctx === null) return undefined;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  const scale = window.devicePixelRatio || 1;
  const [across, down] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== across || canvas.height !== down) {
    canvas.width = across;
    canvas.height = down;
  }
  ctx.setTransform(scale, 0, 0, scale, 0, 0);
  ctx.clearRect(0, 0, width, height);
  return { ctx, width, height };
}

function shadePrompt({ ctx, width }: Drawing, { range, nPrompt, palette }: Scene, height: number): void {
  const x = Math.min(width, xOf(nPrompt, range, width));
  if (x <= 0) return;
  ctx.fillStyle = palette("--track-prompt");
  ctx.fillRect(0, 0, x, height);
}

function drawFrame({ ctx }: Drawing, { top, height }: Row, width: number, colour: string): void {
  ctx.fillStyle = colour;
  ctx.fillRect(0, Math.round(top + height), width, 1);
}

interface TrackDrawing {
  readonly track: Track;
  readonly pyramid: MinMaxPyramid;
  readonly row: Row;
  readonly scene: Scene;
  readonly width: number;
}

function drawTrack({ ctx }: Drawing, drawing: TrackDrawing): void {
  const { scene, width, track } = drawing;
  ctx.strokeStyle = scene.palette(track.colour);
  ctx.lineWidth = 1;
  ctx.setLineDash([...(track.dash ?? [])]);
  ctx.beginPath();
  if (scene.range.end - scene.range.begin > width) traceSpans(ctx, drawing);
  else traceSteps(ctx, drawing);
  ctx.stroke();
}

/** Several steps share a pixel: up and down between the least and the greatest of them. */
function traceSpans(ctx: CanvasRenderingContext2D, drawing: TrackDrawing): void {
  const { track, pyramid, row, scene, width } = drawing;
  const { begin, end } = scene.range;
  const perPixel = (end - begin) / width;
  const bottom = row.top + row.height;
  const span: Span = { min: 0, max: 0 };
  let isOn = false;
  for (let x = 0; x < width; ++x) {
    const first = Math.floor(begin + x * perPixel);
    const last = Math.max(first + 1, Math.floor(begin + (x + 1) * perPixel));
    const isKnown = pyramid.range(first, last, span);
    if (isKnown) {
      const high = bottom - track.height(span.max, scene.context) * row.height;
      // At least a pixel high, or a level stretch would be nothing.
      const low = Math.max(high + 1, bottom - track.height(span.min, scene.context) * row.height);
      if (isOn) ctx.lineTo(x + 0.5, high);
      else ctx.moveTo(x + 0.5, high);
      ctx.lineTo(x + 0.5, low);
    }
    isOn = isKnown;
  }
}

/** Every step has its own place: a level stretch as wide as the step. */
function traceSteps(ctx: CanvasRenderingContext2D, drawing: TrackDrawing): void {
  const { track, pyramid, row, scene, width } = drawing;
  const { range } = scene;
  const bottom = row.top + row.height;
  let isOn = false;
  const last = Math.min(scene.length, Math.ceil(range.end));
  for (let index = Math.max(0, Math.floor(range.begin)); index < last; ++index) {
    const value = pyramid.value(index);
    if (Number.isNaN(value)) {
      isOn = false;
      continue;
    }
    const y = bottom - track.height(value, scene.context) * row.height;
    const x = xOf(index, range, width);
    if (isOn) ctx.lineTo(x, y);
    else ctx.moveTo(x, y);
    ctx.lineTo(xOf(index + 1, range, width), y);
    isOn = true;
  }
}

/** A tick for every mark; marks that share a pixel are one tick. */
function drawMarks(
  { ctx, width }: Drawing,
  scene: Scene,
  marks: Uint32Array,
  row: Row,
  colour: string,
): void {
  ctx.fillStyle = scene.palette(colour);
  const { range } = scene;
  const tick = Math.max(1, Math.min(3, width / (range.end - range.begin)));
  let at = firstAtLeast(marks, range.begin);
  while (at < marks.length) {
    const index = marks[at] ?? 0;
    if (index >= range.end) return;
    const x = Math.floor(xOf(index + 0.5, range, width));
    ctx.fillRect(x, row.top, tick, row.height);
    at = Math.max(
      at + 1,
      firstAtLeast(marks, range.begin + ((x + 1) / width) * (range.end - range.begin) - 0.5),
    );
  }
}

function firstAtLeast(sorted: Uint32Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
