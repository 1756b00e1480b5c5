import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// `npm run dev` serves the page and passes the socket on to a running
// `inferno serve`; INFERNO_URL names it with its token, as the terminal prints it.
const server = new URL(process.env["INFERNO_URL"] ?? "http://127.0.0.1:8080");
const headers = {
  origin: server.origin,
  authorization: `Bearer ${server.searchParams.get("token") ?? ""}`,
};

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2022",
    // The server's policy allows no data: fonts or scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  worker: { format: "es" },
  server: {
    proxy: { "/ws": { target: server.origin, ws: true, changeOrigin: true, headers } },
  },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          environment: "node",
          include: ["src/**/*.test.ts"],
        },
      },
      {
        extends: true,
        test: {
          name: "components",
          environment: "jsdom",
          include: ["src/**/*.test.tsx"],
          setupFiles: ["src/test-setup.ts"],
          testTimeout: 30_000,
          css: { modules: { classNameStrategy: "non-scoped" } },
        },
      },
      {
        extends: true,
        test: {
          name: "e2e",
          environment: "node",
          include: ["e2e/**/*.test.ts"],
          // A machine may have other work.
          expect: { poll: { timeout: 20_000 } },
          testTimeout: 240_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: "bench",
          environment: "node",
          include: ["e2e/bench.ts"],
          testTimeout: 300_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: "screenshots",
          environment: "node",
          include: ["e2e/screenshots.ts"],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
