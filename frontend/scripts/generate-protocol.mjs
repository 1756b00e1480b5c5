// Regenerates src/protocol/generated from protocol/inferno.fbs with Debian's flatc.
// With --check it writes nothing and fails when the committed files differ.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const frontend = dirname(dirname(fileURLToPath(import.meta.url)));
const schema = join(frontend, "..", "protocol", "inferno.fbs");
const target = join(frontend, "src", "protocol", "generated");

function generateInto(folder) {
  execFileSync("flatc", ["--ts", "--gen-object-api", "-o", folder, schema], { stdio: "inherit" });
  for (const name of filesOf(folder)) castStringLists(join(folder, name));
}

// flatc 2.0.8 reads a vector of strings with a function that may also return
// bytes, and assigns the result to a list of strings, which strict checking
// refuses. Asked without an encoding, it returns strings.
function castStringLists(path) {
  const text = readFileSync(path, "utf8");
  const vectors = text.matchAll(/^(\w+)\(index: number,optionalEncoding:flatbuffers\.Encoding\)/gm);
  const cast = [...vectors].reduce((source, [, field]) => {
    const list = `this.bb!.createScalarList(this.${field}.bind(this), this.${field}Length())`;
    return source.replaceAll(list, `${list} as string[]`);
  }, text);
  if (cast !== text) writeFileSync(path, cast);
}

function filesOf(folder) {
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile() && path.endsWith(".ts"))
    .map((path) => relative(folder, path))
    .sort();
}

function differences(expected, actual) {
  const names = new Set([...filesOf(expected), ...filesOf(actual)]);
  const read = (folder, name) => {
    try {
      return readFileSync(join(folder, name), "utf8");
    } catch {
      return undefined;
    }
  };
  return [...names].filter((name) => read(expected, name) !== read(actual, name));
}

if (process.argv.includes("--check")) {
  const fresh = mkdtempSync(join(tmpdir(), "inferno-protocol-"));
  try {
    generateInto(fresh);
    const different = differences(fresh, target);
    if (different.length > 0) {
      console.error(`src/protocol/generated does not match the schema: ${different.join(", ")}`);
      console.error("Run: npm run protocol");
      process.exitCode = 1;
    }
  } finally {
    rmSync(fresh, { recursive: true });
  }
} else {
  rmSync(target, { recursive: true, force: true });
  generateInto(target);
}
