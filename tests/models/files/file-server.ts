import { createHash } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** One way not to serve a file; each holds for one request. */
export type Misbehaviour =
  /** Announces everything, sends so many bytes of the body, and breaks the connection. */
  | { readonly kind: "cut"; readonly afterBytes: number }
  | { readonly kind: "status"; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly kind: "redirect"; readonly to: string; readonly headers?: Readonly<Record<string, string>> }
  /** The body is so long, whatever the file is. */
  | { readonly kind: "length"; readonly bytes: number }
  | { readonly kind: "garbled" }
  /** Sends a piece, and then nothing more. */
  | { readonly kind: "silent"; readonly afterBytes: number };

export interface ServedRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Of the body, that were handed to the socket. */
  sentBytes: number;
}

export interface FileServer {
  readonly url: string;
  readonly host: string;
  readonly requests: ServedRequest[];
  /** Puts a file, or another version of it. */
  put(path: string, content: Buffer | string, headers?: Readonly<Record<string, string>>): void;
  /** What goes wrong at the next requests for this path, in order. */
  spoil(path: string, ...misbehaviours: readonly Misbehaviour[]): void;
  /** Every body for this path stops after so many bytes of the file until the function that comes back is called. */
  hold(path: string, afterBytes: number): () => void;
  /** How it serves from now on. */
  readonly habits: { ignoresRange: boolean; hasTags: boolean; pieceBytes: number; pieceMs: number };
  close(): Promise<void>;
}

export function sha256Of(content: Buffer | string): string {
  return createHash("sha256").update(content).digest("hex");
}

/** Bytes that look different everywhere, so that a piece in the wrong place shows. */
export function createContent(bytes: number, seed = 1): Buffer {
  const content = Buffer.alloc(bytes);
  let state = seed >>> 0;
  for (let index = 0; index < bytes; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    content[index] = state >>> 24;
  }
  return content;
}

/** A web server on this machine that serves files as RFC 9110 wants it, or wrongly when told to. */
export async function startFileServer(): Promise<FileServer> {
  const files = new Map<string, { content: Buffer; headers: Readonly<Record<string, string>> }>();
  const spoiled = new Map<string, Misbehaviour[]>();
  const held = new Map<string, { readonly afterBytes: number; readonly released: Promise<void> }>();
  const requests: ServedRequest[] = [];
  const habits = { ignoresRange: false, hasTags: true, pieceBytes: 64 * 1024, pieceMs: 0 };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? "";
    const served: ServedRequest = { path, headers: request.headers, sentBytes: 0 };
    requests.push(served);
    const wrong = spoiled.get(path)?.shift();
    if (wrong?.kind === "status") return void response.writeHead(wrong.status, wrong.headers ?? {}).end();
    if (wrong?.kind === "redirect") return void response.writeHead(302, { location: wrong.to, ...wrong.headers }).end();
    const file = files.get(path);
    if (file === undefined) return void response.writeHead(404).end();
    const etag = `"${sha256Of(file.content).slice(0, 16)}"`;
    let { content } = file;
    if (wrong?.kind === "garbled") content = Buffer.from(content.map((byte) => byte ^ 1));
    if (wrong?.kind === "length") content = Buffer.concat([content, content]).subarray(0, wrong.bytes);
    const range = pickRange(request.headers, etag, habits.ignoresRange);
    const headers = { ...(habits.hasTags ? { etag } : {}), ...file.headers };
    let from = 0;
    if (range !== undefined && range >= content.length)
      return void response.writeHead(416, { ...headers, "content-range": `bytes */${content.length}` }).end();
    if (range === undefined) response.writeHead(200, { ...headers, "content-length": content.length });
    else {
      from = range;
      response.writeHead(206, {
        ...headers,
        "content-length": content.length - from,
        "content-range": `bytes ${from}-${content.length - 1}/${content.length}`,
      });
    }
    const until = wrong?.kind === "cut" || wrong?.kind === "silent" ? from + wrong.afterBytes : content.length;
    for (let at = from; at < until && !response.destroyed; at += habits.pieceBytes) {
      const hold = held.get(path);
      if (hold !== undefined && at >= hold.afterBytes) await hold.released;
      const piece = content.subarray(at, Math.min(at + habits.pieceBytes, until));
      await new Promise<void>((resolve) => response.write(piece, () => resolve()));
      served.sentBytes += piece.length;
      if (habits.pieceMs > 0) await sleep(habits.pieceMs);
    }
    if (wrong?.kind === "cut") {
      await sleep(30); // for what was written to arrive
      response.destroy();
    } else if (wrong?.kind !== "silent") response.end();
  }

  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `http://${host}`,
    host,
    requests,
    habits,
    put: (path, content, headers = {}) =>
      void files.set(path, { content: Buffer.isBuffer(content) ? content : Buffer.from(content), headers }),
    spoil: (path, ...misbehaviours) => void spoiled.set(path, [...(spoiled.get(path) ?? []), ...misbehaviours]),
    hold(path, afterBytes) {
      const { promise, resolve } = Promise.withResolvers<void>();
      held.set(path, { afterBytes, released: promise });
      return () => {
        held.delete(path);
        resolve();
      };
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Where a request wants to begin; undefined when it gets everything. */
function pickRange(headers: IncomingHttpHeaders, etag: string, isIgnored: boolean): number | undefined {
  const from = /^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1];
  const condition = headers["if-range"];
  return from === undefined || isIgnored || (condition !== undefined && condition !== etag) ? undefined : Number(from);
}
