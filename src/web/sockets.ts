import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { SocketConnection } from "../core/channel.ts";
import type { Person } from "../core/message.ts";

const maxFrameBytes = 262_144;

export interface SocketRoute {
  /** Undefined: answer with the status. */
  readonly accept: (
    request: IncomingMessage,
  ) =>
    | { readonly person: Person; readonly open: (connection: SocketConnection) => void }
    | { readonly status: 401 | 403 | 404 | 421 | 429 };
}

/** Upgrades WebSocket requests after the same checks as any other call, and hands them over free of library types. */
export function attachSockets(server: Server, route: SocketRoute): { close(): void } {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxFrameBytes, perMessageDeflate: false });

  function onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => socket.destroy());
    const accepted = route.accept(request);
    if ("status" in accepted) {
      socket.end(`HTTP/1.1 ${accepted.status} Refused\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on("error", () => webSocket.terminate());
      accepted.open({
        person: accepted.person,
        send: (frame) => webSocket.send(frame),
        bufferedBytes: () => webSocket.bufferedAmount,
        onFrame: (listener) =>
          webSocket.on("message", (data, isBinary) =>
            isBinary ? webSocket.close(1003, "text only") : listener((data as Buffer).toString()),
          ),
        onClose: (listener) => webSocket.on("close", listener),
        close: (code, reason) => webSocket.close(code, reason),
      });
    });
  }

  server.on("upgrade", onUpgrade);
  return {
    close() {
      server.off("upgrade", onUpgrade);
      for (const client of sockets.clients) client.close(1001, "going away");
      setTimeout(() => {
        for (const client of sockets.clients) client.terminate();
      }, 1_000).unref();
      sockets.close();
    },
  };
}
