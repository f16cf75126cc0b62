import { createHash } from "node:crypto";
import type { Server } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";

export interface Envelope {
  readonly envelope_id: string;
  readonly type: "events_api" | "interactive" | "slash_commands";
  readonly payload: object;
  readonly accepts_response_payload: boolean;
}

/** Slack's end of Socket Mode: hello, envelopes until each is acknowledged, disconnects. */
export interface FakeSocket {
  /** The answers by envelope. */
  readonly acknowledged: Map<string, object | undefined>;
  readonly connections: ReadonlySet<WebSocket>;
  /** Delivers it again every `repeatMs` until it is acknowledged; kept while nobody is connected. */
  send(envelope: Envelope): void;
  /** Something that is no envelope. */
  sendRaw(text: string): void;
  disconnect(reason: string): void;
  /** Cuts the connections without a word. */
  cut(): void;
  /** As long as it is so, nothing is ever said on new connections, goodbyes included. */
  isSilent: boolean;
  /** Silent connections that the other side keeps. */
  readonly silent: ReadonlySet<Duplex>;
  close(): void;
}

export function createFakeSocket(server: Server, repeatMs: number): FakeSocket {
  const sockets = new WebSocketServer({ noServer: true });
  const connections = new Set<WebSocket>();
  const acknowledged = new Map<string, object | undefined>();
  const waiting = new Map<string, { envelope: Envelope; attempt: number }>();

  const silent = new Set<Duplex>();

  server.on("upgrade", (request, socket, head) => {
    if (fake.isSilent) {
      const key = `${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
      const accept = createHash("sha1").update(key).digest("base64");
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      silent.add(socket);
      socket.on("close", () => silent.delete(socket)).on("error", () => undefined);
      socket.on("end", () => socket.destroy());
      socket.resume();
      return;
    }
    sockets.handleUpgrade(request, socket, head, (connection) => {
      connections.add(connection);
      connection.on("close", () => connections.delete(connection));
      connection.on("message", (data) => {
        const { envelope_id: id, payload } = JSON.parse((data as Buffer).toString("utf8")) as {
          envelope_id: string;
          payload?: object;
        };
        acknowledged.set(id, payload);
        waiting.delete(id);
      });
      connection.send(
        JSON.stringify({ type: "hello", num_connections: connections.size, connection_info: { app_id: "A0APP" } }),
      );
      for (const id of waiting.keys()) transmit(id);
    });
  });

  function transmit(id: string): void {
    const entry = waiting.get(id);
    const [connection] = connections;
    if (entry === undefined || connection === undefined) return;
    const { envelope, attempt } = entry;
    connection.send(
      JSON.stringify({ ...envelope, ...(attempt > 0 ? { retry_attempt: attempt, retry_reason: "timeout" } : {}) }),
    );
    entry.attempt += 1;
  }

  const timer = setInterval(() => {
    for (const id of waiting.keys()) transmit(id);
  }, repeatMs);

  const fake: FakeSocket = {
    acknowledged,
    connections,
    isSilent: false,
    silent,
    send(envelope) {
      waiting.set(envelope.envelope_id, { envelope, attempt: 0 });
      transmit(envelope.envelope_id);
    },
    sendRaw(text) {
      for (const connection of connections) connection.send(text);
    },
    disconnect(reason) {
      for (const connection of connections)
        connection.send(JSON.stringify({ type: "disconnect", reason, debug_info: { host: "fake" } }));
    },
    cut() {
      for (const connection of connections) connection.terminate();
    },
    close() {
      clearInterval(timer);
      for (const socket of silent) socket.destroy();
      for (const connection of sockets.clients) connection.terminate();
      sockets.close();
    },
  };
  return fake;
}
