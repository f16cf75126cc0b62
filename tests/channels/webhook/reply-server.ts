import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { text } from "node:stream/consumers";
import type { Reply } from "../../../channels/webhook/format.ts";

export interface ReplyCall {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly reply: Reply;
}

/** Takes replies as a careful receiver does: the same idempotency key counts once. */
export interface ReplyServer {
  readonly url: string;
  /** Every call that was taken, doubles included. */
  readonly calls: readonly ReplyCall[];
  /** Without doubles. */
  readonly replies: readonly Reply[];
  /** The next call after `skip` good ones fails thus. */
  failNext(
    failure: "429" | "503" | "400" | "302" | "cut-before" | "cut-after",
    skip?: number,
    retryAfterS?: number,
  ): void;
  close(): Promise<void>;
}

export async function createReplyServer(): Promise<ReplyServer> {
  const calls: ReplyCall[] = [];
  const replies = new Map<string, Reply>();
  let failure: { kind: string; skip: number; retryAfterS: number } | undefined;

  const server = createServer(async (request, response) => {
    const body = await text(request);
    const due = failure !== undefined && failure.skip-- === 0 ? failure.kind : undefined;
    const retryAfter = String(failure?.retryAfterS ?? 1);
    if (due !== undefined) failure = undefined;
    if (due !== undefined && /^\d+$/.test(due)) {
      response.writeHead(Number(due), { "retry-after": retryAfter, location: "http://127.0.0.1:9/" }).end();
      return;
    }
    if (due === "cut-before") {
      request.socket.destroy();
      return;
    }
    const reply = JSON.parse(body) as Reply;
    calls.push({ headers: request.headers, body, reply });
    replies.set(String(request.headers["idempotency-key"]), reply);
    if (due === "cut-after") request.socket.destroy();
    else response.writeHead(204).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/replies`,
    calls,
    get replies() {
      return [...replies.values()];
    },
    failNext: (kind, skip = 0, retryAfterS = 1) => void (failure = { kind, skip, retryAfterS }),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
