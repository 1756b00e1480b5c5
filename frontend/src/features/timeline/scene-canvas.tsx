import { useLayoutEffect, useRef } from "react";
import type { Scene } from "./draw";
import { usePalette } from "./palette";
import styles from "./timeline.module.css";
import { useSize } from "./use-size";

export interface SceneCanvasProps {
  readonly draw: (canvas: HTMLCanvasElement, scene: Scene) => void;
  readonly scene: Omit<Scene, "palette">;
}

/** Draws the scene after each change of it, and when its size or the theme changes. */
export function SceneCanvas({ draw, scene }: SceneCanvasProps) {
  const canvasRef = useRef<HTMLCanvasElement>(null);
  const probeRef = useRef<HTMLSpanElement>(null);
  const palette = usePalette(probeRef);
  const { width, height } = useSize(canvasRef);
  const { profile, tracks, context, length, nPrompt, lanes } = scene;
  const { begin, end } = scene.range;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the profile grows in place, but not what is drawn of it; a new size clears the canvas
  useLayoutEffect(() => {
    if (canvasRef.current === null || palette === undefined) return;
    const range = { begin, end };
    draw(canvasRef.current, { profile, tracks, context, length, range, nPrompt, lanes, palette });
  }, [draw, profile, tracks, context, length, begin, end, nPrompt, lanes, palette, width, height]);
  return (
    <div aria-hidden="true">
      <canvas ref={canvasRef} className={styles["canvas"]} />
      <span ref={probeRef} className={styles["probe"]} />
    </div>
  );
}
