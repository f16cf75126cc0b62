import { useEffect, useRef, useState } from "preact/hooks";
import { createChatClient, type ChatClient, type Socket, type SocketEvents } from "./chat-client.ts";
import { emptyState, type ChatState } from "./chat-state.ts";
import { loadPending, savePending } from "./pending-storage.ts";

export interface Chat {
  readonly state: ChatState;
  readonly client: ChatClient | undefined;
  /** Words written and not sent, by chat; for as long as the page lives. */
  readonly drafts: Map<string, string>;
}

/** One connection for as long as the person is signed in, whatever page is shown. */
export function useChat(channel: string, personId: string, onUnreachable: () => void): Chat {
  const [state, setState] = useState<ChatState>(emptyState);
  const [client, setClient] = useState<ChatClient>();
  const drafts = useRef(new Map<string, string>()).current;
  const unreachable = useRef(onUnreachable);
  unreachable.current = onUnreachable;

  useEffect(() => {
    const created = createChatClient({
      openSocket: (events) => openSocket(channel, events),
      setTimer(run, delayMs) {
        const timer = setTimeout(run, delayMs);
        return () => clearTimeout(timer);
      },
      createId,
      now: Date.now,
      random: Math.random,
      loadPending: () => loadPending(personId),
      savePending: (pending) => savePending(personId, pending),
      onChange: setState,
      onUnreachable: () => unreachable.current(),
    });
    setClient(created);
    setState(created.state());
    const reconnect = () => document.visibilityState === "visible" && created.reconnectNow();
    addEventListener("online", reconnect);
    document.addEventListener("visibilitychange", reconnect);
    return () => {
      removeEventListener("online", reconnect);
      document.removeEventListener("visibilitychange", reconnect);
      created.close();
    };
  }, [channel, personId]);

  return { state, client, drafts };
}

/** `crypto.randomUUID` is missing where the page came over plain HTTP from another machine. */
export function createId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

function openSocket(channel: string, events: SocketEvents): Socket {
  const url = new URL(`/chat/${encodeURIComponent(channel)}/socket`, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.hash = "";
  const socket = new WebSocket(url);
  socket.onopen = () => events.onOpen();
  socket.onmessage = ({ data }) => events.onText(String(data));
  socket.onclose = () => events.onClose();
  return socket;
}
