import type { ChatCommand } from "../../src/core/channel.ts";
import type { InboundMessage } from "../../src/core/message.ts";
import { formatMessageId, isDirect, timeOf } from "./message-id.ts";
import { decodeEntities } from "./mrkdwn.ts";
import { parsePerson, type ParseContext } from "./parse.ts";
import type { Interaction, SlashCommand } from "./payloads.ts";

type Context = Pick<ParseContext, "channel" | "names" | "threads">;

/** A press on a button of ours. Its text may be the digest of a long command. Undefined for all else. */
export function parsePress(payload: Interaction, context: Context): InboundMessage | undefined {
  const { type, user, container, message, actions } = payload;
  const action = actions?.find((each) => each.type === "button");
  const chat = container?.channel_id ?? payload.channel?.id;
  const ts = container?.message_ts ?? message?.ts;
  if (type !== "block_actions" || user?.id === undefined || chat === undefined || ts === undefined) return undefined;
  if (action?.value === undefined) return undefined;
  const thread = container?.thread_ts ?? message?.thread_ts;
  const at = action.action_ts ?? ts;
  return {
    id: `press:${formatMessageId(chat, ts)}:${user.id}:${at}`,
    // A card at the top of a channel whose thread has begun names itself as the thread.
    address: {
      channel: context.channel,
      chat,
      ...(thread === undefined || thread === ts ? {} : { thread }),
    },
    sender: parsePerson(user.id, context),
    text: action.value,
    attachments: [],
    replyToId: formatMessageId(chat, ts),
    isAddressed: true,
    isGroup: !isDirect(chat),
    sentAt: timeOf(at),
    kind: "command",
  };
}

/**
 * "/parlance approve 3f9a" is "/approve 3f9a", and so is "/approve 3f9a" where the app declares it. Other words behind
 * "/parlance" are said to us. Slash commands have no threads.
 */
export function parseSlashCommand(
  payload: SlashCommand,
  context: Context & { readonly now: number; readonly commands: readonly ChatCommand[] },
): InboundMessage | undefined {
  const { command = "", user_id: user, channel_id: chat, trigger_id: trigger } = payload;
  if (user === undefined || chat === undefined || trigger === undefined) return undefined;
  const words = decodeEntities(payload.text ?? "").trim();
  const isKnown = (name: string): boolean => context.commands.some((each) => each.name === name.toLowerCase());
  const first = /^\/?(\S*)/.exec(words)?.[1] ?? "";
  const own = command.replace(/^\//, "");
  const text = isKnown(own)
    ? `/${own} ${words}`.trim()
    : isKnown(first)
      ? `/${words.replace(/^\//, "")}`
      : words === ""
        ? "/help"
        : words;
  return {
    id: `command:${trigger}`,
    address: { channel: context.channel, chat },
    sender: parsePerson(user, context),
    text,
    attachments: [],
    isAddressed: true,
    isGroup: !isDirect(chat),
    sentAt: context.now,
    kind: text.startsWith("/") ? "command" : "message",
  };
}
