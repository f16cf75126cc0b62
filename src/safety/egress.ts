import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { EgressFetch, EgressRequest, EgressResponse } from "../core/egress.ts";
import { AppError } from "../core/errors.ts";
import type { EgressRecord } from "../core/records.ts";
import { sendHop, type SendHop } from "./egress-connect.ts";
import { formatLedgerUrl, parseEgressTarget, refuse, type EgressTarget } from "./egress-target.ts";
import { classifyAddress } from "./public-address.ts";

export interface EgressOptions {
  /** All addresses of a name; the system's resolver when absent. Called once for each hop. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
  /**
   * "host" or "host:port" the operator named: these may be private and use any port. Link-local addresses (cloud
   * metadata), multicast and the like stay closed even then.
   */
  readonly allowPrivateHosts: readonly string[];
  /** Writes the ledger, at epoch milliseconds. Awaited before the connection: no row, no request. */
  readonly record: (record: EgressRecord, at: number) => void | Promise<void>;
  readonly now: () => number;
  /** Carries out one hop; for tests that count connections. */
  readonly send?: SendHop;
}

const maxRedirects = 5;
const maxHeaderChars = 16_384;
const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
// Ours or the connection's to set.
const reservedHeader =
  /^(host|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|content-length|upgrade|expect|accept-encoding)$/;
// All that may follow a redirect to another origin: an API key can hide in a header of any name.
const harmlessHeaders: ReadonlySet<string> = new Set(["accept", "accept-language", "user-agent"]);

/** Creates the dispatcher that every request to the outside goes through. Holds no connection and needs no closing. */
export function createEgress(options: EgressOptions): EgressFetch {
  const send = options.send ?? sendHop;
  const resolve = options.resolve ?? resolveBySystem;

  async function record(
    url: string,
    { turnId, isAddressSecret }: EgressRequest,
    outcome: EgressRecord["outcome"],
    address: string,
    reason: string,
  ) {
    const shown = formatLedgerUrl(url, isAddressSecret);
    await options.record({ url: shown, address, outcome, reason, turnId }, options.now());
  }

  /** Resolves with a target and the addresses it is pinned to, its ledger row written; or throws, with its row too. */
  async function admit(text: string, base: URL | undefined, request: EgressRequest, signal: AbortSignal) {
    let found: readonly string[] = [];
    let target: EgressTarget;
    try {
      target = parseEgressTarget(text, base, options.allowPrivateHosts);
      if (request.isHostAllowed?.(target.host) === false)
        throw new AppError("egress-refused", `The host ${target.host.slice(0, 253)} is not among those declared.`);
      found = await withSignal(resolveHost(target.host, resolve), signal);
      checkAddresses(target, found);
    } catch (error) {
      const full = URL.parse(text, base?.href)?.href ?? text;
      const reason = error instanceof AppError ? error.message : "Stopped before the address was known.";
      await record(full, request, "refused", found.join(" "), reason);
      throw error;
    }
    const reason = target.isNamed ? "allowed by name" : "public";
    await record(target.url.href, request, "allowed", found.join(" "), reason);
    return { target, addresses: found };
  }

  async function fetchThrough(url: string, request: EgressRequest, signal: AbortSignal): Promise<EgressResponse> {
    let method: string = request.method ?? "GET";
    let body = request.body;
    let headers = readHeaders(request.headers ?? {});
    let text = url;
    let base: URL | undefined;
    for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
      const { target, addresses } = await admit(text, base, request, signal);
      if (base !== undefined && target.url.origin !== base.origin) {
        // Whoever agreed to this request agreed to its first host.
        if (method !== "GET" && method !== "HEAD")
          throw refuse("A request that changes something was redirected to another host.");
        headers = Object.fromEntries(Object.entries(headers).filter(([name]) => harmlessHeaders.has(name)));
      }
      const response = await send({
        url: target.url,
        addresses,
        method,
        headers,
        body,
        maxBytes: request.maxBytes ?? 2 * 1024 * 1024,
        signal,
      });
      const location = response.headers["location"];
      const isRedirect = redirectStatuses.has(response.status) && location !== undefined;
      if (!isRedirect || request.followRedirects === false) return response;
      if (method !== "HEAD" && (response.status === 303 || (response.status < 303 && method === "POST"))) {
        method = "GET";
        body = undefined;
        headers = Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith("content-")));
      }
      base = target.url;
      text = location;
    }
    throw refuse(`There were more than ${maxRedirects} redirects.`);
  }

  return async function fetchOutside(url, request) {
    const timeout = AbortSignal.timeout(request.timeoutMs ?? 20_000);
    const signal = request.signal === undefined ? timeout : AbortSignal.any([request.signal, timeout]);
    try {
      return await fetchThrough(url, request, signal);
    } catch (error) {
      if (error instanceof AppError && error.code !== "unreachable") throw error;
      if (request.signal?.aborted === true) throw new AppError("aborted", "The request was stopped.");
      if (timeout.aborted) throw new AppError("timeout", "The host took too long to answer.");
      throw error;
    }
  };
}

async function resolveBySystem(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map((found) => found.address);
}

async function resolveHost(host: string, resolve: (host: string) => Promise<readonly string[]>) {
  if (isIP(host) !== 0) return [host];
  try {
    return await resolve(host);
  } catch (error) {
    throw new AppError("unreachable", "The host's name could not be resolved.", { cause: error });
  }
}

/** One bad address among good ones refuses the name: which one is connected to is not ours to choose. */
function checkAddresses(target: EgressTarget, addresses: readonly string[]): void {
  if (addresses.length === 0) throw new AppError("unreachable", "The host has no address.");
  for (const address of addresses) {
    const kind = classifyAddress(address);
    if (kind === "public" || (kind === "private" && target.isNamed)) continue;
    throw refuse("The host is not on the public internet.");
  }
}

function readHeaders(given: Readonly<Record<string, string>>): Record<string, string> {
  const headers: Record<string, string> = { "user-agent": "parlance" };
  let size = 0;
  for (const [name, value] of Object.entries(given)) {
    const key = name.toLowerCase();
    if (reservedHeader.test(key)) throw new AppError("bad-input", `The header "${key}" is not the caller's to set.`);
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(key) || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      throw new AppError("bad-input", "A header's name or value holds characters that headers cannot hold.");
    }
    size += key.length + value.length;
    headers[key] = value;
  }
  if (size > maxHeaderChars) throw new AppError("too-large", "The headers are too long.");
  return headers;
}

async function withSignal<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = () => reject(signal.reason as Error);
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
