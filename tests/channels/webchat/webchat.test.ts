import { randomUUID } from "node:crypto";
import * as fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { formatChatId, ownerOf } from "../../../channels/webchat/chat-id.ts";
import { optionsSchema, type WebchatOptions } from "../../../channels/webchat/config.ts";
import { createChannel, type Share } from "../../../channels/webchat/index.ts";
import { maxFrameChars, type WireAttachment } from "../../../channels/webchat/protocol.ts";
import type { Channel, TranscriptEntry } from "../../../src/core/channel.ts";
import type { Person } from "../../../src/core/message.ts";
import {
  createChannelContext,
  createRecordingSink,
  createSendContext,
  createTestDisk,
  outbound,
  waitUntil,
  type RecordingSink,
} from "../../doubles/channel-context.ts";
import { ada, grace, openPage } from "./fake-page.ts";

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

interface Started {
  readonly channel: Channel;
  readonly sink: RecordingSink;
  /** What the transcript holds, by chat id. */
  readonly said: Map<string, TranscriptEntry[]>;
  readonly stop: () => Promise<void>;
}

interface Settings {
  readonly options?: Partial<WebchatOptions>;
  readonly share?: Share;
  readonly sink?: RecordingSink;
  readonly now?: () => number;
  /** Runs between a question to the transcript and its answer. */
  readonly beforeRead?: () => void;
}

function start({
  options = {},
  share,
  sink = createRecordingSink(),
  now = Date.now,
  beforeRead,
}: Settings = {}): Started {
  const said = new Map<string, TranscriptEntry[]>();
  const disk = createTestDisk();
  const context = createChannelContext(optionsSchema.parse(options), { name: "web", disk, now });
  const channel = createChannel(
    {
      ...context,
      transcript: {
        list: async (prefix) =>
          [...said.keys()]
            .filter((chat) => chat.startsWith(prefix))
            .map((chat) => ({ chat, title: "A title", updatedAt: 1 })),
        read: async (chat, { limit, beforeAt = Number.POSITIVE_INFINITY }) => {
          const entries = (said.get(chat) ?? []).filter(({ at }) => at < beforeAt).slice(-limit);
          beforeRead?.();
          return entries;
        },
      },
    },
    share,
  );
  const controller = new AbortController();
  const ended = channel.start(sink, controller.signal);
  const stop = async () => {
    controller.abort();
    await ended;
    await disk.remove();
  };
  cleanups.push(stop);
  return { channel, sink, said, stop };
}

function addressOf(person: Person, chat: string) {
  return { channel: "web", chat: formatChatId(ownerOf(person.id), chat) };
}

function entry(id: string, at: number): TranscriptEntry {
  return {
    id,
    direction: "out",
    senderName: "Parlance",
    text: `text of ${id}`,
    attachments: [],
    at,
  };
}

async function upload(channel: Channel, person: Person, name: string, body: string): Promise<Response> {
  const request = new Request("http://localhost/chat/web/files", {
    method: "POST",
    headers: { "x-file-name": encodeURIComponent(name), "content-type": "text/html" },
    body,
  });
  const response = await channel.handle?.(request, person);
  if (response === undefined) throw new Error("no handle");
  return response;
}

async function download(channel: Channel, person: Person, id: string): Promise<Response | undefined> {
  return channel.handle?.(new Request(`http://localhost/chat/web/files/${id}`), person);
}

