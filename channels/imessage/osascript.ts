import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { setTimeout as wait } from "node:timers/promises";
import type { Channel, ChannelContext, ChannelSink } from "../../src/core/channel.ts";
import { AppError, isAppError } from "../../src/core/errors.ts";
import type { Attachment, OutboundMessage } from "../../src/core/message.ts";
import { createNumberedChoices } from "../_shared/numbered-choices.ts";
import { createOwnSends } from "../_shared/own-sends.ts";
import { createCatchUp } from "./catch-up.ts";
import { openChatDb, type ChatDb } from "./chat-db.ts";
import { formatDirectChat, isGroupChat, parseChatGuid } from "./chat-id.ts";
import { createChats } from "./chats.ts";
import type { IMessageOptions } from "./config.ts";
import { createLine } from "./line.ts";
import type { BlueAttachment, BlueMessage } from "./message.ts";
import type { Part } from "./parts.ts";
import { handleNew, handleUpdate, type Intake } from "./receive.ts";
import { formatHint, isSamePart, reconcileParts } from "./reconcile.ts";
import { runOsascript, sendScript } from "./run-osascript.ts";
import { createSend } from "./send.ts";
import { createSentLog } from "./sent-log.ts";
import { plainTraits } from "./traits.ts";

/** How long Messages may take to write down what it was told to send. */
const appearMs = 15_000;
const appearEveryMs = 50;
/** Messages reads a file some time after it was told to send it. */
const fileKeptMs = 3_600_000;
const editsAtOnce = 200;

/** The Apple account of this very Mac, by AppleScript and the history of Messages. */
export function createOsascript(context: ChannelContext<IMessageOptions>): Channel {
  const { options, state, now } = context;
  const choices = createNumberedChoices(state, now);
  const chats = createChats(state);
  const sentLog = createSentLog(state);
  const ownSends = createOwnSends(state, now);
  const handledEdits = new Set<string>();
  const outbox = options.outboxFolder ?? path.join(homedir(), "Pictures", "Parlance");

  /** Opened for each use: that takes a millisecond, and no handle outlives a history that was made anew. */
  async function withDb<T>(use: (db: ChatDb) => T): Promise<T> {
    const db = await openChatDb(options.chatDb);
    try {
      return use(db);
    } finally {
      db.close();
    }
  }

  const intake = (sink: ChannelSink, signal: AbortSignal): Intake => ({
    context,
    sink,
    signal,
    choices,
    chats,
    sentLog,
    ownSends,
    fetchFile: (attachment, name) => fetchFile(attachment, name),
  });

  async function fetchFile({ path: location, mimeType }: BlueAttachment, name: string): Promise<Attachment> {
    const found = location === undefined ? undefined : await stat(location).catch(() => undefined);
    if (location === undefined || found?.isFile() !== true)
      throw new AppError("not-found", "Messages has not fetched the file.");
    const meta = mimeType === undefined || mimeType === null ? { name } : { name, mimeType };
    return context.files.save(createReadStream(location), meta);
  }

  /** Edits change old rows: the time of the last one is kept, and several may have it. */
  async function lookUpEdits(sink: ChannelSink, signal: AbortSignal): Promise<void> {
    const stored = await state.get("edited");
    if (stored === undefined) return state.set("edited", String(now()));
    for (const message of await withDb((db) => db.edited(Number(stored), editsAtOnce))) {
      if (signal.aborted) return;
      const edit = `${message.guid}:${message.dateEdited ?? 0}`;
      if (handledEdits.has(edit)) continue;
      await handleUpdate(message, intake(sink, signal));
      handledEdits.add(edit);
      await state.set("edited", String(message.dateEdited ?? stored));
    }
    for (const oldest of [...handledEdits].slice(0, -editsAtOnce)) handledEdits.delete(oldest);
  }

  const line = createLine({
    pollSeconds: options.pollSeconds ?? 2,
    catchUp: createCatchUp(
      {
        async rowAbove(row) {
          const last = await withDb((db) => db.lastRow());
          return last > row ? last : undefined;
        },
        rows: (from, to) => withDb((db) => db.rows(from, to)),
      },
      context,
    ),
    prepare: async () => undefined,
    handle: (message, sink, signal) => handleNew(message, intake(sink, signal)),
    afterLookUp: lookUpEdits,
  });

  async function sendPart(
    { address: { chat } }: OutboundMessage,
    part: Part,
    _index: number,
    signal: AbortSignal,
  ): Promise<string> {
    const before = await withDb((db) => db.lastRow());
    const content = "attachment" in part ? await layOut(part.attachment) : part.text;
    const what = "attachment" in part ? "file" : "text";
    try {
      if (!isGroupChat(chat) && !(await chats.has(chat)))
        await runOsascript(sendScript, [`person ${what}`, chat.slice(2), content], signal);
      else await runOsascript(sendScript, [`chat ${what}`, await chats.guid(chat), content], signal);
    } catch (error) {
      if (isAppError(error, "not-found")) throw new AppError("send-rejected", error.message);
      throw error;
    }
    return findSent(chat, part, before, signal);
  }

  /** AppleScript does not say what a message became: it is looked for in the history. */
  async function findSent(chat: string, part: Part, before: number, signal: AbortSignal): Promise<string> {
    const end = Date.now() + appearMs;
    const known = await sentLog.guids();
    for (;;) {
      const rows = await withDb((db) => db.rows(before, db.lastRow()));
      const isIt = (message: BlueMessage): boolean =>
        message.isFromMe === true &&
        !known.has(message.guid) &&
        parseChatGuid(message.chats?.[0]?.guid ?? "")?.chat === chat &&
        isSamePart(message, part);
      const sent = rows.find(isIt);
      if (sent !== undefined) return sent.guid;
      if (Date.now() > end || signal.aborted)
        throw new AppError("send-uncertain", "Messages took it, but it does not show in the history.");
      await wait(appearEveryMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** A copy where Messages may read it, under its own name. Old ones are taken away. */
  async function layOut(attachment: Attachment): Promise<string> {
    await mkdir(outbox, { recursive: true });
    for (const name of await readdir(outbox)) {
      const old = path.join(outbox, name);
      const found = await stat(old).catch(() => undefined);
      if (found !== undefined && Date.now() - found.mtimeMs > fileKeptMs)
        await rm(old, { recursive: true, force: true });
    }
    const folder = path.join(outbox, crypto.randomUUID());
    await mkdir(folder);
    const file = path.join(folder, path.basename(attachment.name));
    await pipeline(context.files.open(attachment), createWriteStream(file));
    return file;
  }

  return {
    traits: plainTraits,
    start: (sink, signal) => line.run(sink, signal),
    send: createSend({ context, choices, sentLog, ownSends, sendPart }),
    reconcileHint: () => formatHint(now()),
    reconcile: (message, delivery) =>
      reconcileParts(message, delivery, {
        maxUploadBytes: options.maxUploadBytes,
        sentLog,
        ownSends,
        now,
        listSince: (after, limit) => withDb((db) => db.since(after, limit)),
      }),
    openDirect: async (personId) => ({
      channel: context.name,
      chat: formatDirectChat(personId.slice(context.name.length + 1)),
    }),
  };
}
