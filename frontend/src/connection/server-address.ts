import type { AppError } from "../protocol/types";

/** Where a server listens, and what proves that the page may speak to it. */
export interface ServerAddress {
  readonly socketUrl: string;
  /** Undefined: the browser holds a cookie, or the server will refuse. */
  readonly token: string | undefined;
}

export type ReadAddress =
  | { readonly kind: "address"; readonly address: ServerAddress }
  | { readonly kind: "problem"; readonly error: AppError };

const kSocketSchemes: Readonly<Record<string, string>> = {
  "http:": "ws:",
  "https:": "wss:",
  "ws:": "ws:",
  "wss:": "wss:",
};
const kToken = /^[0-9a-f]{32,128}$/i;

/**
 * Reads an address as a person types it or the terminal prints it
 * (`http://127.0.0.1:7717/?token=…`, `127.0.0.1:7717`). `pageUrl` is where the
 * page itself comes from.
 */
export function readServerAddress(text: string, pageUrl: string): ReadAddress {
  const typed = text.trim();
  if (typed === "") return problem("There is no address.");
  const url = urlOf(/^[a-z][a-z0-9+.-]*:\/\//i.test(typed) ? typed : `http://${typed}`);
  if (url === undefined) return problem(`“${typed}” is not an address.`);
  const scheme = kSocketSchemes[url.protocol];
  if (scheme === undefined) return problem(`Inferno does not speak “${url.protocol.slice(0, -1)}”.`);
  if (url.username !== "" || url.password !== "") {
    return problem("An address of Inferno has no user name and no password, but a token.");
  }
  if (url.pathname !== "/" && url.pathname !== "/ws") {
    return problem(`“${url.pathname}” is no page of Inferno’s server.`);
  }
  const token = url.searchParams.get("token") ?? undefined;
  if (token !== undefined && !kToken.test(token)) {
    return problem("The token in the address is not whole: it has at least 32 hexadecimal digits.");
  }
  if (scheme === "ws:" && new URL(pageUrl).protocol === "https:") {
    return problem("A page that came over https can’t open an address without it.");
  }
  return { kind: "address", address: { socketUrl: `${scheme}//${url.host}/ws`, token } };
}

/** The page that the server at this address offers. */
export function pageUrl({ socketUrl, token }: ServerAddress): string {
  const url = new URL("/", socketUrl.replace(/^ws/, "http"));
  if (token !== undefined) url.searchParams.set("token", token);
  return url.href;
}

function urlOf(text: string): URL | undefined {
  try {
    const url = new URL(text);
    return url.hostname === "" ? undefined : url;
  } catch {
    return undefined;
  }
}

function problem(message: string): ReadAddress {
  const hint = "Copy the address that “inferno serve” printed: http://127.0.0.1:7717/?token=…";
  return { kind: "problem", error: { code: "InvalidArgument", message, hint } };
}
