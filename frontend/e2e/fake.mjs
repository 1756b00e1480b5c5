// node e2e/fake.mjs [port] [tokens per second]: the page on a made-up model, for
// work on the page where no engine is built. Needs `npm run build` first.
import { runnerImport } from "vite";

const { module } = await runnerImport(new URL("./support/fake-server.ts", import.meta.url).pathname);
const [port = "8090", tokensPerSecond = "60"] = process.argv.slice(2);
const server = new module.FakeServer({ port: Number(port), tokensPerSecond: Number(tokensPerSecond) });
console.log(`A fake Inferno is ready: ${await server.listen()}`);
