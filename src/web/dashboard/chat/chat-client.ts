import { parseServerFrame, type ClientFrame, type WireAttachment } from "../../../../channels/webchat/protocol.ts";
import { applyFrame, emptyState, selectChat, type ChatState, type PendingMessage } from "./chat-state.ts";

/** A WebSocket, as far as it is used here. */
export interface Socket {
  send(text: string): void;
  close(): void;
}

export interface SocketEvents {
  onOpen(): void;
  onText(text: string): void;
  /** Comes once, for a socket that never opened, too. */
  onClose(): void;
}

/** What the client needs of its surroundings, so that tests can own them. */
export interface ClientParts {
  openSocket(events: SocketEvents): Socket;
  /** Runs once after a while; returns what calls it off. */
  setTimer(run: () => void, delayMs: number): () => void;
  createId(): string;
  now(): number;
  random(): number;
  /** Messages kept over a reload of the page. */
  loadPending(): readonly PendingMessage[];
  savePending(pending: readonly PendingMessage[]): void;
  onChange(state: ChatState): void;
  /** A connection could not be opened: is the person still signed in? */
  onUnreachable(): void;
}

export interface ChatClient {
  state(): ChatState;
  openChat(chat: string): void;
  sendMessage(text: string, attachments: readonly WireAttachment[]): void;
  retry(id: string): void;
  discard(id: string): void;
  stop(): void;
  loadEarlier(): void;
  /** Tries to connect at once, as when the network is back. */
  reconnectNow(): void;
  close(): void;
}

const pageEntries = 50;
const pingMs = 25_000;
const pongMs = 10_000;
const retryMs = 3000;

/** Waits before the n-th try to connect: doubling from half a second to 20 s, with jitter. */
export function pickDelayMs(attempt: number, random: number): number {
  return Math.min(20_000, 500 * 2 ** attempt) * (0.5 + random / 2);
}

/** Keeps a connection, sends every message until it is acknowledged, one after the other, and keeps the state of the page. */
export function createChatClient(parts: ClientParts): ChatClient {
  let state: ChatState = { ...emptyState, pending: parts.loadPending() };
  let socket: Socket | undefined;
  let inFlightId: string | undefined;
  let attempt = 0;
  let isClosed = false;
  let stopReconnect: (() => void) | undefined;
  let stopPing: (() => void) | undefined;
  let stopRetry: (() => void) | undefined;

  function change(next: ChatState): void {
    if (next.pending !== state.pending) parts.savePending(next.pending);
    state = next;
    parts.onChange(state);
  }

  function sendFrame(frame: ClientFrame): void {
    if (state.connection === "open") socket?.send(JSON.stringify(frame));
  }

  function sendNext(): void {
    if (state.connection !== "open" || inFlightId !== undefined || stopRetry !== undefined) return;
    const next = state.pending.find(({ problem }) => problem === undefined);
    if (next === undefined) return;
    inFlightId = next.id;
    const { id, chat, text, attachments } = next;
    sendFrame({
      type: "message",
      id,
      chat,
      text,
      attachments: attachments.map((attachment) => attachment.id),
    });
  }

  function sendNextLater(): void {
    stopRetry ??= parts.setTimer(() => {
      stopRetry = undefined;
      sendNext();
    }, retryMs);
  }

  function openFrame(): ClientFrame {
    return {
      type: "open",
      limit: pageEntries,
      ...(state.chat === undefined ? {} : { chat: state.chat }),
    };
  }

  /** Says "ping" when it is quiet; no word afterwards means that the connection is dead. */
  function expectWord(current: Socket): void {
    stopPing?.();
    stopPing = parts.setTimer(() => {
      sendFrame({ type: "ping" });
      stopPing = parts.setTimer(() => current.close(), pongMs);
    }, pingMs);
  }

  function connect(): void {
    stopReconnect?.();
    stopReconnect = undefined;
    let isOpen = false;
    const current = parts.openSocket({
      onOpen() {
        isOpen = true;
        attempt = 0;
        inFlightId = undefined;
        change({ ...state, connection: "open" });
        sendFrame(openFrame());
        sendNext();
        expectWord(current);
      },
      onText(text) {
        if (current !== socket) return;
        expectWord(current);
        const frame = parseServerFrame(text);
        if (frame === undefined) return;
        change(applyFrame(state, frame));
        if ((frame.type === "ack" || frame.type === "error") && frame.id === inFlightId) {
          inFlightId = undefined;
          if (frame.type === "error" && frame.isRetryable) sendNextLater();
          sendNext();
        }
      },
      onClose() {
        if (current !== socket) return;
        socket = undefined;
        inFlightId = undefined;
        stopPing?.();
        if (isClosed) return;
        change({ ...state, connection: "lost", isWorking: false });
        stopReconnect = parts.setTimer(connect, pickDelayMs(attempt++, parts.random()));
        if (!isOpen) parts.onUnreachable();
      },
    });
    socket = current;
  }

  function reconnectNow(): void {
    if (socket === undefined && !isClosed) connect();
  }

  connect();

  return {
    state: () => state,
    openChat(chat) {
      if (chat === state.chat) return;
      change(selectChat(state, chat));
      sendFrame(openFrame());
    },
    sendMessage(text, attachments) {
      if (state.chat === undefined) return;
      const message: PendingMessage = {
        id: parts.createId(),
        chat: state.chat,
        text,
        attachments,
        at: parts.now(),
      };
      change({ ...state, pending: [...state.pending, message] });
      reconnectNow();
      sendNext();
    },
    retry(id) {
      change({
        ...state,
        pending: state.pending.map((message) => {
          const { problem: _, ...rest } = message;
          return message.id === id ? rest : message;
        }),
      });
      sendNext();
    },
    discard(id) {
      change({ ...state, pending: state.pending.filter((message) => message.id !== id) });
    },
    stop() {
      if (state.chat !== undefined) sendFrame({ type: "stop", chat: state.chat });
    },
    loadEarlier() {
      const oldest = state.entries[0];
      // One millisecond more, for entries of the same moment; those known already are dropped by their id.
      if (state.chat !== undefined && oldest !== undefined && state.hasEarlier) {
        sendFrame({
          type: "earlier",
          chat: state.chat,
          beforeAt: oldest.at + 1,
          limit: pageEntries,
        });
      }
    },
    reconnectNow,
    close() {
      isClosed = true;
      stopReconnect?.();
      stopPing?.();
      stopRetry?.();
      socket?.close();
    },
  };
}
