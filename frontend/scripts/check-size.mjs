// Fails when what the browser fetches on the first load is over the budget:
// scripts (the worker's too), styles and the two fonts of the Latin alphabet.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const kBudgetBytes = 250_000;
const assets = join(dirname(dirname(fileURLToPath(import.meta.url))), "dist", "assets");
const sizes = readdirSync(assets)
  .filter((name) => /\.(js|css)$/.test(name) || /-latin-wght-normal.*\.woff2$/.test(name))
  .map((name) => ({ name, bytes: gzipSync(readFileSync(join(assets, name))).length }));
const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
for (const { name, bytes } of sizes) console.log(`${(bytes / 1000).toFixed(1).padStart(8)} kB  ${name}`);
console.log(
  `${(total / 1000).toFixed(1).padStart(8)} kB  first load, gzip (budget ${kBudgetBytes / 1000} kB)`,
);
if (total > kBudgetBytes) process.exit(1);
