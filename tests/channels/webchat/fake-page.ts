import type { SocketConnection } from "../../../src/core/channel.ts";
import type { Person } from "../../../src/core/message.ts";
import { applyPreview } from "../../../src/web/dashboard/chat/chat-state.ts";
import {
  parseServerFrame,
  type ClientFrame,
  type ServerFrame,
  type WirePreview,
} from "../../../channels/webchat/protocol.ts";
import type { Channel } from "../../../src/core/channel.ts";
import { waitUntil } from "../../doubles/channel-context.ts";

export const ada: Person = { id: "web:ada", name: "Ada", isBot: false };
export const grace: Person = { id: "web:grace", name: "Grace", isBot: false };

/** A browser page without a browser: a connection that remembers what it was sent. */
export interface FakePage {
  readonly frames: readonly ServerFrame[];
  readonly closedWith: number | undefined;
  bufferedBytes: number;
  sendText(text: string): void;
  send(frame: ClientFrame): void;
  of<Type extends ServerFrame["type"]>(type: Type): readonly Extract<ServerFrame, { type: Type }>[];
  /** Resolves with the n-th frame of a type. */
  waitFor<Type extends ServerFrame["type"]>(type: Type, count?: number): Promise<Extract<ServerFrame, { type: Type }>>;
  preview(): WirePreview | undefined;
  leave(): void;
}

export function openPage(channel: Channel, person: Person = ada): FakePage {
  const frames: ServerFrame[] = [];
  const frameListeners: ((text: string) => void)[] = [];
  const closeListeners: (() => void)[] = [];
  let closedWith: number | undefined;

  function end(code: number): void {
    if (closedWith !== undefined) return;
    closedWith = code;
    for (const listener of closeListeners) listener();
  }

  const page: FakePage = {
    frames,
    get closedWith() {
      return closedWith;
    },
    bufferedBytes: 0,
    sendText(text) {
      for (const listener of frameListeners) listener(text);
    },
    send: (frame) => page.sendText(JSON.stringify(frame)),
    of: (type) => frames.filter((frame): frame is Extract<ServerFrame, { type: typeof type }> => frame.type === type),
    async waitFor(type, count = 1) {
      await waitUntil(
        () => page.of(type).length >= count,
        5000,
        () => `${count} frames "${type}"`,
      );
      const frame = page.of(type)[count - 1];
      if (frame === undefined) throw new Error("unreachable");
      return frame;
    },
    preview: () => page.of("preview").reduce<WirePreview | undefined>(applyPreview, undefined),
    leave: () => end(1001),
  };

  const connection: SocketConnection = {
    person,
    send(text) {
      const frame = parseServerFrame(text);
      if (frame === undefined) throw new Error(`Not a frame: ${text}`);
      frames.push(frame);
    },
    bufferedBytes: () => page.bufferedBytes,
    onFrame: (listener) => void frameListeners.push(listener),
    onClose: (listener) => void closeListeners.push(listener),
    close: end,
  };
  channel.socket?.(connection);
  return page;
}
