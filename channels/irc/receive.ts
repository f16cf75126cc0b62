import type { MessageEvent } from "irc-framework";
import type { ChannelContext, ChannelSink } from "../../src/core/channel.ts";
import { AppError } from "../../src/core/errors.ts";
import type { Address, InboundMessage } from "../../src/core/message.ts";
import type { IrcOptions } from "./config.ts";
import type { Connection } from "./connection.ts";
import { directChat, isForUs, parseMessage } from "./parse.ts";

/** What the socket gave, with what may be different by the time it is handled. */
export interface ReceivedEvent {
  readonly event: MessageEvent;
  readonly type: "privmsg" | "action";
  readonly connection: Connection;
  readonly ownNick: string;
  readonly receivedAt: number;
  /** Given on arrival, so that it stays the same while we try to store the message. */
  readonly freshId: string;
}

/** Hands a message to the sink and remembers how far we read. Rejects when it was not stored: call again. */
export async function receiveMessage(
  received: ReceivedEvent,
  context: ChannelContext<IrcOptions>,
  sink: ChannelSink,
): Promise<void> {
  const { event, type, connection, ownNick, receivedAt, freshId } = received;
  const { client, identities } = connection;
  const parseContext = {
    channel: context.name,
    ownNick,
    wantedNick: context.options.nick,
    lower: (text: string) => client.caseLower(text),
    isRoom: (target: string) => client.network.isChannelName(target),
    freshId,
    receivedAt,
  };
  if (!isForUs(event, parseContext)) return;
  const identity = await identities.ofSender(event);
  const message = parseMessage(event, type, identity, parseContext);
  if (message === undefined) return;
  await sink.receive(message);
  if (message.isGroup) await saveCursor(message, event, connection, context);
  if (message.isAddressed) await saveNick(identity.key, client.caseLower(event.nick), context);
}

const historyCap = "draft/chathistory";

/** Where the server keeps a history: asks for up to 100 messages of the room since the last one that we stored. */
export async function askForMissed(
  room: string,
  connection: Connection,
  context: ChannelContext<IrcOptions>,
): Promise<void> {
  if (!connection.client.network.cap.isEnabled(historyCap)) return;
  try {
    const seenAt = await context.state.get(`seen:${room}`);
    if (seenAt !== undefined) connection.client.raw(`CHATHISTORY AFTER ${room} timestamp=${seenAt} 100`);
  } catch (error) {
    context.log.warn({ error, room }, "what was missed in a room cannot be asked for");
  }
}

async function saveCursor(
  message: InboundMessage,
  event: MessageEvent,
  connection: Connection,
  context: ChannelContext<IrcOptions>,
): Promise<void> {
  if (event.time === undefined || !connection.client.network.cap.isEnabled(historyCap)) return;
  const key = `seen:${message.address.chat}`;
  const seenAt = new Date(event.time).toISOString();
  // ISO times of the same shape sort as text; replies to our question are older than what came live meanwhile.
  if (((await context.state.get(key)) ?? "") < seenAt) await context.state.set(key, seenAt);
}

async function saveNick(identityKey: string, nick: string, context: ChannelContext<IrcOptions>): Promise<void> {
  if ((await loadNick(identityKey, context)) !== nick) await context.state.set(`nick:${identityKey}`, nick);
}

/** The nick under which somebody last spoke to us. */
export async function loadNick(identityKey: string, context: ChannelContext<IrcOptions>): Promise<string | undefined> {
  return context.state.get(`nick:${identityKey}`);
}

/** The direct chat with somebody. Throws AppError "not-found" for a host that never wrote to us. */
export async function findDirectChat(personId: string, context: ChannelContext<IrcOptions>): Promise<Address> {
  const prefix = `${context.name}:`;
  const key = personId.startsWith(prefix) ? personId.slice(prefix.length) : "";
  const nick = key.startsWith("account:") ? "" : await loadNick(key, context);
  if (nick === undefined)
    throw new AppError("not-found", "This person never wrote to us on IRC, so the nick is not known.");
  return { channel: context.name, chat: directChat(key, nick) };
}
