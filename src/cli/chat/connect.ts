import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";
import { AppError } from "../../core/errors.ts";
import { pickNearest } from "../../core/nearest.ts";
import {
  createChatClient,
  type ChatClient,
  type SocketEvents,
  type Socket,
} from "../../web/dashboard/chat/chat-client.ts";
import type { ChatState } from "../../web/dashboard/chat/chat-state.ts";
import { headersOf, loadSession, type ServicePlace, type ServiceSession } from "../running.ts";

/** A chat of the running service. It reconnects by itself and sends what was not acknowledged again. */
export interface ChatConnection extends Pick<ChatClient, "state" | "stop"> {
  readonly chat: string;
  readonly model: ServiceSession["model"];
  /** Where the files of this chat lie. */
  readonly filesUrl: string;
  /** Resolves with the id of the message. */
  send(text: string): string;
  /** Told after every change, and once at the start; one listener at a time. */
  onChange(listener: (state: ChatState) => void): void;
  close(): void;
}

export interface ChatChoice {
  readonly channel: string | undefined;
  /** Absent: a new chat, or the latest one. */
  readonly chat: string | undefined;
  readonly isContinued: boolean;
}

const maxFrameBytes = 32 * 1024 * 1024;
const connectMs = 10_000;

/** Throws AppError when the service does not run, does not let us in, or has no such channel. */
export async function connectChat(place: ServicePlace, choice: ChatChoice): Promise<ChatConnection> {
  const session = await loadSession(place);
  if (session === undefined)
    throw new AppError("unreachable", `No Parlance answers at ${place.url}.`, {
      hint: 'Start it with "parlance start", or name its address with --url.',
    });
  if (!session.signedIn) {
    throw new AppError(
      "unauthorised",
      place.token === undefined ? "The service wants its token." : "The token does not fit.",
      {
        hint: "It is http.token in the configuration of the service; give it with --token.",
      },
    );
  }
  const channel = pickChannel(session, choice.channel);
  let listener: (state: ChatState) => void = () => undefined;
  const base = `${place.url}/chat/${encodeURIComponent(channel)}`;

  const client = createChatClient({
    openSocket: (events) => openSocket(base, place, events),
    setTimer: (run, delayMs) => {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
    createId: randomUUID,
    now: Date.now,
    random: Math.random,
    loadPending: () => [],
    savePending: () => undefined,
    onChange: (state) => listener(state),
    onUnreachable: () => undefined,
  });

  try {
    const latest = choice.isContinued ? (await untilTold(client)).chats?.[0]?.chat : undefined;
    client.openChat(choice.chat ?? latest ?? randomUUID());
    await untilTold(client);
  } catch (error) {
    client.close();
    throw error;
  }
  const { chat } = client.state();
  if (chat === undefined) throw new Error("no chat is open");
  return {
    chat,
    model: session.model,
    filesUrl: `${base}/files`,
    state: () => client.state(),
    stop: () => client.stop(),
    send(text) {
      client.sendMessage(text, []);
      const id = client.state().pending.at(-1)?.id;
      if (id === undefined) throw new Error("the message was not taken");
      return id;
    },
    onChange(next) {
      listener = next;
      next(client.state());
    },
    close: () => client.close(),
  };

  /** Until the server has told what we follow: the chats, and the chat when one is open. */
  async function untilTold(opening: ChatClient): Promise<ChatState> {
    const until = Date.now() + connectMs;
    for (;;) {
      const state = opening.state();
      if (state.chats !== undefined && (state.chat === undefined || state.isLoaded)) return state;
      if (Date.now() > until)
        throw new AppError("unreachable", `The chat at ${place.url} does not open.`, {
          hint: '"parlance doctor" looks for the cause.',
        });
      await sleep(10);
    }
  }
}

function pickChannel({ channels }: ServiceSession, wanted: string | undefined): string {
  const names = channels.map(({ name }) => name);
  const found = wanted === undefined ? names[0] : names.find((name) => name === wanted);
  if (found !== undefined) return found;
  if (wanted === undefined || names.length === 0) {
    throw new AppError("not-found", "The service has no web chat channel.", {
      hint: "Add one to the configuration: channels: { web: { platform: webchat } }",
    });
  }
  const nearest = pickNearest(wanted, names);
  throw new AppError("not-found", `There is no web chat channel "${wanted}".`, {
    hint: nearest === undefined ? `There are: ${names.join(", ")}.` : `Did you mean "${nearest}"?`,
  });
}

function openSocket(base: string, place: ServicePlace, events: SocketEvents): Socket {
  const socket = new WebSocket(`${base.replace(/^http/, "ws")}/socket`, {
    headers: headersOf(place),
    handshakeTimeout: connectMs,
    maxPayload: maxFrameBytes,
  });
  socket.on("open", () => events.onOpen());
  socket.on("message", (data, isBinary) => {
    if (!isBinary && Buffer.isBuffer(data)) events.onText(data.toString("utf8"));
  });
  socket.on("close", () => events.onClose());
  socket.on("error", () => undefined); // "close" follows.
  return { send: (text) => socket.send(text), close: () => socket.close() };
}
