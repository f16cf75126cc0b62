import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createInterface } from "node:readline";

/**
 * What may be wrong with a server: nothing listens, its name is not in the DNS, it hangs up at once, it answers 500, it
 * never says a word, it no longer takes our token or password.
 */
export const brokenKinds = ["nobody", "no-name", "hangs-up", "answers-500", "silent", "revoked"] as const;
export type BrokenKind = (typeof brokenKinds)[number];

export interface BrokenEndpoint {
  readonly host: string;
  readonly port: number;
  /** "http://host:port" */
  readonly url: string;
  /** Connections or requests so far, whichever are more; always 0 for "nobody" and "no-name". */
  attempts(): number;
  /** Connections that are held now. */
  open(): number;
  close(): Promise<void>;
}

/** How a platform says that it does not take our token or password: an HTTP answer, or lines by what it was sent. */
export type Refusal =
  | { readonly status: number; readonly body: object }
  | { readonly greeting: string; readonly answer: (line: string) => string };

export async function createBrokenEndpoint(
  kind: BrokenKind,
  refusal: Refusal = { status: 401, body: {} },
): Promise<BrokenEndpoint> {
  let connections = 0;
  let requests = 0;
  const sockets = new Set<Socket>();
  const count = (): void => void (requests += 1);
  const server = createBrokenServer(kind, refusal, count);
  server.on("connection", (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    // Without a listener for what comes in, nobody would notice that the other side has left.
    if (kind === "silent") socket.resume();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const host = kind === "no-name" ? "no-such-server.invalid" : "127.0.0.1";
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, "close");
  };
  if (kind === "nobody" || kind === "no-name") await close();
  return {
    host,
    port,
    url: `http://${host}:${port}`,
    attempts: () => Math.max(connections, requests),
    open: () => sockets.size,
    close,
  };
}

function createBrokenServer(kind: BrokenKind, refusal: Refusal, count: () => void): Server {
  if (kind === "answers-500") return createAnsweringServer(500, "broken", count);
  if (kind === "revoked")
    return "status" in refusal
      ? createAnsweringServer(refusal.status, JSON.stringify(refusal.body), count)
      : createServer((socket) => refuseByLines(socket, refusal));
  return createServer((socket) => {
    if (kind === "hangs-up") socket.destroy();
  });
}

function createAnsweringServer(status: number, body: string, count: () => void): Server {
  return createHttpServer((request, response) => {
    count();
    request.resume();
    response.writeHead(status, { "content-type": "application/json" }).end(body);
  });
}

function refuseByLines(socket: Socket, { greeting, answer }: Extract<Refusal, { greeting: string }>): void {
  socket.write(greeting);
  createInterface({ input: socket }).on("line", (line) => void socket.write(answer(line)));
}
