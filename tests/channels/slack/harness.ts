import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { optionsSchema, type SlackOptions } from "../../../channels/slack/config.ts";
import { createChannel } from "../../../channels/slack/index.ts";
import { formatEmoji } from "../../../channels/slack/emoji.ts";
import type { Channel } from "../../../src/core/channel.ts";
import type { ChannelHarness, PlatformEvent } from "../../contracts/channel.ts";
import { refusedMs } from "../../contracts/channel-harness.ts";
import { createChannelContext, createTestDisk } from "../../doubles/channel-context.ts";
import { createRunningClock } from "../../doubles/fake-clock.ts";
import { showBlocks } from "../../doubles/fake-slack-blocks.ts";
import { createFakeSlack, type FakeSlack } from "../../doubles/fake-slack.ts";
import type { Envelope } from "../../doubles/fake-slack-socket.ts";
import type { FakeBlock, FakeSlackMessage } from "../../doubles/fake-slack-store.ts";

export const botToken = "xoxb-0-test-token";
export const appToken = "xapp-1-test-token";
export const signingSecret = "a-signing-secret-of-ours";

/** The manifest that README.md gives people to paste. */
export function readManifest(): {
  readonly features: { readonly slash_commands: readonly { readonly command: string; readonly usage_hint: string }[] };
  readonly oauth_config: { readonly scopes: { readonly bot: readonly string[] } };
  readonly settings: { readonly event_subscriptions: { readonly bot_events: readonly string[] } };
} {
  const readme = readFileSync(new URL("../../../channels/slack/README.md", import.meta.url), "utf8");
  const indented = /```yaml\n(\s*display_information:[^]*?)\n\s*```/.exec(readme)?.[1] ?? "";
  return parse(indented.replaceAll(/^ {3}/gm, "")) as ReturnType<typeof readManifest>;
}

/** A signed call, as Slack makes it. */
export function sign(body: string, contentType: string, settings: { secret?: string; at?: number } = {}): Request {
  const { secret = signingSecret, at = Math.floor(Date.now() / 1_000) } = settings;
  const signature = createHmac("sha256", secret).update(`v0:${at}:${body}`).digest("hex");
  return new Request("http://127.0.0.1/hooks/slack", {
    method: "POST",
    body,
    headers: {
      "content-type": contentType,
      "x-slack-request-timestamp": String(at),
      "x-slack-signature": `v0=${signature}`,
    },
  });
}

const form = "application/x-www-form-urlencoded";

/** The call by which Slack delivers it over HTTP. */
export function toCall({ type, payload }: Pick<Envelope, "type" | "payload">, nowMs = Date.now()): Request {
  const at = Math.floor(nowMs / 1_000);
  if (type === "events_api") return sign(JSON.stringify(payload), "application/json", { at });
  const words = type === "interactive" ? { payload: JSON.stringify(payload) } : (payload as Record<string, string>);
  return sign(new URLSearchParams(words).toString(), form, { at });
}

export function describeSent(
  message: FakeSlackMessage,
  store: FakeSlack["store"],
): ReturnType<ChannelHarness["received"]>[number] {
  const tables = (message.attachments ?? []).flatMap(({ blocks = [] }) => blocks);
  const files = (message.files ?? []).map(({ id, title }) => ({
    name: title,
    content: store.files.get(id)?.content ?? new Uint8Array(),
  }));
  return {
    chat: message.chat,
    ...(message.thread_ts === undefined || message.thread_ts === message.ts ? {} : { thread: message.thread_ts }),
    text: showBlocks([...(message.blocks ?? []), ...tables]) || message.text,
    files,
  };
}

/** The press on a button of the bot's last message, as block_actions tells it. */
export function pressPayload(fake: FakeSlack, label: string, user = "U0ADA"): object {
  const message = fake.sent().at(-1);
  const buttons = (message?.blocks ?? []).flatMap(({ type, elements }) =>
    type === "actions" ? (elements as readonly FakeBlock[]) : [],
  );
  const button = buttons.find((each) => (each["text"] as FakeBlock)["text"] === label);
  if (message === undefined || button === undefined) throw new Error(`There is no button "${label}".`);
  const thread = message.thread_ts === undefined ? {} : { thread_ts: message.thread_ts };
  return {
    type: "block_actions",
    user: { id: user, username: "ada", team_id: fake.bot.teamId },
    container: { type: "message", message_ts: message.ts, channel_id: message.chat, is_ephemeral: false, ...thread },
    channel: { id: message.chat, name: "directmessage" },
    message: { type: "message", ts: message.ts, ...thread },
    trigger_id: `1.${fake.store.nextTs()}`,
    actions: [{ ...button, action_ts: fake.store.nextTs() }],
  };
}

export interface SlackHarness extends ChannelHarness {
  readonly fake: FakeSlack;
}

