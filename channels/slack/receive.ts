import type { ChannelContext, ChannelSink } from "../../src/core/channel.ts";
import { describeError } from "../../src/core/errors.ts";
import type { InboundMessage } from "../../src/core/message.ts";
import type { Lanes } from "../_shared/lanes.ts";
import { callSlack, type SlackApi } from "./api.ts";
import { loadCommand } from "./buttons.ts";
import { createCatchUp, type CatchUp } from "./catch-up.ts";
import type { SlackOptions } from "./config.ts";
import type { Cursors } from "./cursors.ts";
import { keepFiles } from "./incoming-files.ts";
import type { Me } from "./mentions.ts";
import type { Names } from "./names.ts";
import { parseEvent, pickChat, type ParseContext, type ParsedEvent } from "./parse.ts";
import { parsePress, parseSlashCommand } from "./parse-interaction.ts";
import type { EventCallback, Interaction, SlackEvent, SlackMessage, SlashCommand } from "./payloads.ts";
import { findReachable } from "./reachable.ts";
import { createRecent } from "./recent.ts";

export interface IntakeParts {
  readonly api: SlackApi;
  readonly context: ChannelContext<SlackOptions>;
  readonly cursors: Cursors;
  readonly names: Names;
  readonly lanes: Lanes;
  readonly sink: ChannelSink;
  readonly me: Me;
  readonly signal: AbortSignal;
}

/** What Slack delivers, by whatever way. Each resolves once it is stored or is nothing to us, and rejects otherwise. */
export interface Intake {
  readonly catchUp: CatchUp;
  event(callback: EventCallback): Promise<void>;
  interaction(payload: Interaction): Promise<void>;
  /** Resolves with the answer for Slack. */
  command(payload: SlashCommand): Promise<object>;
}

