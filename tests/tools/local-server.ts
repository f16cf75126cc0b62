import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll } from "vitest";
import { createEgress } from "../../src/safety/egress.ts";

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly bytes: Buffer;
}

export interface FakeAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text and bytes as they are; anything else as JSON. */
  readonly body?: unknown;
}

/** A service on this machine, and the way to it through our own egress. Undefined as an answer is a 404. */
export function startService(answer: (request: SeenRequest) => FakeAnswer | undefined) {
  const seen: SeenRequest[] = [];
  let server: Server;
  beforeAll(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const { method = "", headers } = request;
        const { pathname: path, searchParams: query } = new URL(request.url ?? "", "http://service");
        const bytes = Buffer.concat(chunks);
        const one = { method, path, query, headers, bytes, body: bytes.toString() };
        seen.push(one);
        const {
          status = 200,
          headers: ours = {},
          body = "",
        } = answer(one) ?? { status: 404, body: { message: "Not Found" } };
        const isRaw = typeof body === "string" || body instanceof Uint8Array;
        response.writeHead(status, { "content-type": isRaw ? "text/plain" : "application/json", ...ours });
        response.end(isRaw ? body : JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    seen,
    last: () => seen.at(-1)!,
    origin: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fetchService: createEgress({ allowPrivateHosts: ["127.0.0.1"], record: () => undefined, now: () => 0 }),
  };
}
