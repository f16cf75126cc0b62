import type { SendContext } from "../../src/core/channel.ts";
import { AppError } from "../../src/core/errors.ts";
import type { OutboundMessage } from "../../src/core/message.ts";
import type { IrcOptions } from "./config.ts";
import type { Connection } from "./connection.ts";
import { formatLines, maxTextBytes } from "./format.ts";
import type { Pace } from "./pace.ts";

/**
 * Writes the lines not yet sent, a burst at a time, and records each burst once the server has dealt with it. Throws
 * AppError as `Channel.send` does. A line is a part; its id is ours, because IRC gives none.
 */
export async function sendLines(message: OutboundMessage, context: SendContext, connection: Connection, options: IrcOptions, pace: Pace): Promise<readonly string[]> {
  const target = message.address.chat;
  if (!/^[^\s,:\p{Cc}][^\s,\p{Cc}]*$/u.test(target)) throw new AppError("send-rejected", "This is no nick and no room of IRC.");
  await checkTarget(message, connection, options);

  const lines = formatLines(message, options.nick, { maxBytes: maxTextBytes(target), maxLines: options.maxLines });
  const sent = [...context.sentParts];
  while (sent.length < lines.length) {
    const burst = lines.slice(sent.length, sent.length + options.burstLines);
    const count = await sendBurst(burst, target, connection, pace, context.signal);
    for (let done = 0; done < count; done += 1) {
      const part = `${message.id}#${sent.length + 1}`;
      await context.recordPart(part);
      sent.push(part);
    }
    if (count < burst.length) throw new AppError("unreachable", "The connection to the IRC server is being closed.", { retryAfterMs: 2_000 });
  }
  return sent;
}

/** Resolves with the number of lines that the server has taken, fewer than given when the signal aborted. */
async function sendBurst(lines: readonly string[], target: string, connection: Connection, pace: Pace, signal: AbortSignal): Promise<number> {
  const delivery = connection.deliveries.open(target);
  let written = 0;
  for (const line of lines) {
    await pace.take(signal);
    if (signal.aborted || !delivery.write(line)) break;
    written += 1;
  }
  if (written === 0) return 0;
  const refusal = await delivery.confirm();
  if (refusal !== undefined) throw refusalError(refusal);
  return written;
}

/** Is the room ours, and the nick still the person's to whom this is said? */
async function checkTarget(message: OutboundMessage, connection: Connection, options: IrcOptions): Promise<void> {
  const { chat, thread } = message.address;
  const { client, rooms, identities } = connection;
  if (client.network.isChannelName(chat)) {
    if (rooms.has(chat)) return;
    const isConfigured = options.channels.some((room) => client.caseLower(room) === client.caseLower(chat));
    if (!isConfigured) throw new AppError("send-rejected", "We are not in this room.", { hint: "Add it to `channels`." });
    throw new AppError("unreachable", "We are not in this room yet.", { retryAfterMs: 5_000 });
  }
  if (thread === undefined) return;
  const holder = await identities.ofNick(chat);
  if (holder === undefined) throw refusalError("no_such_nick");
  if (holder.key !== thread) throw new AppError("send-rejected", "Somebody else has this nick now.");
}

function refusalError(reason: string): AppError {
  // Nobody of that name is there now; people come back.
  if (reason === "no_such_nick") return new AppError("unreachable", "Nobody has this nick now.", { retryAfterMs: 60_000 });
  return new AppError("send-rejected", `The IRC server refused the message (${reason}).`);
}