describe("messages of a page", () => {
  it("are acknowledged after they are stored, and shown to all pages of the chat", async () => {
    const { channel, sink } = start();
    const chat = randomUUID();
    const [page, other, elsewhere] = [openPage(channel), openPage(channel), openPage(channel)];
    for (const each of [page, other]) each.send({ type: "open", chat, limit: 10 });
    elsewhere.send({ type: "open", chat: randomUUID(), limit: 10 });
    const id = randomUUID();
    page.send({ type: "message", id, chat, text: "hello", attachments: [] });
    expect((await page.waitFor("ack")).outcome).toBe("accepted");
    expect(sink.messages).toHaveLength(1);
    expect((await other.waitFor("entry")).entry).toMatchObject({
      id,
      text: "hello",
      direction: "in",
    });
    expect([page, other, elsewhere].map((each) => each.of("entry").length)).toEqual([1, 1, 0]);
  });

  it("are not acknowledged when nothing was stored, and are taken when sent again", async () => {
    const { channel, sink } = start();
    const page = openPage(channel);
    const frame = {
      type: "message",
      id: randomUUID(),
      chat: randomUUID(),
      text: "hello",
      attachments: [],
    } as const;
    sink.failNext(1);
    page.send(frame);
    expect(await page.waitFor("error")).toMatchObject({ id: frame.id, isRetryable: true });
    expect(page.of("ack")).toEqual([]);
    page.send(frame);
    page.send(frame);
    await page.waitFor("ack", 2);
    expect(page.of("ack").map(({ outcome }) => outcome)).toEqual(["accepted", "duplicate"]);
    expect(sink.messages).toHaveLength(1);
  });

  it("are taken in the order of their frames, however long storing takes", async () => {
    const sink = createRecordingSink();
    const delays = [20, 0, 10, 0];
    const slow: RecordingSink = {
      ...sink,
      async receive(message) {
        await new Promise((resolve) => setTimeout(resolve, delays.shift() ?? 0));
        return sink.receive(message);
      },
    };
    const { channel } = start({ sink: slow });
    const page = openPage(channel);
    const chat = randomUUID();
    for (const text of ["1", "2", "3", "4"])
      page.send({ type: "message", id: randomUUID(), chat, text, attachments: [] });
    await page.waitFor("ack", 4);
    expect(sink.messages.map(({ text }) => text)).toEqual(["1", "2", "3", "4"]);
  });

  it("become commands for /words and for stopping", async () => {
    const { channel, sink } = start();
    const page = openPage(channel);
    const chat = randomUUID();
    page.send({ type: "message", id: randomUUID(), chat, text: "/help", attachments: [] });
    page.send({ type: "stop", chat });
    await sink.waitFor(2);
    expect(sink.messages.map(({ kind, text }) => [kind, text])).toEqual([
      ["command", "/help"],
      ["command", "/stop"],
    ]);
  });
});

describe("opening a chat", () => {
  it("misses nothing that is said while the transcript is read", async () => {
    const chat = randomUUID();
    let during: (() => void) | undefined;
    const { channel, said } = start({
      beforeRead() {
        const run = during;
        during = undefined;
        run?.();
      },
    });
    const address = addressOf(ada, chat);
    said.set(address.chat, [entry("before", 1)]);
    const late = outbound(address, "said in between");
    during = () => {
      said.get(address.chat)?.push(entry(late.id, 2));
      void channel.send(late, createSendContext());
    };
    const page = openPage(channel);
    page.send({ type: "open", chat, limit: 10 });
    const snapshot = await page.waitFor("snapshot");
    await page.waitFor("entry");
    expect(new Set([...snapshot.entries, ...page.of("entry").map((frame) => frame.entry)].map(({ id }) => id))).toEqual(
      new Set(["before", late.id]),
    );
  });

  it("pages backwards", async () => {
    const { channel, said } = start();
    const chat = randomUUID();
    said.set(
      addressOf(ada, chat).chat,
      Array.from({ length: 25 }, (_, index) => entry(`e${index}`, index)),
    );
    const page = openPage(channel);
    page.send({ type: "open", chat, limit: 10 });
    const snapshot = await page.waitFor("snapshot");
    expect([snapshot.entries[0]?.id, snapshot.entries.length, snapshot.hasEarlier]).toEqual(["e15", 10, true]);
    page.send({ type: "earlier", chat, beforeAt: 5, limit: 10 });
    const earlier = await page.waitFor("earlier");
    expect([earlier.entries.length, earlier.hasEarlier]).toEqual([5, false]);
  });

  it("brings the text so far of an answer being written, to which later changes join on", async () => {
    const { channel } = start();
    const chat = randomUUID();
    const message = outbound(addressOf(ada, chat), "");
    const early = openPage(channel);
    early.send({ type: "open", chat, limit: 10 });
    await early.waitFor("snapshot");
    channel.preview?.({ ...message, text: "The answer" });
    await early.waitFor("preview");
    const late = openPage(channel);
    late.send({ type: "open", chat, limit: 10 });
    const snapshot = await late.waitFor("snapshot");
    expect(snapshot.preview).toEqual({ id: message.id, text: "The answer" });
    expect(snapshot.isWorking).toBe(true);
    channel.preview?.({ ...message, text: "The answer is" });
    channel.preview?.({ ...message, text: "The answer is 42" });
    await late.waitFor("preview");
    expect(late.of("preview")).toEqual([{ type: "preview", chat, id: message.id, from: 10, text: " is 42" }]);
    expect(early.preview()?.text).toBe("The answer is 42");
    await channel.send({ ...message, text: "The answer is 42." }, createSendContext());
    expect((await late.waitFor("entry")).entry.id).toBe(message.id);
    expect(late.of("typing").at(-1)?.on).toBe(false);
  });

  it("brings no half-written answer after it was stopped", async () => {
    const { channel } = start();
    const chat = randomUUID();
    const message = outbound(addressOf(ada, chat), "");
    const page = openPage(channel);
    page.send({ type: "open", chat, limit: 10 });
    await page.waitFor("snapshot");
    channel.preview?.({ ...message, text: "The answer" });
    await page.waitFor("preview");
    await channel.send({ ...message, id: randomUUID(), text: "Stopped." }, createSendContext());
    // The entry first, so that the page can put it in the place of its preview.
    expect(page.frames.filter(({ type }) => type === "entry" || type === "typing").slice(-2)).toMatchObject([
      { type: "entry" },
      { type: "typing", on: false },
    ]);
    page.send({ type: "open", chat, limit: 10 });
    expect((await page.waitFor("snapshot", 2)).preview).toBeUndefined();
  });
});

