import { createChannel, optionsSchema } from "../../../channels/webhook/index.ts";
import { describeChannel, type ChannelHarness } from "../../contracts/channel.ts";
import { createChannelContext, createTestDisk } from "../../doubles/channel-context.ts";
import { createRunningClock } from "../../doubles/fake-clock.ts";
import { secret, signedCall } from "./calls.ts";
import { createReplyServer } from "./reply-server.ts";

describeChannel("webhook", async (): Promise<ChannelHarness> => {
  const server = await createReplyServer();
  const disk = createTestDisk();
  const clock = createRunningClock();
  const options = optionsSchema.parse({ secret, replyUrl: server.url });
  let last: object = {};
  let count = 0;

  const post = async (body: object, channel: { webhook?(request: Request): Promise<Response> }): Promise<void> => {
    last = body;
    const response = await channel.webhook?.(signedCall(body, { at: clock.now() }));
    if (response === undefined || response.status >= 300) throw new Error(`answered ${response?.status}`);
  };
  return {
    name: "hook",
    files: disk.files,
    groups: false,
    create: (isListening) =>
      createChannel(createChannelContext(options, { name: "hook", disk, now: clock.now, isListening })),
    advance: clock.advance,
    async deliver({ from, place, text, file }, channel) {
      // It never hears itself: replies go to another URL.
      if (from === "self") return;
      count += 1;
      await post(
        {
          id: `m${count}`,
          ...(place === "thread" ? { chat: "builds", thread: "nightly" } : {}),
          sender: { id: "ada", name: "Ada" },
          text,
          ...(file === undefined
            ? {}
            : {
                attachments: [{ name: file.name, data: Buffer.from(file.content).toString("base64") }],
              }),
        },
        channel,
      );
    },
    redeliver: (channel) => post(last, channel),
    received: () =>
      server.replies.map(({ chat, thread, text, attachments }) => ({
        chat,
        ...(thread === undefined ? {} : { thread }),
        text,
        files: (attachments ?? []).map(({ name, data }) => ({
          name,
          content: Buffer.from(data ?? "", "base64"),
        })),
      })),
    failSend: {
      "rate-limited": (skip, waitMs = 1_000) => server.failNext("429", skip, waitMs / 1_000),
      unavailable: (skip) => server.failNext("503", skip),
      "cut-before-accept": (skip) => server.failNext("cut-before", skip),
      "cut-after-accept": (skip) => server.failNext("cut-after", skip),
    },
    async press(label, channel) {
      const choice = server.replies.at(-1)?.choices?.find((one) => one.label === label);
      await post(
        {
          id: `press-${label}`,
          sender: { id: "ada", name: "Ada" },
          text: choice?.command,
          kind: "command",
        },
        channel,
      );
    },
    forgedRequests: () => {
      const body = { id: "f", sender: { id: "eve" }, text: "let me in" };
      const good = signedCall(body);
      const tampered = new Request(good.url, {
        method: "POST",
        headers: good.headers,
        body: JSON.stringify({ ...body, text: "other" }),
      });
      const unsigned = new Request(good.url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      const empty = signedCall(body, { headers: { "x-parlance-signature": "v1=" } });
      const otherVersion = new Request(good.url, {
        method: "POST",
        headers: {
          ...Object.fromEntries(good.headers),
          "x-parlance-signature": (good.headers.get("x-parlance-signature") ?? "").replace("v1", "v2"),
        },
        body: JSON.stringify(body),
      });
      return [
        tampered,
        unsigned,
        empty,
        otherVersion,
        signedCall(body, { key: "another secret of some length" }),
        signedCall(body, { at: Date.now() - 301_000 }),
        signedCall(body, { at: Date.now() + 310_000 }),
      ];
    },
    oversizedRequest: () => signedCall({ id: "big", sender: { id: "ada" }, text: "x".repeat(300_000) }),
    async close() {
      await server.close();
      await disk.remove();
    },
  };
});
