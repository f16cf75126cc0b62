import { randomUUID } from "node:crypto";
import { WebSocket } from "ws";
import type { ClientFrame, ServerFrame, WireEntry } from "../../../channels/webchat/protocol.ts";
import type { CreatePeer } from "./peer.ts";

/** Pages that connect again when the connection is gone, and send again what was not acknowledged. */
export const createWebchatPeer: CreatePeer = async ({ hookUrl, people }) => {
  const { host } = new URL(hookUrl);
  const pages = new Map(people.map((person) => [person, createPage(`ws://${host}/chat/chat/socket`)]));
  return {
    channel: { platform: "webchat" },
    async say(person, text) {
      await pages.get(person)?.say(text);
    },
    async stir(mark) {
      const page = pages.get(people[0] ?? 1);
      page?.look();
      await page?.say(`/help ${mark}`);
      return [`/help ${mark}`, "/stop"];
    },
    shown: () => [...pages.values()].flatMap((page) => page.signs),
    received: () => [...pages].flatMap(([person, page]) => page.answers().map(({ text }) => ({ person, text }))),
    async close() {
      for (const page of pages.values()) page.close();
    },
  };
};

interface Page {
  /** Resolves once it is acknowledged. */
  say(text: string): Promise<void>;
  /** Looks at what was said earlier, and presses "stop". */
  look(): void;
  /** What the service has shown of itself: its words, its typing sign, its drafts of words. */
  readonly signs: readonly string[];
  /** Oldest first. */
  answers(): readonly WireEntry[];
  close(): void;
}

function createPage(url: string): Page {
  const chat = randomUUID();
  const entries = new Map<string, WireEntry>();
  const waiting = new Map<string, { readonly frame: ClientFrame; readonly acknowledge: () => void }>();
  const signs: string[] = [];
  let socket: WebSocket | undefined;
  let timer: NodeJS.Timeout | undefined;

  function send(frame: ClientFrame): void {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
  }

  function sendWaiting(): void {
    for (const { frame } of waiting.values()) send(frame);
  }

  function noteSigns(frame: ServerFrame): void {
    // What was said earlier is shown again to whoever looks; what is going on now would be a sign.
    const isSign =
      frame.type === "entry"
        ? frame.entry.direction === "out"
        : frame.type === "snapshot"
          ? frame.isWorking || frame.preview !== undefined
          : !["ack", "chats", "pong", "earlier", "error"].includes(frame.type);
    if (isSign) signs.push(JSON.stringify(frame));
  }

  function take(frame: ServerFrame): void {
    noteSigns(frame);
    if (frame.type === "snapshot") for (const entry of frame.entries) entries.set(entry.id, entry);
    if (frame.type === "entry") entries.set(frame.entry.id, frame.entry);
    if (frame.type === "error" && frame.isRetryable) setTimeout(sendWaiting, 200);
    if (frame.type !== "ack") return;
    waiting.get(frame.id)?.acknowledge();
    waiting.delete(frame.id);
  }

  function connect(): void {
    socket = new WebSocket(url);
    socket.on("error", () => undefined); // "close" follows
    socket.on("open", () => {
      send({ type: "open", chat, limit: 200 });
      sendWaiting();
    });
    socket.on("message", (data: Buffer) => take(JSON.parse(data.toString()) as ServerFrame));
    socket.on("close", () => (timer = setTimeout(connect, 100)));
  }
  connect();

  return {
    say: (text) =>
      new Promise((resolve) => {
        const id = randomUUID();
        const frame: ClientFrame = { type: "message", id, chat, text, attachments: [] };
        waiting.set(id, { frame, acknowledge: resolve });
        send(frame);
      }),
    signs,
    look() {
      send({ type: "earlier", chat, beforeAt: Date.now(), limit: 50 });
      send({ type: "stop", chat });
      send({ type: "ping" });
    },
    answers: () => [...entries.values()].filter(({ direction }) => direction === "out").toSorted((a, b) => a.at - b.at),
    close() {
      clearTimeout(timer);
      socket?.removeAllListeners("close");
      socket?.terminate();
    },
  };
}