describe("sending", () => {
  it("takes name and time from the transcript, and is done without anybody looking", async () => {
    const { channel, said } = start();
    const chat = randomUUID();
    const message = outbound(addressOf(ada, chat), "hello");
    const context = createSendContext();
    expect(await channel.send(message, context)).toEqual([message.id]);
    expect(context.recorded).toEqual([message.id]);
    said.set(message.address.chat, [{ ...entry(message.id, 77), senderName: "Helper" }]);
    const page = openPage(channel);
    page.send({ type: "open", chat, limit: 10 });
    await page.waitFor("snapshot");
    const again = createSendContext([message.id]);
    expect(await channel.send(message, again)).toEqual([message.id]);
    expect((await page.waitFor("entry")).entry).toMatchObject({
      id: message.id,
      senderName: "Helper",
      at: 77,
    });
  });

  it("opens a direct chat: the latest one, or always the same first one", async () => {
    const { channel, said } = start();
    const first = await channel.openDirect?.(ada.id);
    expect(await channel.openDirect?.(ada.id)).toEqual(first);
    expect(await channel.openDirect?.(grace.id)).not.toEqual(first);
    const { chat } = addressOf(ada, randomUUID());
    said.set(chat, []);
    expect(await channel.openDirect?.(ada.id)).toEqual({ channel: "web", chat });
  });
});

