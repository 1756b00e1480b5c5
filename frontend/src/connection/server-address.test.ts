import { describe, expect, it } from "vitest";
import { readServerAddress } from "./server-address";

const kPage = "http://127.0.0.1:7717/";
const kToken = "0123456789abcdef0123456789abcdef";

function problemWith(text: string, page = kPage): string | undefined {
  const read = readServerAddress(text, page);
  return read.kind === "problem" ? read.error.message : undefined;
}

describe("the address of a server", () => {
  it.each([
    [`http://127.0.0.1:8123/?token=${kToken}`, "ws://127.0.0.1:8123/ws", kToken],
    ["  localhost:7000 ", "ws://localhost:7000/ws", undefined],
    ["https://box.example", "wss://box.example/ws", undefined],
    ["ws://[::1]:7717/ws", "ws://[::1]:7717/ws", undefined],
  ])("%s is understood", (text, socketUrl, token) => {
    expect(readServerAddress(text, kPage)).toEqual({ kind: "address", address: { socketUrl, token } });
  });

  it.each([
    ["", /no address/],
    ["http://", /not an address/],
    ["ftp://127.0.0.1", /does not speak “ftp”/],
    ["javascript://alert", /does not speak “javascript”/],
    ["http://me:secret@127.0.0.1", /no user name/],
    ["http://127.0.0.1/elsewhere", /no page of Inferno/],
    ["http://127.0.0.1/?token=12", /not whole/],
    ["127.0.0.1:99999", /not an address/],
  ])("%s is refused with words", (text, words) => {
    expect(problemWith(text)).toMatch(words);
  });

  it("without encryption is refused by an encrypted page, which could not open it", () => {
    expect(problemWith("http://127.0.0.1:7717", "https://box.example/")).toMatch(/https/);
    expect(problemWith("https://127.0.0.1:7717", "https://box.example/")).toBeUndefined();
  });
});