/** One workspace, and one adapter that is reached over its socket or by HTTP. */
export async function createHarness(
  transport: "socket" | "http",
  threads: SlackOptions["threads"] = "flat",
): Promise<SlackHarness> {
  const fake = await createFakeSlack({ botToken, ...(transport === "socket" ? { appToken } : {}) });
  const disk = createTestDisk();
  const clock = createRunningClock();
  const options = optionsSchema.parse({
    botToken,
    slackApiUrl: fake.url,
    threads,
    ...(transport === "socket" ? { appToken } : { signingSecret }),
  });
  let last: { envelope: Envelope; message: FakeSlackMessage } | undefined;
  const head = fake.write({ chat: "C0OPS", user: "U0BOB", text: "a head from before" }).message.ts;

  function write({ from, place, text, isMention, file }: PlatformEvent): { message: FakeSlackMessage; event: object } {
    const isGroup = place !== "direct";
    return fake.write({
      chat: isGroup ? "C0OPS" : "D0ADA",
      user: from === "self" ? fake.bot.userId : "U0ADA",
      text: isGroup && isMention === true ? `<@${fake.bot.userId}> ${text}` : text,
      ...(from === "self" ? { extra: { bot_id: fake.bot.botId } } : {}),
      ...(place === "thread" ? { thread: head } : {}),
      ...(file === undefined ? {} : { file }),
    });
  }

  /** By the socket it is sent and forgotten, as Slack does; by HTTP the answer is awaited. */
  async function deliver(envelope: Envelope, channel: Channel): Promise<void> {
    if (transport === "socket") return fake.socket.send(envelope);
    const answer = await channel.webhook?.(toCall(envelope, clock.now()));
    if (answer?.status !== 200) throw new Error(`answered with ${answer?.status}`);
  }

  const event = (type: string, more: object): object => ({ type, channel: last?.message.chat, ...more });

  return {
    fake,
    name: "slack",
    files: disk.files,
    groups: threads === "flat",
    repeatsByItself: transport === "socket",
    create: (isListening) =>
      createChannel(createChannelContext(options, { name: "slack", disk, now: clock.now, isListening }), { refusedMs }),
    createAgainst: (slackApiUrl) => createChannel(createChannelContext({ ...options, slackApiUrl }, { name: "slack" })),
    advance: clock.advance,
    revoke: async () => void fake.tokens.delete(botToken),
    restore: async () => void fake.tokens.add(botToken),
    attempts: () => fake.requests.length,
    ...(transport === "socket" ? { drop: () => fake.socket.cut() } : {}),
    async deliver(what, channel) {
      const { message, event: told } = write(what);
      last = { message, envelope: fake.envelope("events_api", fake.wrap(told)) };
      await deliver(last.envelope, channel);
      // Slack tells a mention twice.
      if (what.isMention === true && what.place !== "direct" && what.from === "person")
        await deliver(fake.envelope("events_api", fake.wrap({ ...told, type: "app_mention" })), channel);
    },
    async redeliver(channel) {
      if (last !== undefined) await deliver({ ...last.envelope }, channel);
    },
    received: () =>
      fake
        .sent()
        .filter(isNews)
        .map((message) => describeSent(message, fake.store)),
    failSend: {
      "rate-limited": (skip, waitMs = 20) =>
        fake.failNext("chat.postMessage", "429", { skip, retryAfterS: waitMs / 1_000 }),
      unavailable: (skip) => fake.failNext("chat.postMessage", "500", { skip }),
      "cut-after-accept": (skip) => fake.failNext("chat.postMessage", "cut-after-accept", { skip }),
      "cut-before-accept": (skip) => fake.failNext("chat.postMessage", "cut-before-accept", { skip }),
    },
    async press(label, channel) {
      await deliver(fake.envelope("interactive", pressPayload(fake, label)), channel);
    },
    async revise(text, channel) {
      if (last === undefined) return;
      const { message } = last;
      const before = { ...message };
      const ts = fake.store.nextTs();
      Object.assign(message, { text, edited: { user: message.user, ts } });
      const change = event("message", {
        subtype: "message_changed",
        hidden: true,
        message: { type: "message", ...message },
        previous_message: { type: "message", ...before },
        channel_type: "im",
        ts,
        event_ts: ts,
      });
      await deliver(fake.envelope("events_api", fake.wrap(change)), channel);
    },
    async takeBack(channel) {
      if (last === undefined) return;
      const { message } = last;
      const ts = fake.store.nextTs();
      fake.store.messages.splice(fake.store.messages.indexOf(message), 1);
      const deletion = event("message", {
        subtype: "message_deleted",
        hidden: true,
        deleted_ts: message.ts,
        previous_message: { type: "message", ...message },
        channel_type: "im",
        ts,
        event_ts: ts,
      });
      await deliver(fake.envelope("events_api", fake.wrap(deletion)), channel);
    },
    async reactToUs(emoji, channel) {
      const ours = fake.sent().at(-1);
      const reaction = {
        type: "reaction_added",
        user: "U0ADA",
        reaction: formatEmoji(emoji),
        item_user: fake.bot.userId,
        item: { type: "message", channel: ours?.chat, ts: ours?.ts },
        event_ts: fake.store.nextTs(),
      };
      await deliver(fake.envelope("events_api", fake.wrap(reaction)), channel);
    },
    offeredCommands: () =>
      readManifest().features.slash_commands.flatMap(({ usage_hint: hint }) =>
        hint.split("|").map((each) => each.trim()),
      ),
    async useCommand(name, argument, channel) {
      const payload = {
        command: "/parlance",
        text: `${name} ${argument}`,
        user_id: "U0ADA",
        user_name: "ada",
        channel_id: "D0ADA",
        channel_name: "directmessage",
        team_id: fake.bot.teamId,
        trigger_id: `2.${fake.store.nextTs()}`,
      };
      await deliver(fake.envelope("slash_commands", payload), channel);
    },
    async deliverWhileAway(what) {
      write(what);
    },
    forgedRequests: () => [
      sign("{}", "application/json", { secret: "a-secret-of-somebody-else" }),
      sign("{}", "application/json", { at: Math.floor(Date.now() / 1_000) - 400 }),
      new Request("http://127.0.0.1/hooks/slack", { method: "POST", body: "{}" }),
    ],
    oversizedRequest: () =>
      sign(JSON.stringify({ type: "event_callback", event: { text: "x".repeat(3_000_000) } }), "application/json"),
    async close() {
      await fake.stop();
      await disk.remove();
    },
  };
}

/** The echo that a test wrote by hand is not a message that the adapter sent. */
function isNews({ text, metadata, files }: FakeSlackMessage): boolean {
  return text !== "my own words" && (metadata !== undefined || files !== undefined);
}
