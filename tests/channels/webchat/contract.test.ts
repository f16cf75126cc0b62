import { randomUUID } from "node:crypto";
import { createChannel } from "../../../channels/webchat/index.ts";
import { formatChatId, ownerOf } from "../../../channels/webchat/chat-id.ts";
import { optionsSchema } from "../../../channels/webchat/config.ts";
import type { ClientFrame, WireAttachment, WireEntry } from "../../../channels/webchat/protocol.ts";
import type { Channel } from "../../../src/core/channel.ts";
import { describeChannel, type ChannelHarness, type ReceivedByPlatform } from "../../contracts/channel.ts";
import { createChannelContext, createTestDisk, waitUntil } from "../../doubles/channel-context.ts";
import { createRunningClock } from "../../doubles/fake-clock.ts";
import { ada, openPage, type FakePage } from "./fake-page.ts";

async function createHarness(): Promise<ChannelHarness> {
  const name = "web";
  const disk = createTestDisk();
  const clock = createRunningClock();
  const context = createChannelContext(optionsSchema.parse({}), { name, disk, now: clock.now });
  const chat = randomUUID();
  const contents = new Map<string, Buffer>();
  const shown = new Map<string, WireEntry>();
  const pages = new Map<Channel, FakePage>();
  let lastFrame: ClientFrame | undefined;

  function pageOf(channel: Channel): FakePage {
    const known = pages.get(channel);
    if (known !== undefined && known.closedWith === undefined) return known;
    const page = openPage(channel);
    page.send({ type: "open", chat, limit: 50 });
    pages.set(channel, page);
    return page;
  }

  /** Reads the entries of all pages, and fetches their files as a person would. */
  async function look(): Promise<void> {
    for (const [channel, page] of pages) {
      for (const { entry } of page.of("entry")) {
        if (entry.direction !== "out") continue;
        for (const { id } of entry.attachments) {
          if (contents.has(id)) continue;
          const response = await channel.handle?.(new Request(`http://localhost/chat/${name}/files/${id}`), ada);
          contents.set(id, Buffer.from((await response?.arrayBuffer()) ?? new ArrayBuffer()));
        }
        shown.set(entry.id, entry);
      }
    }
  }
  const looking = setInterval(() => void look(), 5);

  async function upload(
    channel: Channel,
    file: { readonly name: string; readonly content: Uint8Array },
  ): Promise<WireAttachment> {
    const request = new Request(`http://localhost/chat/${name}/files`, {
      method: "POST",
      headers: { "x-file-name": encodeURIComponent(file.name) },
      body: Buffer.from(file.content),
    });
    return (await (await channel.handle?.(request, ada))?.json()) as WireAttachment;
  }

  /** Resolves when the channel has answered, by an ack or by an error. */
  async function say(channel: Channel, text: string, attachments: readonly string[]): Promise<void> {
    lastFrame = { type: "message", id: randomUUID(), chat, text, attachments };
    await sendAgain(channel);
  }

  async function sendAgain(channel: Channel): Promise<void> {
    if (lastFrame === undefined) throw new Error("Nothing was said yet.");
    const page = pageOf(channel);
    const count = (): number => page.of("ack").length + page.of("error").length;
    const before = count();
    page.send(lastFrame);
    await waitUntil(() => count() > before);
    if (page.frames.findLast(({ type }) => type === "ack" || type === "error")?.type === "error")
      throw new Error("not acknowledged");
  }

  return {
    name,
    files: disk.files,
    groups: false,
    create: (isListening = () => false) => createChannel({ ...context, isListening }),
    async deliver({ from, text, file }, channel) {
      // A page cannot speak for us: there is no frame for it.
      if (from === "person") await say(channel, text, file === undefined ? [] : [(await upload(channel, file)).id]);
    },
    redeliver: sendAgain,
    advance: clock.advance,
    received: () =>
      [...shown.values()].map(({ text, attachments }): ReceivedByPlatform => {
        const files = attachments.map((attachment) => ({
          name: attachment.name,
          content: contents.get(attachment.id) ?? new Uint8Array(),
        }));
        return { chat: formatChatId(ownerOf(ada.id), chat), text, files };
      }),
    async press(label, channel) {
      const choice = [...shown.values()].at(-1)?.choices?.find((item) => item.label === label);
      await say(channel, choice?.command ?? "", []);
    },
    async close() {
      clearInterval(looking);
      await look();
      await disk.remove();
    },
  };
}

describeChannel("webchat", createHarness);
