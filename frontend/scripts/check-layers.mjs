// Checks the layer rules of src/: base → protocol → connection → state →
// features/* → app; each may import only leftwards, features not each other,
// and widgets only base.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const source = join(dirname(dirname(fileURLToPath(import.meta.url))), "src");
const allowed = {
  base: ["base"],
  widgets: ["widgets", "base"],
  protocol: ["protocol", "base"],
  connection: ["connection", "protocol", "base"],
  state: ["state", "connection", "protocol", "base"],
  features: ["state", "connection", "protocol", "base", "widgets"],
  app: ["app", "features", "state", "connection", "protocol", "base", "widgets"],
};

function layerOf(path) {
  const parts = relative(source, path).split("/");
  return parts[0] === "features" ? { layer: "features", feature: parts[1] } : { layer: parts[0] };
}

function problemsOf(path) {
  const from = layerOf(path);
  const text = readFileSync(path, "utf8");
  const imports = text.matchAll(/(?:from|import)\s*\(?\s*["'](\.[^"']*)["']|new URL\(\s*["'](\.[^"']*)["']/g);
  const problems = [];
  for (const match of imports) {
    const to = layerOf(resolve(dirname(path), match[1] ?? match[2]));
    const sameFeature = from.layer === "features" && to.layer === "features" && from.feature === to.feature;
    if (!sameFeature && !allowed[from.layer]?.includes(to.layer)) {
      problems.push(
        `${relative(source, path)} (${from.layer}) imports ${match[1] ?? match[2]} (${to.layer})`,
      );
    }
  }
  return problems;
}

const files = readdirSync(source, { recursive: true })
  .map((name) => join(source, name))
  .filter(
    (path) =>
      statSync(path).isFile() &&
      /\.tsx?$/.test(path) &&
      !/\.test\.tsx?$/.test(path) &&
      dirname(path) !== source,
  );
const problems = files.flatMap(problemsOf);
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
console.log(`layers: ${files.length} files keep the rules`);