describe("one person's chats and files", () => {
  it("stay closed to others who know their names", async () => {
    const { channel, said, sink } = start();
    const chat = randomUUID();
    said.set(addressOf(ada, chat).chat, [entry("secret", 1)]);
    const page = openPage(channel, grace);
    page.send({ type: "open", chat, limit: 10 });
    expect((await page.waitFor("snapshot")).entries).toEqual([]);
    expect((await page.waitFor("chats")).list).toEqual([]);
    page.send({ type: "earlier", chat, beforeAt: 100, limit: 10 });
    expect((await page.waitFor("earlier")).entries).toEqual([]);
    await channel.send(outbound(addressOf(ada, chat), "for Ada"), createSendContext());
    channel.preview?.(outbound(addressOf(ada, chat), "for Ada"));
    await channel.typing?.(addressOf(ada, chat), new AbortController().signal);
    page.send({ type: "message", id: randomUUID(), chat, text: "mine", attachments: [] });
    await page.waitFor("ack");
    expect(sink.messages[0]?.address).toEqual(addressOf(grace, chat));
    expect(page.of("entry").map((frame) => frame.entry.text)).toEqual(["mine"]);
    expect(page.of("preview")).toEqual([]);
  });

  it("are fetched and sent by their owner only", async () => {
    const { channel, sink } = start();
    const file = (await (await upload(channel, ada, "report <1>.html", "<script>1</script>")).json()) as WireAttachment;
    const own = await download(channel, ada, file.id);
    expect(await own?.text()).toBe("<script>1</script>");
    expect(own?.headers.get("content-disposition")).toBe("attachment; filename*=UTF-8''report%20%3C1%3E.html");
    expect(own?.headers.get("content-type")).toBe("application/octet-stream");
    expect(own?.headers.get("x-content-type-options")).toBe("nosniff");
    expect((await download(channel, grace, file.id))?.status).toBe(404);
    const page = openPage(channel, grace);
    page.send({
      type: "message",
      id: randomUUID(),
      chat: randomUUID(),
      text: "look",
      attachments: [file.id],
    });
    expect((await page.waitFor("error")).isRetryable).toBe(false);
    expect(sink.receivedIds).toEqual([]);
  });

  it("have ids that cannot be made up", async () => {
    const { channel } = start();
    const { id } = (await (await upload(channel, ada, "a.txt", "a")).json()) as WireAttachment;
    await fc.assert(
      fc.asyncProperty(
        fc.nat(id.length - 2),
        fc.constantFrom("A", "B", "Q", "a", "b", "0", "9", "-", "_", "."),
        async (at, character) => {
          const forged = id.slice(0, at) + character + id.slice(at + 1);
          fc.pre(forged !== id);
          expect((await download(channel, ada, forged))?.status).toBe(404);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("are refused beyond the size limit, and without our header", async () => {
    const { channel } = start({ options: { maxFileBytes: 10 } });
    expect((await upload(channel, ada, "a", "x".repeat(11))).status).toBe(413);
    expect((await upload(channel, ada, "a", "x".repeat(10))).status).toBe(201);
    const foreign = new Request("http://localhost/chat/web/files", { method: "POST", body: "x" });
    expect((await channel.handle?.(foreign, ada))?.status).toBe(400);
  });
});

describe("limits", () => {
  it("answers any text with a frame or a close, never a crash", async () => {
    const { channel } = start({
      share: { maxSockets: 1_000_000, maxSocketsPerPerson: 1_000_000, framesPerSecond: 1_000_000 },
    });
    const frameLike = fc.record(
      {
        type: fc.constantFrom("open", "earlier", "message", "stop", "ping", "__proto__", ""),
        id: fc.oneof(fc.uuid(), fc.jsonValue()),
        chat: fc.oneof(fc.uuid(), fc.jsonValue()),
        text: fc.oneof(fc.string({ unit: "binary" }), fc.jsonValue()),
        attachments: fc.oneof(fc.array(fc.string()), fc.jsonValue()),
        limit: fc.oneof(fc.integer(), fc.jsonValue()),
        beforeAt: fc.oneof(fc.nat(), fc.jsonValue()),
      },
      { requiredKeys: ["type"] },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.json(),
          frameLike.map((frame) => JSON.stringify(frame)),
        ),
        async (text) => {
          const page = openPage(channel);
          page.sendText(text);
          page.send({ type: "ping" });
          await page.waitFor("pong");
          expect(page.closedWith).toBeUndefined();
          page.leave();
        },
      ),
      { numRuns: 300 },
    );
  });

  it("closes pages that send too fast, too much, or read too slowly", async () => {
    const { channel } = start({
      share: { maxSockets: 500, maxSocketsPerPerson: 20, framesPerSecond: 5 },
      now: () => 0,
    });
    const fast = openPage(channel);
    for (let count = 0; count < 11; count++) fast.send({ type: "ping" });
    expect(fast.closedWith).toBe(1013);
    const large = openPage(channel);
    large.sendText("x".repeat(maxFrameChars + 1));
    expect(large.closedWith).toBe(1009);
    const slow = openPage(channel);
    slow.bufferedBytes = 100_000_000;
    slow.send({ type: "ping" });
    await waitUntil(() => slow.closedWith === 1013);
  });

  it("turns pages away beyond the limits, and takes new ones when others have left", () => {
    const { channel } = start({ share: { maxSockets: 3, maxSocketsPerPerson: 2, framesPerSecond: 20 } });
    const pages = [
      openPage(channel, ada),
      openPage(channel, ada),
      openPage(channel, ada),
      openPage(channel, grace),
      openPage(channel, grace),
    ];
    expect(pages.map(({ closedWith }) => closedWith)).toEqual([undefined, undefined, 1013, undefined, 1013]);
    pages[0]?.leave();
    expect(openPage(channel, grace).closedWith).toBeUndefined();
  });

  it("closes all pages when it stops, and takes none while stopped", async () => {
    const { channel, stop } = start();
    const page = openPage(channel);
    await stop();
    expect(page.closedWith).toBe(1012);
    expect(openPage(channel).closedWith).toBe(1013);
  });
});
