// Builds dist/recording.html: the page that exported recordings are put in. One file
// with script, styles and fonts inside, and a policy that lets nothing else run or load.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const source = join(import.meta.dirname, "src");

export default defineConfig({
  plugins: [react(), onePage()],
  publicDir: false,
  resolve: {
    alias: [
      {
        find: /^\.\/open-find-worker$/,
        replacement: join(source, "features/stream/find/open-inline-find-worker.ts"),
      },
    ],
  },
  build: {
    target: "es2022",
    emptyOutDir: false,
    assetsInlineLimit: Number.POSITIVE_INFINITY,
    cssCodeSplit: false,
    modulePreload: false,
    rolldownOptions: {
      input: join(source, "app/recording/main.tsx"),
      // Nothing is looked up beside the page's address.
      transform: { define: { "import.meta": "{}" } },
      // At once, while the data behind it is still being read; a module would wait for its end.
      output: { format: "iife", codeSplitting: false },
    },
  },
  // A page from disk may start a worker from its own text, but as a plain script only.
  worker: { format: "iife" },
});

/** Puts all that the build has made into recording.html. */
function onePage(): Plugin {
  return {
    name: "one-page",
    enforce: "post",
    generateBundle(_options, bundle) {
      const parts = Object.values(bundle);
      const entry = parts.find((part) => part.type === "chunk" && part.isEntry);
      const sheets = parts.filter((part) => part.type === "asset" && part.fileName.endsWith(".css"));
      if (entry?.type !== "chunk") throw new Error("the build has no script");
      const script = inert(entry.code, "script");
      const style = inert(
        sheets.map((sheet) => (sheet.type === "asset" ? sheet.source : "")).join(""),
        "style",
      );
      for (const name of Object.keys(bundle)) delete bundle[name];
      const source = pageWith({ script, style, policy: policyOf(script, style) });
      this.emitFile({ type: "asset", fileName: "recording.html", source });
    },
  };
}

function pageWith(parts: Readonly<Record<string, string>>): string {
  const template = readFileSync(join(import.meta.dirname, "recording.html"), "utf8");
  return template.replaceAll(/%(script|style|policy)%/g, (_all, name: string) => parts[name] ?? "");
}

/** No text may end its element before its end. */
function inert(text: string, element: string): string {
  const safe = text.trim().replaceAll(/<(?=\/?(?:script|style)\b|!--)/gi, "\\x3C");
  if (safe !== text.trim() && element === "style") throw new Error("a style with markup in it");
  return safe;
}

function policyOf(script: string, style: string): string {
  const hash = (text: string) => `'sha256-${createHash("sha256").update(text, "utf8").digest("base64")}'`;
  return [
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(style)}`,
    "font-src data:",
    "img-src data:",
    "worker-src blob:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}
