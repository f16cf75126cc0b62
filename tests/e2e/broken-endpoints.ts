import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** What may be wrong with a server: nothing listens, it hangs up at once, it answers 500, it never says a word. */
export const brokenKinds = ["nobody", "hangs-up", "answers-500", "silent"] as const;
export type BrokenKind = (typeof brokenKinds)[number];

export interface BrokenEndpoint {
  readonly host: string;
  readonly port: number;
  /** "http://host:port" */
  readonly url: string;
  /** Connections or requests so far, whichever are more; always 0 where nobody listens. */
  attempts(): number;
  close(): Promise<void>;
}

export async function createBrokenEndpoint(kind: BrokenKind): Promise<BrokenEndpoint> {
  let connections = 0;
  let requests = 0;
  const sockets = new Set<Socket>();
  const server: Server =
    kind === "answers-500"
      ? createHttpServer((request, response) => {
          requests += 1;
          request.resume();
          response.writeHead(500).end("broken");
        })
      : createServer((socket) => {
          if (kind === "hangs-up") socket.destroy();
        });
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
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, "close");
  };
  if (kind === "nobody") await close();
  return {
    host: "127.0.0.1",
    port,
    url: `http://127.0.0.1:${port}`,
    attempts: () => Math.max(connections, requests),
    close,
  };
}
