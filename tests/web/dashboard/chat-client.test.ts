import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { parseClientFrame, type ClientFrame, type ServerFrame } from "../../../channels/webchat/protocol.ts";
import { createChatClient, pickDelayMs, type SocketEvents } from "../../../src/web/dashboard/chat/chat-client.ts";
import type { PendingMessage } from "../../../src/web/dashboard/chat/chat-state.ts";

/** A server and a clock in our hands. */
function play(pending: readonly PendingMessage[] = []) {
  const sockets: {
    readonly events: SocketEvents;
    readonly sent: ClientFrame[];
    isClosed: boolean;
  }[] = [];
  const timers: { readonly run: () => void; readonly delayMs: number; isOff: boolean }[] = [];
  let saved: readonly PendingMessage[] = pending;
  let unreachable = 0;
  const client = createChatClient({
    openSocket(events) {
      const socket = { events, sent: [] as ClientFrame[], isClosed: false };
      sockets.push(socket);
      return {
        send(text) {
          const parsed = parseClientFrame(text);
          if (!parsed.ok) throw new Error(parsed.reason);
          socket.sent.push(parsed.frame);
        },
        close() {
          if (socket.isClosed) return;
          socket.isClosed = true;
          events.onClose();
        },
      };
    },
    setTimer(run, delayMs) {
      const timer = { run, delayMs, isOff: false };
      timers.push(timer);
      return () => (timer.isOff = true);
    },
    createId: () => randomUUID(),
    now: () => 0,
    random: () => 1,
    loadPending: () => pending,
    savePending: (list) => (saved = list),
    onChange: () => undefined,
    onUnreachable: () => unreachable++,
  });
  const last = () =>
    sockets.at(-1) ?? {
      events: { onOpen() {}, onText() {}, onClose() {} },
      sent: [],
      isClosed: true,
    };
  return {
    client,
    sockets,
    last,
    saved: () => saved,
    unreachable: () => unreachable,
    say: (frame: ServerFrame) => last().events.onText(JSON.stringify(frame)),
    /** Texts sent over the latest connection. */
    texts: () => last().sent.flatMap((frame) => (frame.type === "message" ? [frame.text] : [])),
    ids: () => last().sent.flatMap((frame) => (frame.type === "message" ? [frame.id] : [])),
    /** Runs the one timer that waits this long. */
    tick: (delayMs: number) => {
      const due = timers.filter((timer) => !timer.isOff && timer.delayMs === delayMs);
      for (const timer of due) {
        timer.isOff = true;
        timer.run();
      }
      return due.length;
    },
  };
}

const chat = randomUUID();

describe("the chat client", () => {
  it("sends one message after the other, each until it is acknowledged", () => {
    const { client, last, say, texts, ids, saved } = play();
    client.openChat(chat);
    client.sendMessage("one", []);
    client.sendMessage("two", []);
    expect(saved().map(({ text }) => text)).toEqual(["one", "two"]);
    last().events.onOpen();
    expect(last().sent[0]).toEqual({ type: "open", chat, limit: 50 });
    expect(texts()).toEqual(["one"]);
    say({ type: "ack", id: ids()[0] ?? "", outcome: "accepted" });
    expect(texts()).toEqual(["one", "two"]);
    say({ type: "ack", id: ids()[1] ?? "", outcome: "accepted" });
    expect(saved()).toEqual([]);
    expect(texts()).toEqual(["one", "two"]);
  });

  it("sends what was not acknowledged again under the same id over the next connection", () => {
    const { client, last, texts, ids, tick, sockets } = play();
    client.openChat(chat);
    last().events.onOpen();
    client.sendMessage("lost?", []);
    const [id] = ids();
    last().events.onClose();
    expect(client.state().connection).toBe("lost");
    expect(tick(500)).toBe(1);
    expect(sockets).toHaveLength(2);
    last().events.onOpen();
    expect(texts()).toEqual(["lost?"]);
    expect(ids()).toEqual([id]);
  });

  it("tries to connect at once when there is something to send, and only once at a time", () => {
    const { client, last, tick, sockets, texts } = play();
    client.openChat(chat);
    last().events.onOpen();
    last().events.onClose();
    client.sendMessage("one", []);
    client.sendMessage("two", []);
    expect(sockets).toHaveLength(2);
    expect(tick(500)).toBe(0);
    last().events.onOpen();
    expect(texts()).toEqual(["one"]);
  });

  it("sends what an earlier page left behind", () => {
    const id = randomUUID();
    const { last, ids } = play([{ id, chat, text: "left", attachments: [], at: 0 }]);
    last().events.onOpen();
    expect(ids()).toEqual([id]);
  });

  it("waits when nothing was stored, and lets later messages wait, too", () => {
    const { client, last, say, texts, ids, tick } = play();
    client.openChat(chat);
    last().events.onOpen();
    client.sendMessage("one", []);
    client.sendMessage("two", []);
    say({ type: "error", id: ids()[0] ?? "", message: "Not now.", isRetryable: true });
    expect(texts()).toEqual(["one"]);
    tick(3000);
    expect(texts()).toEqual(["one", "one"]);
  });

  it("goes on behind a refused message, and sends it again when asked", () => {
    const { client, last, say, texts, ids } = play();
    client.openChat(chat);
    last().events.onOpen();
    client.sendMessage("bad", []);
    client.sendMessage("good", []);
    const [id = ""] = ids();
    say({ type: "error", id, message: "Too long.", isRetryable: false });
    expect(texts()).toEqual(["bad", "good"]);
    say({ type: "ack", id: ids()[1] ?? "", outcome: "accepted" });
    client.retry(id);
    expect(texts()).toEqual(["bad", "good", "bad"]);
    client.discard(id);
    expect(client.state().pending).toEqual([]);
  });

  it("notices a connection that went silent", () => {
    const { last, say, tick, sockets } = play();
    last().events.onOpen();
    tick(25_000);
    expect(last().sent.at(-1)).toEqual({ type: "ping" });
    say({ type: "pong" });
    expect(tick(10_000)).toBe(0);
    tick(25_000);
    tick(10_000);
    expect(sockets[0]?.isClosed).toBe(true);
    tick(500);
    expect(sockets).toHaveLength(2);
  });

  it("asks whether the person is still signed in only when no connection could be opened", () => {
    const { last, tick, unreachable } = play();
    last().events.onOpen();
    last().events.onClose();
    expect(unreachable()).toBe(0);
    tick(500);
    last().events.onClose();
    expect(unreachable()).toBe(1);
  });

  it("stays away once it is closed", () => {
    const { client, last, sockets, tick } = play();
    last().events.onOpen();
    client.close();
    client.reconnectNow();
    expect(tick(500)).toBe(0);
    expect(sockets).toHaveLength(1);
  });
});

describe("waits between tries", () => {
  it("grow to a bound, with jitter", () => {
    const waits = Array.from({ length: 40 }, (_, attempt) => pickDelayMs(attempt, 1));
    expect(waits).toEqual(waits.toSorted((a, b) => a - b));
    expect(Math.max(...waits)).toBe(20_000);
    expect(pickDelayMs(3, 0)).toBe(pickDelayMs(3, 1) / 2);
  });
});
