import { isIP } from "node:net";
import { AppError } from "../core/errors.ts";
import { redactSecrets } from "./redact.ts";

/** A URL that has passed every check that needs no look-up. */
export interface EgressTarget {
  readonly url: URL;
  /** Without the brackets of IPv6 and without a final dot. */
  readonly host: string;
  /** Did the operator name this host as one of theirs? Then it may be private and use any port. */
  readonly isNamed: boolean;
}

const localSuffixes = [".localhost", ".local", ".internal", ".home.arpa", ".onion"];
const numericHost = /^(?:0x[0-9a-f]*|[0-9]+)(?:\.(?:0x[0-9a-f]*|[0-9]+)){0,3}$/i;

/**
 * Reads a URL for the dispatcher. `namedHosts` holds "host" (any port) or "host:port". Throws AppError "bad-input"
 * or "egress-refused".
 */
export function parseEgressTarget(text: string, base: URL | undefined, namedHosts: readonly string[]): EgressTarget {
  const url = URL.parse(text, base?.href);
  if (url === null)
    throw new AppError("bad-input", "This is not a URL.", {
      hint: "Give a full http or https URL.",
    });
  if (url.protocol !== "http:" && url.protocol !== "https:") throw refuse("Only http and https URLs are opened.");
  if (url.username !== "" || url.password !== "")
    throw refuse("A URL with a user name or password in it is not opened.");
  const host = url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  const port = url.port === "" ? (url.protocol === "http:" ? "80" : "443") : url.port;
  const isNamed = namedHosts.some((named) => isSameHost(named, host, port));
  if (isNamed) return { url, host, isNamed };
  if (host === "" || host === "localhost" || localSuffixes.some((suffix) => host.endsWith(suffix))) {
    throw refuse("The host is a name of the local network.");
  }
  if (isIP(host) === 4 && isWrittenOddly(text)) throw refuse("The host is an address in an unusual spelling.");
  if (port !== "80" && port !== "443")
    throw refuse(`Port ${port} is not opened on hosts that are not allowed by name.`);
  return { url, host, isNamed };
}

/** The URL as the ledger keeps it: no query, no fragment, no user name, no tokens in the path; no path at all when it is secret. */
export function formatLedgerUrl(text: string, isSecret = false): string {
  const url = URL.parse(text);
  if (url === null) return "(not a URL)";
  if (isSecret) return `${url.protocol}//${url.host}/[secret]`;
  const place = url.host === "" ? `${url.protocol}…` : `${url.protocol}//${url.host}${url.pathname}`;
  return redactSecrets(place, []).slice(0, 2000);
}

export function refuse(message: string): AppError {
  return new AppError("egress-refused", message, {
    hint: "Only public web addresses are opened; the operator can allow a private host by name.",
  });
}

function isSameHost(named: string, host: string, port: string): boolean {
  const wanted = named.toLowerCase();
  return wanted === host || wanted === `[${host}]` || wanted === `${host}:${port}` || wanted === `[${host}]:${port}`;
}

/** The URL parser turns 0x7f.1 and 2130706433 into dotted addresses; honest people do not write such hosts. */
function isWrittenOddly(text: string): boolean {
  const host = /^\s*[a-z]+:[/\\]*([^/\\?#:]*)/i.exec(text)?.[1] ?? "";
  return numericHost.test(host) && isIP(host) === 0;
}
