import { request as requestHttp, type IncomingMessage, type RequestOptions } from "node:http";
import { request as requestHttps } from "node:https";
import { isIPv6, type LookupFunction } from "node:net";
import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate, inflateRaw } from "node:zlib";
import { AppError } from "../core/errors.ts";
import type { EgressResponse } from "../core/egress.ts";

/** One hop: a request to addresses that have been checked. */
export interface Hop {
  readonly url: URL;
  readonly addresses: readonly string[];
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

export type SendHop = (hop: Hop) => Promise<EgressResponse>;

/**
 * Sends one request and reads the answer; follows nothing and looks nothing up: the socket is only ever given the
 * checked addresses, while TLS and the Host header keep the name. Throws AppError, or the signal's reason.
 */
export async function sendHop(hop: Hop): Promise<EgressResponse> {
  const { promise: answered, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  let wasConnected = false;
  const options: RequestOptions = {
    method: hop.method,
    headers: { ...hop.headers, "accept-encoding": "gzip, br, deflate" },
    agent: false, // a socket of its own: a pooled one was checked for somebody else
    lookup: lookupAmong(hop.addresses),
    signal: hop.signal,
  };
  const request = (hop.url.protocol === "https:" ? requestHttps : requestHttp)(hop.url, options, resolve);
  request.on("error", reject);
  request.on("close", () => reject(new Error("The connection closed without an answer.")));
  request.on("socket", (socket) => {
    socket.once(hop.url.protocol === "https:" ? "secureConnect" : "connect", () => {
      wasConnected = true;
    });
  });
  request.end(hop.body);
  try {
    const response = await answered;
    const raw = await readBody(response, hop);
    const headers = Object.fromEntries(
      Object.entries(response.headersDistinct).map(([name, values]) => [name, (values ?? []).join(", ")]),
    );
    const body = hop.method === "HEAD" ? raw : await decompress(raw, headers["content-encoding"] ?? "", hop.maxBytes);
    return { status: response.statusCode ?? 0, headers, body, url: hop.url.href };
  } catch (error) {
    if (hop.signal.aborted || error instanceof AppError) throw error;
    const mayHaveArrived = wasConnected && hop.method !== "GET" && hop.method !== "HEAD";
    if (mayHaveArrived) {
      throw new AppError("send-uncertain", "The connection broke off; the request may have been carried out.", {
        cause: error,
      });
    }
    throw new AppError("unreachable", "The host did not answer.", {
      cause: error,
      retryAfterMs: 5000,
    });
  } finally {
    request.destroy();
  }
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

async function readBody(response: IncomingMessage, { maxBytes, method }: Hop): Promise<Buffer> {
  const announced = Number(response.headers["content-length"] ?? 0);
  if (method !== "HEAD" && announced > maxBytes) throw tooLarge(maxBytes);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}

/** Both the packed and the unpacked size are capped, so a small answer cannot unfold into a large one. */
async function decompress(raw: Buffer, encoding: string, maxBytes: number): Promise<Uint8Array> {
  const name = encoding.trim().toLowerCase();
  if (raw.length === 0 || name === "" || name === "identity") return raw;
  const isZlib = ((raw[0] ?? 0) & 0x0f) === 8; // "deflate" should be zlib; some servers send it bare
  const decode =
    name === "gzip" || name === "x-gzip"
      ? promisify(gunzip)
      : name === "br"
        ? promisify(brotliDecompress)
        : name === "deflate"
          ? promisify(isZlib ? inflate : inflateRaw)
          : undefined;
  if (decode === undefined) throw new AppError("unsupported", "The answer is packed in a way we did not ask for.");
  try {
    return await decode(raw, { maxOutputLength: maxBytes });
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge(maxBytes);
    throw new AppError("unsupported", "The packed answer is damaged.", { cause: error });
  }
}

function tooLarge(maxBytes: number): AppError {
  return new AppError("too-large", `The answer is larger than ${maxBytes} bytes.`);
}
