// Fails when what the browser fetches before the page can be used is over the
// budget: the scripts and styles that index.html names, all that those scripts
// import statically, the workers they start, and the two fonts of the Latin
// alphabet. What is fetched later, when a view is opened, is listed apart.
//
//   node scripts/check-size.mjs [folder of the build]
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const kBudgetBytes = 250_000;
const folder = process.argv[2] ?? join(dirname(dirname(fileURLToPath(import.meta.url))), "dist");
const assets = join(folder, "assets");

const text = (name) => readFileSync(join(assets, name), "utf8");
const names = (source, pattern) => [...source.matchAll(pattern)].map(([, name]) => name);

/** The scripts that a script needs before it runs: `import … from "./x.js"`, but not `import("./x.js")`. */
const imports = (script) => names(text(script), /(?:\bfrom|\bimport)\s*["']\.\/([^"']+\.js)["']/g);
const workers = (script) => names(text(script), /new Worker\(new URL\(["'`][^"'`]*?assets\/([^"'`]+\.js)/g);

function firstLoad() {
  const page = readFileSync(join(folder, "index.html"), "utf8");
  const found = new Set(names(page, /(?:src|href)="[^"]*?assets\/([^"]+\.(?:js|css))"/g));
  // A set may grow while it is walked through: what is added is visited, too.
  for (const name of found) {
    if (!name.endsWith(".js")) continue;
    for (const other of [...imports(name), ...workers(name)]) found.add(other);
  }
  for (const name of readdirSync(assets)) if (/-latin-wght-normal.*\.woff2$/.test(name)) found.add(name);
  return found;
}

const first = firstLoad();
const later = readdirSync(assets).filter((name) => /\.(js|css)$/.test(name) && !first.has(name));
const sized = (list) =>
  [...list]
    .map((name) => ({ name, bytes: gzipSync(readFileSync(join(assets, name))).length }))
    .sort((a, b) => b.bytes - a.bytes);
const sum = (list) => list.reduce((total, { bytes }) => total + bytes, 0);
const line = (bytes, words) => console.log(`${(bytes / 1000).toFixed(1).padStart(8)} kB  ${words}`);

const total = sum(sized(first));
for (const { name, bytes } of sized(first)) line(bytes, name);
line(total, `first load, gzip (budget ${kBudgetBytes / 1000} kB)`);
line(sum(sized(later)), `later, in ${later.length} pieces, as views are opened`);
if (![...first].some((name) => name.endsWith(".js")) || workersOf(first).length === 0) {
  console.error("The build is not as this script expects: no script or no worker was found.");
  process.exit(1);
}
if (total > kBudgetBytes) process.exit(1);

function workersOf(found) {
  return [...found].filter((name) => name.endsWith(".js")).flatMap(workers);
}
