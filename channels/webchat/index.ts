import type { Channel, ChannelContext, ChannelSink, TranscriptEntry } from "../../src/core/channel.ts";
import type { OutboundMessage } from "../../src/core/message.ts";
import { firstChatOf, formatChatId, ownerOf, parseChatId } from "./chat-id.ts";
import type { WebchatOptions } from "./config.ts";
import { createFileIds } from "./file-id.ts";
import { createFilePages } from "./files.ts";
import { formatEntry, formatOutbound } from "./format.ts";
import { createFrameRunner } from "./frames.ts";
import { readFrames } from "./intake.ts";
import { createPages, type Page } from "./pages.ts";
import { createPreviews } from "./previews.ts";
import { parseClientFrame, type ServerFrame } from "./protocol.ts";
import { traits } from "./traits.ts";
import { createWorkingSigns } from "./working-signs.ts";

const maxListedChats = 200;
const chatsDelayMs = 200;
const idleCheckMs = 30_000;

/** What one person, and one page, may take up. */
export interface Share {
  /** Open pages of everybody together. */
  readonly maxSockets: number;
  /** Open pages of one person. */
  readonly maxSocketsPerPerson: number;
  /** Frames that one page may send, with twice as many in a burst. */
  readonly framesPerSecond: number;
}

const share: Share = { maxSockets: 500, maxSocketsPerPerson: 20, framesPerSecond: 20 };

/** Our own page: people talk over a WebSocket at /chat/<name>/socket, files go over /chat/<name>/files. */
export function createChannel(
  context: ChannelContext<WebchatOptions>,
  { maxSockets, maxSocketsPerPerson, framesPerSecond }: Share = share,
): Channel {
  const { name, options, log, now, transcript } = context;
  const pages = createPages({ maxSockets, maxSocketsPerPerson }, now);
  const fileIds = createFileIds(context.state);
  const filePages = createFilePages(context.files, fileIds, options.maxFileBytes);
  const previews = createPreviews((chatId, change) =>
    pushToChat(chatId, (chat) => ({ type: "preview", chat, ...change })),
  );
  const signs = createWorkingSigns((chatId, on) => {
    if (!on) previews.clear(chatId);
    pushToChat(chatId, (chat) => ({ type: "typing", chat, on }));
  });
  const chatTimers = new Map<string, NodeJS.Timeout>();
  const runFrame = createFrameRunner({
    context,
    pages,
    fileIds,
    previews,
    signs,
    sendChats,
    sendChatsSoon,
  });
  let sink: ChannelSink | undefined;

  function pushToChat(chatId: string, format: (chat: string) => ServerFrame): void {
    const parsed = parseChatId(chatId);
    if (parsed !== undefined) pages.sendToChat(parsed.owner, parsed.chat, format(parsed.chat));
  }

  async function loadChats(owner: string): Promise<ServerFrame> {
    const known = await transcript.list(formatChatId(owner, ""), maxListedChats);
    const list = known.flatMap(({ chat: id, title, updatedAt }) => {
      const chat = parseChatId(id)?.chat;
      return chat === undefined ? [] : [{ chat, title, updatedAt }];
    });
    return { type: "chats", list };
  }

  async function sendChats(page: Page): Promise<void> {
    pages.send(page, await loadChats(page.owner));
  }

  function sendChatsSoon(owner: string): void {
    if (!pages.isOpen(owner) || chatTimers.has(owner)) return;
    const timer = setTimeout(() => {
      chatTimers.delete(owner);
      loadChats(owner).then(
        (frame) => pages.sendToOwner(owner, frame),
        (error: unknown) => log.warn({ error }, "cannot list chats"),
      );
    }, chatsDelayMs);
    chatTimers.set(owner, timer.unref());
  }

  async function findEntry(chatId: string, id: string): Promise<TranscriptEntry | undefined> {
    try {
      return (await transcript.read(chatId, { limit: 20 })).find((entry) => entry.id === id);
    } catch (error) {
      log.debug({ error }, "cannot look up an entry");
      return undefined;
    }
  }

  async function pushMessage(message: OutboundMessage, id: string): Promise<void> {
    const chatId = message.address.chat;
    const parsed = parseChatId(chatId);
    if (parsed === undefined) return;
    const { owner, chat } = parsed;
    sendChatsSoon(owner);
    if (!pages.isFollowed(owner, chat)) return;
    const entry = formatOutbound({ ...message, id }, await findEntry(chatId, id), now());
    pages.sendToChat(owner, chat, {
      type: "entry",
      chat,
      entry: await formatEntry(entry, owner, fileIds),
    });
  }

  async function answerFrame(page: Page, text: string): Promise<void> {
    page.lastFrameAt = now();
    const parsed = parseClientFrame(text);
    if (!parsed.ok) {
      const about = parsed.id === undefined ? {} : { id: parsed.id };
      return pages.send(page, {
        type: "error",
        message: parsed.reason,
        isRetryable: false,
        ...about,
      });
    }
    const { frame } = parsed;
    try {
      if (sink === undefined) throw new Error("stopped");
      await runFrame(page, frame, sink);
    } catch (error) {
      log.warn({ error, frame: frame.type }, "a frame could not be answered");
      const about = frame.type === "message" ? { id: frame.id } : {};
      pages.send(page, {
        type: "error",
        message: "Parlance could not do that just now.",
        isRetryable: true,
        ...about,
      });
    }
  }

  return {
    traits,

    async start(newSink, signal) {
      sink = newSink;
      sink.health({ state: "up" });
      const idleCheck = setInterval(() => pages.closeIdle(), idleCheckMs).unref();
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      clearInterval(idleCheck);
      sink = undefined;
      for (const timer of chatTimers.values()) clearTimeout(timer);
      chatTimers.clear();
      previews.close();
      signs.close();
      pages.closeAll(1012, "restarting");
      newSink.health({ state: "down", reason: "stopped" });
    },

    async send(message, delivery) {
      const chatId = message.address.chat;
      previews.clear(chatId);
      // The sign goes last: on the page the entry takes the place of its preview, and any other preview goes with it.
      await pushMessage(message, message.id).finally(() => signs.clear(chatId));
      if (delivery.sentParts.length > 0) return delivery.sentParts;
      await delivery.recordPart(message.id);
      return [message.id];
    },

    edit: (message, platformId) => pushMessage(message, platformId),

    async typing(address) {
      signs.show(address.chat);
    },

    preview(message) {
      signs.show(message.address.chat);
      previews.show(message.address.chat, message.id, message.text);
    },

    async handle(request, person) {
      const [resource, id, ...rest] = new URL(request.url).pathname.split("/").slice(3);
      const owner = ownerOf(person.id);
      if (resource === "files" && rest.length === 0) {
        if (request.method === "POST" && id === undefined) return filePages.upload(request, owner);
        if (request.method === "GET" && id !== undefined) return filePages.download(id, owner);
      }
      return Response.json({ error: "There is nothing here." }, { status: 404 });
    },

    socket(connection) {
      if (sink === undefined) return connection.close(1013, "not started");
      const page = pages.add(connection);
      if (page === undefined) return;
      readFrames(connection, { framesPerSecond, maxWaiting: 64 }, now, (text) => answerFrame(page, text));
    },

    async openDirect(personId) {
      const owner = ownerOf(personId);
      const [latest] = await transcript.list(formatChatId(owner, ""), 1);
      return { channel: name, chat: latest?.chat ?? formatChatId(owner, firstChatOf(owner)) };
    },
  };
}
