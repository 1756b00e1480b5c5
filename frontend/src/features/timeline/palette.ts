import { useEffect, useState } from "react";

/** Colours as a canvas takes them, by the custom properties that hold them. */
export type Palette = (property: string) => string;

/**
 * The colours of the theme now. A canvas knows no custom properties; `probe` is
 * an element that nobody sees, asked for each colour. A new palette comes with
 * every change of theme.
 */
export function usePalette(probe: React.RefObject<HTMLElement | null>): Palette | undefined {
  const [palette, setPalette] = useState<{ readonly get: Palette } | undefined>();
  useEffect(() => {
    const read = () => setPalette({ get: paletteOf(probe.current) });
    read();
    const theme = new MutationObserver(read);
    theme.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    const media = ["(prefers-color-scheme: dark)", "(forced-colors: active)"].map(
      // Not every test's browser knows media.
      (query) => window.matchMedia?.(query),
    );
    for (const list of media) list?.addEventListener("change", read);
    return () => {
      theme.disconnect();
      for (const list of media) list?.removeEventListener("change", read);
    };
  }, [probe]);
  return palette?.get;
}

function paletteOf(probe: HTMLElement | null): Palette {
  const known = new Map<string, string>();
  return (property) => {
    const colour = known.get(property);
    if (colour !== undefined || probe === null) return colour ?? "gray";
    probe.style.color = `var(${property})`;
    const read = getComputedStyle(probe).color;
    known.set(property, read);
    return read;
  };
}
