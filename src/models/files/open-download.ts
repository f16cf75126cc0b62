import { lookup } from "node:dns/promises";
import { request as requestHttp, type IncomingMessage, type RequestOptions } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP, isIPv6, type LookupFunction } from "node:net";
import { AppError } from "../../core/errors.ts";

export interface DownloadRules {
  /** "host" or "host:port" that may be private and use any port; over plain http only where it is loopback. */
  readonly allowedHosts: readonly string[];
  /** The rule of every other way out (src/safety): "public" is global unicast. */
  readonly classifyAddress: (address: string) => "public" | "private" | "forbidden";
  /** All addresses of a name; the system's resolver when absent. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
  /** A connection that is silent for so long is given up. */
  readonly idleTimeoutMs?: number;
}

export interface DownloadRequest {
  readonly headers?: Readonly<Record<string, string>>;
  /** A bearer token for the first host; it follows a redirect to no other. */
  readonly token?: string | undefined;
  readonly signal: AbortSignal;
}

export interface DownloadAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Headers of the redirects on the way and of the answer, the earlier ones first to count. */
  readonly onTheWay: Readonly<Record<string, string>>;
  /** To be read or destroyed by the caller. Fails when the connection breaks or falls silent. */
  readonly body: IncomingMessage;
}

/** Opens a URL, follows redirects, hands over the body as it comes. */
export type OpenDownload = (url: string, request: DownloadRequest) => Promise<DownloadAnswer>;

const maxRedirects = 8;
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * The way out for models: too large for the dispatcher of tools, with the same rule. Only global unicast addresses,
 * each hop anew, and the socket is only ever given an address that was checked. Throws AppError: "egress-refused",
 * "bad-input", "aborted", or "unreachable" with retryAfterMs.
 */
export function createDownloadOpener(rules: DownloadRules): OpenDownload {
  const resolve = rules.resolve ?? (async (host) => (await lookup(host, { all: true })).map(({ address }) => address));

  async function check(url: URL): Promise<readonly string[]> {
    const host = url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
    const port = url.port === "" ? (url.protocol === "http:" ? "80" : "443") : url.port;
    const isNamed = rules.allowedHosts.some((named) =>
      [host, `[${host}]`, `${host}:${port}`, `[${host}]:${port}`].includes(named.toLowerCase()),
    );
    if (url.protocol !== "https:" && !(url.protocol === "http:" && isNamed))
      throw refuse("Models are fetched over https only.");
    if (url.username !== "" || url.password !== "") throw refuse("A URL with a user name in it is not opened.");
    if (!isNamed && port !== "443") throw refuse(`Port ${port} is not opened on hosts that are not allowed by name.`);
    const addresses = isIP(host) === 0 ? await resolveHost(host) : [host];
    if (addresses.length === 0) throw unreachable("The host has no address.");
    for (const address of addresses) {
      const kind = rules.classifyAddress(address);
      if (kind !== "public" && !(kind === "private" && isNamed))
        throw refuse("The host is not on the public internet.");
      if (url.protocol === "http:" && !isLoopback(address)) throw refuse("Plain http is opened on this machine only.");
    }
    return addresses;
  }

  async function resolveHost(host: string): Promise<readonly string[]> {
    try {
      return await resolve(host);
    } catch (error) {
      throw unreachable(`The name ${host} could not be resolved.`, error);
    }
  }

  return async function openDownload(text, { headers = {}, token, signal }) {
    let url = parseUrl(text);
    let authorization = token;
    const onTheWay: Record<string, string> = {};
    for (let hop = 0; hop <= maxRedirects; hop += 1) {
      const addresses = await stopWith(check(url), signal);
      const response = await send(url, addresses, {
        signal,
        idleTimeoutMs: rules.idleTimeoutMs ?? 60_000,
        headers: {
          "user-agent": "llama-cpp (parlance)", // the manifests of Hugging Face name the file for llama.cpp only
          ...headers,
          "accept-encoding": "identity",
          ...(authorization === undefined ? {} : { authorization: `Bearer ${authorization}` }),
        },
      });
      for (const [name, value] of Object.entries(response.headers))
        if (typeof value === "string") onTheWay[name] ??= value;
      const status = response.statusCode ?? 0;
      const { location } = response.headers;
      if (!redirects.has(status) || location === undefined)
        return { status, headers: flatten(response), onTheWay, body: response };
      response.destroy();
      const next = parseUrl(location, url);
      if (next.origin !== url.origin) authorization = undefined;
      url = next;
    }
    throw refuse(`There were more than ${maxRedirects} redirects.`);
  };
}

function send(
  url: URL,
  addresses: readonly string[],
  options: {
    readonly headers: Readonly<Record<string, string>>;
    readonly signal: AbortSignal;
    readonly idleTimeoutMs: number;
  },
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const details: RequestOptions = {
    headers: options.headers,
    agent: false, // a socket of its own: a pooled one was checked for somebody else
    lookup: lookupAmong(addresses),
    signal: options.signal,
    timeout: options.idleTimeoutMs,
  };
  const request = (url.protocol === "https:" ? requestHttps : requestHttp)(url, details, (response) => {
    response.on("error", () => undefined); // whoever reads it is told; nobody may be reading yet
    resolve(response);
  });
  request.on("timeout", () => request.destroy(unreachable(`${url.host} fell silent.`)));
  request.on("error", (error) =>
    reject(
      options.signal.aborted || error instanceof AppError ? error : unreachable(`${url.host} did not answer.`, error),
    ),
  );
  request.end();
  return promise;
}

function lookupAmong(addresses: readonly string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
  return (_host, options, callback) => {
    const [first] = found;
    if (first === undefined) callback(new Error("No address."), "");
    else if (options.all === true) callback(null, found);
    else callback(null, first.address, first.family);
  };
}

function flatten({ headers }: IncomingMessage): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value]),
  );
}

function parseUrl(text: string, base?: URL): URL {
  const url = URL.parse(text, base?.href);
  if (url === null) throw new AppError("bad-input", "The server leads to something that is not a URL.");
  return url;
}

function isLoopback(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}

async function stopWith<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function refuse(message: string): AppError {
  return new AppError("egress-refused", message, {
    hint: "Models come from public https addresses; `safety.allowPrivate` allows a host of your own by name.",
  });
}

function unreachable(message: string, cause?: unknown): AppError {
  return new AppError("unreachable", message, { retryAfterMs: 1_000, ...(cause === undefined ? {} : { cause }) });
}