export function createIntake(parts: IntakeParts): Intake {
  const { api, context, cursors, names, lanes, sink, me, signal } = parts;
  /** Messages that are stored: a redelivery does not fetch their files again. */
  const stored = createRecent<true>(1_000);
  /** "" for messages at the top. */
  const threads = createRecent<string>(2_000);

  const catchUp = createCatchUp({
    api,
    cursors,
    log: context.log,
    now: context.now,
    signal,
    inOrder: (chat, work) => lanes.run(chat, work),
    hand: (message, chat) => hand({ ...message, type: "message", channel: chat }, true),
  });

  /** Parses, asks Slack for the names that are missing, and parses again with them. */
  async function withNames<T>(parse: (lookup: ParseContext["names"]) => T | undefined): Promise<T | undefined> {
    const asked = new Set<string>();
    const first = parse(names.lookup(asked));
    if (first === undefined || asked.size === 0) return first;
    await names.learn(asked, signal);
    return parse(names.lookup(new Set()));
  }

  function parseWith(event: SlackEvent): Promise<ParsedEvent | undefined> {
    return withNames((lookup) =>
      parseEvent(event, {
        channel: context.name,
        me,
        threads: context.options.threads,
        names: lookup,
        isFollowed: (chat, thread) => cursors.isFollowed(chat, thread),
        threadOf: (chat, ts) => threads.get(`${chat}:${ts}`) || undefined,
      }),
    );
  }

  /** Stores one event; `isRead` tells that it comes from a history, whose reader sees that nothing before it is missing. */
  async function hand(event: SlackEvent, isRead: boolean): Promise<void> {
    await learnThread(event);
    const parsed = await parseSafely(event);
    if (parsed === undefined) return;
    let { message } = parsed;
    if (parsed.files.length > 0 && stored.get(message.id) === undefined)
      message = await keepFiles(message, parsed.files, api, context.files, signal);
    await sink.receive(message);
    stored.set(message.id, true);
    const { chat, thread } = message.address;
    const { ts } = parsed;
    if (ts === undefined || (!isRead && catchUp.isPending(chat))) return;
    threads.set(`${chat}:${ts}`, thread ?? "");
    const isAtTop = event.thread_ts === undefined || event.thread_ts === ts || event.subtype === "thread_broadcast";
    if (isAtTop) await cursors.note({ chat, ts });
    if (thread !== undefined) await cursors.note({ chat, thread, ts }, message.isGroup && message.isAddressed);
  }

  /** Reactions do not say in which thread their message stands; for messages of ours it is worth a question. */
  async function learnThread(event: SlackEvent): Promise<void> {
    const { channel: chat, ts } = event.item ?? {};
    if (chat === undefined || ts === undefined || event.item_user !== me.userId || event.user === me.userId) return;
    if (threads.get(`${chat}:${ts}`) !== undefined) return;
    try {
      const { messages } = await callSlack<{ readonly messages?: readonly SlackMessage[] }>(
        api,
        "conversations.replies",
        { channel: chat, ts, limit: 1, inclusive: true },
        { effect: "read", signal, timeoutMs: 1_500 },
      );
      const found = messages?.find((message) => message.ts === ts);
      if (found === undefined) return;
      threads.set(`${chat}:${ts}`, found.thread_ts === undefined || found.thread_ts === ts ? "" : found.thread_ts);
    } catch (error) {
      context.log.debug(
        { chat, error },
        "The thread of a message is not known: the reaction counts for the conversation",
      );
    }
  }

  /** One event that we cannot read must not keep all others from coming in: it is logged and passed by. */
  async function parseSafely(event: SlackEvent): Promise<ParsedEvent | undefined> {
    try {
      return await parseWith(event);
    } catch (error) {
      context.log.error(
        { type: event.type, subtype: event.subtype, error },
        "An event could not be read and is passed by",
      );
      return undefined;
    }
  }

  return {
    catchUp,
    async event({ event, authorizations }) {
      if (event === undefined) return;
      if (event.type === "app_uninstalled" || event.type === "tokens_revoked") api.onUnauthorised?.();
      const chat = pickChat(event);
      if (chat === undefined) return;
      // One app in several workspaces: each channel of ours takes in what its own bot user may see.
      if (authorizations !== undefined && authorizations.length > 0 && !authorizations.some(isForUs)) return;
      await lanes.run(chat, async () => {
        await catchUp.settle(chat, event.ts);
        try {
          await hand(event, false);
        } catch (error) {
          // Slack gives up after three tries; the history does not.
          catchUp.mark(chat);
          context.log.warn({ chat, reason: describeError(error) }, "A message could not be stored; it is read again");
          throw error;
        }
      });
    },
    async interaction(payload) {
      const message = await withNames((lookup) =>
        parsePress(payload, { channel: context.name, names: lookup, threads: context.options.threads }),
      );
      if (message === undefined) return;
      await lanes.run(message.address.chat, async () => {
        const command = await loadCommand(message.text, context.state);
        if (command === undefined)
          context.log.warn({ id: message.id }, "A button's long command is not known any more");
        else await sink.receive({ ...message, text: command });
      });
    },
    async command(payload) {
      const message = await withNames((lookup) =>
        parseSlashCommand(payload, {
          channel: context.name,
          names: lookup,
          threads: context.options.threads,
          now: context.now(),
          commands: context.commands,
        }),
      );
      if (message === undefined) return {};
      return takeCommand(message, payload.user_id ?? "");
    },
  };

  function isForUs(authorization: { readonly team_id?: string | null; readonly user_id?: string }): boolean {
    return authorization.user_id === me.userId || authorization.team_id === me.teamId;
  }

  /** Shows the command to everybody who will see the answer, or says where the answer goes. */
  async function takeCommand(message: InboundMessage, userId: string): Promise<object> {
    if (context.isListening()) {
      await lanes.run(message.address.chat, async () => void (await sink.receive(message)));
      return {};
    }
    const chat = await findReachable(message.address.chat, userId, api, signal);
    const isHere = chat === message.address.chat;
    const address = { channel: context.name, chat };
    await lanes.run(
      chat,
      async () => void (await sink.receive({ ...message, address, isGroup: message.isGroup && isHere })),
    );
    return isHere
      ? { response_type: "in_channel" }
      : { response_type: "ephemeral", text: "I am not in this conversation. I answer in our direct messages." };
  }
}
