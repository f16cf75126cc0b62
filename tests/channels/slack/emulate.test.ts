import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { createEmulator, type Emulator } from "emulate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { optionsSchema } from "../../../channels/slack/config.ts";
import { createChannel } from "../../../channels/slack/index.ts";
import { setup } from "../../../channels/slack/setup.ts";
import type { Channel } from "../../../src/core/channel.ts";
import type { Address, Attachment } from "../../../src/core/message.ts";
import { failure } from "../../contracts/channel-harness.ts";
import {
  createChannelContext,
  createRecordingSink,
  createSendContext,
  createTestDisk,
  outbound,
  waitUntil,
} from "../../doubles/channel-context.ts";
import { readManifest, signingSecret } from "./harness.ts";
import { findFreePort } from "../../doubles/free-port.ts";

const botToken = "xoxb-emulated-bot";
const personToken = "xoxp-emulated-person";
const { signal } = new AbortController();

interface Told {
  readonly ok: boolean;
  readonly error?: string;
  readonly ts?: string;
  readonly channel?: { readonly id: string };
  readonly channels?: readonly { readonly id: string; readonly name: string }[];
  readonly messages?: readonly Readonly<Record<string, unknown>>[];
  readonly [field: string]: unknown;
}

/** A Web API that nobody here wrote, which lets a token do only what its scopes allow: those of our manifest. */
describe("Slack as emulate speaks it", () => {
  let emulator: Emulator;
  let channel: Channel;
  let room: string;
  const disk = createTestDisk();
  const sink = createRecordingSink();
  const stop = new AbortController();
  let ended: Promise<void> | undefined;

  async function ask(token: string, method: string, args: Record<string, string>): Promise<Told> {
    const answer = await fetch(`${emulator.url}/api/${method}`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      body: new URLSearchParams(args),
    });
    return (await answer.json()) as Told;
  }

  const messagesOf = async (chat: string): Promise<NonNullable<Told["messages"]>> =>
    (await ask(personToken, "conversations.history", { channel: chat, include_all_metadata: "true" })).messages ?? [];

  const options = (token: string): ReturnType<typeof optionsSchema.parse> =>
    optionsSchema.parse({ botToken: token, signingSecret, slackApiUrl: `${emulator.url}/api/` });

  beforeAll(async () => {
    emulator = await createEmulator({
      service: "slack",
      port: await findFreePort(),
      seed: {
        slack: {
          strict_scopes: true,
          users: [{ name: "ada" }],
          channels: [{ name: "ops" }],
          oauth_apps: [
            {
              client_id: "1.2",
              client_secret: "not-used",
              app_id: "A0APP",
              name: "Parlance",
              redirect_uris: [],
              scopes: readManifest().oauth_config.scopes.bot,
              bot_id: "B0BOT",
              bot_user_id: "U0BOT",
              bot_name: "parlance",
            },
          ],
          tokens: [
            {
              token: botToken,
              type: "bot",
              user_id: "U0BOT",
              bot_id: "B0BOT",
              bot_user_id: "U0BOT",
              app_id: "A0APP",
              scopes: readManifest().oauth_config.scopes.bot,
            },
            { token: personToken, user: "ada" },
          ],
        },
      },
    });
    const listed = await ask(personToken, "conversations.list", {});
    room = listed.channels?.find(({ name }) => name === "ops")?.id ?? "";
    await ask(personToken, "conversations.invite", { channel: room, users: "U0BOT" });
    channel = createChannel(createChannelContext(options(botToken), { name: "slack", disk }));
    ended = channel.start(sink, stop.signal);
    await sink.waitForState("up");
  });

  afterAll(async () => {
    stop.abort();
    await ended;
    await emulator.close();
    await disk.remove();
  });

  const inRoom = (thread?: string): Address => ({
    channel: "slack",
    chat: room,
    ...(thread === undefined ? {} : { thread }),
  });

  it("knows us, and names a token that is wrong", async () => {
    expect(await setup.check(options(botToken), signal)).toContain("parlance");
    expect(await failure(setup.check(options("xoxb-nobody-knows"), signal))).toMatchObject({ code: "unauthorised" });
  });

  it("takes rich messages with marks, in threads too, and edits of them", async () => {
    const message = outbound(inRoom(), "# Title\n\n- **a**\n\n|x|y|\n|-|-|\n|1|2|", {
      choices: [{ label: "Go", command: "/go", style: "primary" }],
    });
    const [id = ""] = await channel.send(message, createSendContext());
    const ts = id.split(":")[1] ?? "";
    const [sent] = await messagesOf(room);
    expect(sent).toMatchObject({
      ts,
      metadata: { event_type: "parlance_part", event_payload: { id: message.id, part: 0 } },
    });
    expect(((sent?.["blocks"] ?? []) as readonly { type: string }[]).map(({ type }) => type)).toEqual([
      "header",
      "rich_text",
      "actions",
    ]);
    await channel.send(outbound(inRoom(ts), "below"), createSendContext());
    const replies = await ask(personToken, "conversations.replies", { channel: room, ts });
    expect(replies.messages?.at(-1)).toMatchObject({ text: "below", thread_ts: ts });
    await channel.edit?.({ ...message, text: "changed" }, id, signal);
    expect((await messagesOf(room)).find((each) => each["ts"] === ts)?.["text"]).toBe("changed");
    const gone = channel.edit?.(message, `${room}:1.000001`, signal) ?? Promise.resolve();
    expect((await failure(gone)).code).toBe("not-found");
  });

  it("finds what arrived, and nothing else", async () => {
    const message = outbound(inRoom(), "where is it?");
    const hint = channel.reconcileHint?.(message) ?? "";
    const look = (): unknown => channel.reconcile?.(message, createSendContext([], { hint }));
    expect(await look()).toEqual({ state: "absent" });
    const [id] = await channel.send(message, createSendContext());
    expect(await look()).toEqual({ state: "arrived", platformId: id });
  });

  it("takes reactions, once", async () => {
    const { ts = "" } = await ask(personToken, "chat.postMessage", { channel: room, text: "nice?" });
    await channel.react?.(inRoom(), `${room}:${ts}`, "🎉", signal);
    await channel.react?.(inRoom(), `${room}:${ts}`, "🎉", signal);
    const found = (await messagesOf(room)).find((each) => each["ts"] === ts);
    expect(found?.["reactions"]).toMatchObject([{ name: "tada", count: 1 }]);
  });

  it("takes files by the three steps", async () => {
    const file = await disk.files.save(Readable.from([Buffer.from("%PDF-1.7 report")]), { name: "report.pdf" });
    const [id] = await channel.send(outbound(inRoom(), "", { attachments: [file] }), createSendContext());
    expect(id).toMatch(new RegExp(`^${room}:file:`));
    const info = await ask(botToken, "files.info", { file: id?.split(":file:")[1] ?? "" });
    expect(info["file"]).toMatchObject({ name: "report.pdf", size: 15 });
  });

  it("opens direct chats", async () => {
    const { user_id: ada } = await ask(personToken, "auth.test", {});
    const address = (await channel.openDirect?.(`slack:${String(ada)}`)) as Address;
    expect(address.chat).toMatch(/^D/);
    await channel.send(outbound(address, "hello"), createSendContext());
  });

  it("gives its history to who was away, with names and files", async () => {
    const away = createTestDisk();
    const say = (text: string): Promise<Told> => ask(personToken, "chat.postMessage", { channel: room, text });
    const { ts: before = "" } = await say("seen already");
    await away.state.set("cursors", JSON.stringify({ seen: before, places: [[room, before, 0]] }));
    await say("<@U0BOT> are you there?");
    const upload = await ask(personToken, "files.getUploadURLExternal", { filename: "dot.png", length: "8" });
    await fetch(String(upload["upload_url"]), { method: "POST", body: Buffer.from("89504e470d0a1a0a", "hex") });
    await ask(personToken, "files.completeUploadExternal", {
      files: JSON.stringify([{ id: upload["file_id"], title: "dot.png" }]),
      channel_id: room,
      initial_comment: "look",
    });
    const late = createRecordingSink();
    const end = new AbortController();
    const run = createChannel(createChannelContext(options(botToken), { name: "slack", disk: away })).start(
      late,
      end.signal,
    );
    await waitUntil(() => late.messages.length >= 2);
    end.abort();
    await run;
    expect(late.messages[0]).toMatchObject({
      text: "are you there?",
      isAddressed: true,
      sender: { name: "ada", isBot: false },
    });
    expect(late.messages[0]?.subject).toBe("#ops");
    const attachment = late.messages[1]?.attachments[0] as Attachment;
    expect(attachment.mimeType).toBe("image/png");
    expect(await buffer(away.files.open(attachment))).toHaveLength(8);
    await away.remove();
  });
});
