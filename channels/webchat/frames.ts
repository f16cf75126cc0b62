import type { ChannelContext, ChannelSink, ReceiveOutcome } from "../../src/core/channel.ts";
import { createId } from "../../src/core/id.ts";
import type { Attachment } from "../../src/core/message.ts";
import { formatChatId } from "./chat-id.ts";
import type { FileIds } from "./file-id.ts";
import { formatEntry, formatInbound } from "./format.ts";
import type { Page, Pages } from "./pages.ts";
import { parseMessage } from "./parse.ts";
import type { Previews } from "./previews.ts";
import type { ClientFrame, WireEntry } from "./protocol.ts";
import type { WorkingSigns } from "./working-signs.ts";

export interface FrameParts {
  readonly context: Pick<ChannelContext, "name" | "now" | "transcript" | "isListening">;
  readonly pages: Pages;
  readonly fileIds: FileIds;
  readonly previews: Previews;
  readonly signs: WorkingSigns;
  /** Sends the list of chats to one page, or soon to all pages of its owner. */
  sendChats(page: Page): Promise<void>;
  sendChatsSoon(owner: string): void;
}

type Written = Parameters<typeof parseMessage>[0];
type FrameOf<Type extends ClientFrame["type"]> = Extract<ClientFrame, { type: Type }>;

/** Does what one frame asks for. May throw: then nothing was stored, and the page may try again. */
export function createFrameRunner(
  parts: FrameParts,
): (page: Page, frame: ClientFrame, sink: ChannelSink) => Promise<void> {
  const { context, pages, fileIds, previews, signs } = parts;

  async function readEntries(
    owner: string,
    chat: string,
    limit: number,
    beforeAt?: number,
  ): Promise<readonly WireEntry[]> {
    const entries = await context.transcript.read(formatChatId(owner, chat), {
      limit,
      ...(beforeAt === undefined ? {} : { beforeAt }),
    });
    return Promise.all(entries.map((entry) => formatEntry(entry, owner, fileIds)));
  }

  async function runOpen(page: Page, { chat, limit }: FrameOf<"open">): Promise<void> {
    // Followed first, read afterwards: what is said in between comes twice, under the same id, and never not at all.
    page.chat = chat;
    if (chat !== undefined) {
      const entries = await readEntries(page.owner, chat, limit);
      const chatId = formatChatId(page.owner, chat);
      const preview = previews.current(chatId);
      pages.send(page, {
        type: "snapshot",
        chat,
        entries,
        isWorking: signs.has(chatId),
        hasEarlier: entries.length >= limit,
        ...(preview === undefined ? {} : { preview }),
      });
    }
    await parts.sendChats(page);
  }

  async function runEarlier(page: Page, { chat, beforeAt, limit }: FrameOf<"earlier">): Promise<void> {
    const entries = await readEntries(page.owner, chat, limit, beforeAt);
    pages.send(page, { type: "earlier", chat, entries, hasEarlier: entries.length >= limit });
  }

  /** Hands a message over; once it is committed, all pages of the chat show it. */
  async function receive(
    page: Page,
    written: Written,
    attachments: readonly Attachment[],
    sink: ChannelSink,
  ): Promise<ReceiveOutcome> {
    const message = parseMessage(written, {
      channel: context.name,
      sender: page.connection.person,
      attachments,
      at: context.now(),
    });
    const outcome = await sink.receive(message);
    if (outcome === "accepted") {
      const entry = await formatEntry(formatInbound(message), page.owner, fileIds);
      pages.sendToChat(page.owner, written.chat, { type: "entry", chat: written.chat, entry });
      parts.sendChatsSoon(page.owner);
    }
    return outcome;
  }

  async function runMessage(page: Page, frame: FrameOf<"message">, sink: ChannelSink): Promise<void> {
    const attachments: Attachment[] = [];
    for (const id of frame.attachments) {
      const attachment = await fileIds.parse(page.owner, id);
      if (attachment === undefined) {
        pages.send(page, {
          type: "error",
          id: frame.id,
          message: "A file of this message is not known.",
          isRetryable: false,
        });
        return;
      }
      attachments.push(attachment);
    }
    const outcome = await receive(page, frame, attachments, sink);
    if (outcome === "accepted" && !context.isListening()) signs.show(formatChatId(page.owner, frame.chat));
    pages.send(page, { type: "ack", id: frame.id, outcome });
  }

  async function runStop(page: Page, { chat }: FrameOf<"stop">, sink: ChannelSink): Promise<void> {
    await receive(page, { id: createId(context.now()), chat, text: "/stop" }, [], sink);
  }

  return async function runFrame(page, frame, sink) {
    switch (frame.type) {
      case "ping":
        return pages.send(page, { type: "pong" });
      case "open":
        return runOpen(page, frame);
      case "earlier":
        return runEarlier(page, frame);
      case "message":
        return runMessage(page, frame, sink);
      case "stop":
        return runStop(page, frame, sink);
    }
  };
}
