import type { ChannelContext, SendContext } from "../../src/core/channel.ts";
import { AppError } from "../../src/core/errors.ts";
import type { OutboundMessage } from "../../src/core/message.ts";
import type { Begun } from "../_shared/begun.ts";
import type { IrcOptions } from "./config.ts";
import type { Connection } from "./connection.ts";
import { formatLines, maxTextBytes } from "./format.ts";
import type { Identities } from "./identities.ts";
import type { Pace } from "./pace.ts";
import { parseDirectChat } from "./parse.ts";
import { loadNick } from "./receive.ts";

/**
 * Writes the lines not yet sent, a burst at a time, and records each burst once the server has dealt with it. Throws
 * AppError as `Channel.send` does. A line is a part; its id is ours, because IRC gives none.
 */
export async function sendLines(
  message: OutboundMessage,
  sending: SendContext,
  connection: Connection,
  context: ChannelContext<IrcOptions>,
  { pace, burstLines, begun }: { readonly pace: Pace; readonly burstLines: number; readonly begun: Begun },
): Promise<readonly string[]> {
  const { options } = context;
  const target = await pickTarget(message.address.chat, connection, context);
  const lines = formatLines(message, options.nick, {
    maxBytes: maxTextBytes(message.address.chat),
    maxLines: options.maxLines,
  });
  const sent = [...sending.sentParts];
  while (sent.length < lines.length) {
    const burst = lines.slice(sent.length, sent.length + burstLines);
    // The pace may hold the first line up for long, and a crash then leaves nothing in doubt.
    await pace.take(sending.signal);
    const parts = { sent: sent.length, with: sent.length + burst.length };
    const count = await begun.send(message, sending, parts, () =>
      sendBurst(burst, target, connection, pace, sending.signal),
    );
    for (let done = 0; done < count; done += 1) {
      const part = `${message.id}#${sent.length + 1}`;
      await sending.recordPart(part);
      sent.push(part);
    }
    if (count < burst.length) {
      // Left as it is, the note only has somebody asked about lines that were not written.
      await begun.takeBack(message, sent.length);
      throw new AppError("unreachable", "The connection to the IRC server is being closed.", {
        retryAfterMs: 2_000,
      });
    }
  }
  return sent;
}

/** The pace of the first line is taken. Resolves with the number that the server took, fewer when the signal aborted. */
async function sendBurst(
  lines: readonly string[],
  target: string,
  connection: Connection,
  pace: Pace,
  signal: AbortSignal,
): Promise<number> {
  const delivery = connection.deliveries.open(target);
  let written = 0;
  for (const [index, line] of lines.entries()) {
    if (index > 0) await pace.take(signal);
    if (signal.aborted || !delivery.write(line)) break;
    written += 1;
  }
  if (written === 0) return 0;
  const refusal = await delivery.confirm();
  if (refusal !== undefined) throw refusalError(refusal);
  return written;
}

/** The room or nick to write to. Checks that the room is ours, or that the nick still is the person's. */
async function pickTarget(chat: string, connection: Connection, context: ChannelContext<IrcOptions>): Promise<string> {
  const { client, rooms, identities } = connection;
  const direct = parseDirectChat(chat);
  if (direct !== undefined) return findNick(direct.key, direct.nick, identities, context);
  if (!/^[^\s,:\p{Cc}][^\s,\p{Cc}]*$/u.test(chat))
    throw new AppError("send-rejected", "This is no nick and no room of IRC.");
  if (!client.network.isChannelName(chat) || rooms.has(chat)) return chat;
  const isConfigured = context.options.channels.some((room) => client.caseLower(room) === client.caseLower(chat));
  if (!isConfigured)
    throw new AppError("send-rejected", "We are not in this room.", {
      hint: "Add it to `channels`.",
    });
  throw new AppError("unreachable", "We are not in this room yet.", { retryAfterMs: 5_000 });
}

/** The nick under which the server says that this very person is there. Throws when nobody is, or only somebody else. */
async function findNick(
  key: string,
  nick: string | undefined,
  identities: Identities,
  context: ChannelContext<IrcOptions>,
): Promise<string> {
  const candidates = nick === undefined ? [await loadNick(key, context), key.slice("account:".length)] : [nick];
  for (const candidate of new Set(candidates)) {
    if (candidate === undefined || !/^[^\s,:\p{Cc}]+$/u.test(candidate)) continue;
    const holder = await identities.ofNick(candidate);
    if (holder?.key === key) return candidate;
    if (holder !== undefined && nick !== undefined)
      throw new AppError("send-rejected", "Somebody else has this nick now.");
  }
  throw refusalError("no_such_nick");
}

function refusalError(reason: string): AppError {
  // Nobody of that name is there now; people come back.
  if (reason === "no_such_nick")
    return new AppError("unreachable", "Nobody has this nick now.", { retryAfterMs: 60_000 });
  return new AppError("send-rejected", `The IRC server refused the message (${reason}).`);
}
