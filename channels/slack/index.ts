import type { Channel, ChannelContext, ChannelSink, SendContext } from "../../src/core/channel.ts";
import { AppError } from "../../src/core/errors.ts";
import type { OutboundMessage } from "../../src/core/message.ts";
import { keepForLater } from "../_shared/alarm.ts";
import { settleWithGrace } from "../_shared/grace.ts";
import { createLanes } from "../_shared/lanes.ts";
import { createPauses } from "../_shared/pauses.ts";
import { runWithReconnect, sleepUntilAborted, type Patience } from "../_shared/reconnect.ts";
import { askSlack, type SlackApi } from "./api.ts";
import type { SlackOptions } from "./config.ts";
import { createCursors } from "./cursors.ts";
import { formatEmoji } from "./emoji.ts";
import { formatTs, parseMessageId } from "./message-id.ts";
import { createNames } from "./names.ts";
import type { EventCallback, Interaction, SlashCommand } from "./payloads.ts";
import { openDirectChat } from "./reachable.ts";
import { createIntake, type Intake } from "./receive.ts";
import { reconcileMessage } from "./reconcile.ts";
import { readIdentity, warnOfScopes, type Identity } from "./scopes.ts";
import { editMessage, sendMessage } from "./send.ts";
import { runSocket } from "./socket.ts";
import { traits } from "./traits.ts";
import { createWebhook } from "./webhook.ts";

export { optionsSchema } from "./config.ts";

/** Least time between two looks at a token that was refused. */
const leastCheckMs = 60_000;

/** An app in a Slack workspace: by Socket Mode, called over HTTP, or both. See README.md for the quirks. */
export function createChannel(context: ChannelContext<SlackOptions>, patience: Patience = {}): Channel {
  const { options } = context;
  const { appToken, signingSecret, slackApiUrl } = options;
  /** Ends the connection that runs now: the next one looks whether the token is still good, and says so in the health. */
  let endConnection: () => void = () => undefined;
  let checkedAt = 0;
  const api: SlackApi = {
    url: slackApiUrl,
    token: options.botToken,
    pauses: createPauses("Slack", context.now),
    onUnauthorised: () => {
      if (context.now() - checkedAt < leastCheckMs) return;
      checkedAt = context.now();
      endConnection();
    },
  };
  const cursors = createCursors(context.state);
  const names = createNames(api, context.now);
  const lanes = createLanes();
  let identity: Identity | undefined;
  let intake: Intake | undefined;

  async function loadIdentity(signal: AbortSignal): Promise<Identity> {
    identity ??= await readIdentity(api, signal);
    return identity;
  }

  async function connect(sink: ChannelSink, signal: AbortSignal, up: () => void): Promise<void> {
    identity = undefined; // a token may have been revoked meanwhile
    const { me, missingScopes } = await loadIdentity(signal);
    warnOfScopes(missingScopes, context.log);
    await cursors.load();
    if (cursors.seen() === undefined) await cursors.begin(formatTs(context.now()));
    const running = createIntake({ api, context, cursors, names, lanes, sink, me, signal });
    intake = running;
    const upAndRead = (): void => {
      up();
      running.catchUp.all();
    };
    if (appToken === undefined) {
      upAndRead();
      await sleepUntilAborted(2 ** 31 - 1, signal);
      return;
    }
    const handle = (type: string, body: unknown): Promise<object | undefined> => takeIn(type, body, running);
    let isFirst = true;
    await runSocket({ appToken, slackApiUrl, log: context.log, handle }, signal, () => {
      if (isFirst) upAndRead();
      isFirst = false;
    });
  }

  async function start(sink: ChannelSink, signal: AbortSignal): Promise<void> {
    // Each connection ends its own reading of what was missed.
    const run = runWithReconnect(
      async (outer, up) => {
        const end = new AbortController();
        endConnection = () => end.abort();
        try {
          await connect(sink, AbortSignal.any([outer, end.signal]), up);
        } finally {
          endConnection = () => undefined;
          end.abort();
        }
      },
      { ...patience, signal, sink },
    );
    try {
      await settleWithGrace(run, signal);
    } finally {
      intake = undefined;
      await cursors.save().catch(() => undefined);
    }
  }

  return {
    traits,
    start,
    send: keepForLater((message: OutboundMessage, delivery: SendContext) =>
      sendMessage(message, delivery, api, context),
    ),
    reconcileHint: () => String(context.now()),
    reconcile: async (message, delivery) =>
      reconcileMessage(message, delivery, api, (await loadIdentity(delivery.signal)).me, context.now()),
    ...(signingSecret === undefined
      ? {}
      : { webhook: createWebhook({ signingSecret, now: context.now, log: context.log, intake: () => intake }) }),
    edit: (message, platformId, signal) => editMessage(message, platformId, signal, api, context),
    async typing({ chat, thread }, signal) {
      // Slack shows it in threads only, and takes it away with the next message or after two minutes.
      if (thread === undefined) return;
      const args = { channel_id: chat, thread_ts: thread, status: "is thinking…" };
      await askSlack(api, "assistant.threads.setStatus", args, { effect: "read", signal }).catch(() => undefined);
    },
    async react(_address, platformId, emoji, signal) {
      const target = parseMessageId(platformId);
      const name = formatEmoji(emoji);
      if (target === undefined) throw new AppError("not-found", "Only messages can be reacted to in Slack.");
      if (name === undefined) throw new AppError("unsupported", "Slack has no name for this emoji.");
      const args = { channel: target.chat, timestamp: target.ts, name };
      const answer = await askSlack(api, "reactions.add", args, { effect: "edit", signal });
      if (!answer.ok && answer.code !== "already_reacted") throw answer.error;
    },
    openDirect: async (personId) => ({
      channel: context.name,
      chat: await openDirectChat(personId.slice(context.name.length + 1), api),
    }),
  };
}

/** What came over the socket; kinds unknown are nothing to us. */
async function takeIn(type: string, body: unknown, intake: Intake): Promise<object | undefined> {
  if (type === "events_api") await intake.event(body as EventCallback);
  else if (type === "interactive") await intake.interaction(body as Interaction);
  else if (type === "slash_commands") return intake.command(body as SlashCommand);
  return undefined;
}
