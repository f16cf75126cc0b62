import type { APIMessage } from "discord.js";
import type { ChannelContext, Reconciliation, SendContext } from "../../src/core/channel.ts";
import type { OutboundMessage } from "../../src/core/message.ts";
import type { DiscordOptions } from "./config.ts";
import { loadReply } from "./interaction-replies.ts";
import { parseInteractionId } from "./parse-interaction.ts";
import { formatParts, type Part } from "./parts.ts";
import { pickTarget } from "./places.ts";
import { errorCodes } from "./refusals.ts";
import { askDiscord, type ApiAnswer, type DiscordApi } from "./rest.ts";
import { sentKey } from "./send.ts";
import { idAt, isLater, latestOf } from "./snowflake.ts";

const pageLength = 100;
/** More of a chat than this is not read for one message. */
const maxPages = 10;
/** Where no message of the chat is known, the clocks of both sides are not trusted beyond this. */
const clockMarginMs = 10 * 60_000;
/** Message flag: the place for the reply to a command, not filled yet. */
const loading = 1 << 7;

/** The message behind which the next part must come, as far as this process knows. */
export function formatHint(seen: string | undefined, now: number): string {
  return seen ?? idAt(now - clockMarginMs);
}

export interface ReconcileSettings {
  readonly api: DiscordApi;
  readonly context: ChannelContext<DiscordOptions>;
  readonly ownId: () => Promise<string>;
}

/**
 * Finds out whether the part behind `sentParts` arrived, by reading what we wrote in that chat since: history keeps
 * neither nonces nor anything else of ours, so the words, files and buttons must be the same. Sends to a chat go out
 * one after the other, so everything up to the last recorded id is another message.
 * Throws AppError when Discord cannot be asked now.
 */
export async function reconcile(
  message: OutboundMessage,
  delivery: SendContext,
  settings: ReconcileSettings,
): Promise<Reconciliation> {
  const { api, context } = settings;
  const part = formatParts(message, context.options.maxUploadBytes)[delivery.sentParts.length];
  if (part === undefined) return { state: "absent" }; // the process died between the last part and its row's settling
  const chat = pickTarget(message.address);
  const arrived = (id: string): Reconciliation => ({
    state: "arrived",
    platformId: id,
    notes: { [sentKey(chat)]: id },
  });

  const filled = delivery.sentParts.length === 0 ? await findReply(message, settings, delivery.signal) : undefined;
  if (filled !== undefined && isSame(filled, part)) return arrived(filled.id);

  const ours = await context.state.get(sentKey(chat));
  let after = latestOf([delivery.hint, ours, ...delivery.sentParts]);
  if (after === "0") return { state: "unknown", reason: "No message of this chat is known from before the attempt." };
  const ownId = await settings.ownId();
  for (let page = 0; page < maxPages; page += 1) {
    const answer = await readAfter(api, chat, after, delivery.signal);
    if (!answer.ok) return { state: "unknown", reason: `Discord does not let us look: ${answer.error.message}` };
    const messages = answer.result as readonly APIMessage[];
    const found = messages.find((each) => each.author.id === ownId && isSame(each, part));
    if (found !== undefined) return arrived(found.id);
    if (messages.length < pageLength)
      return page + messages.length > 0 ? { state: "absent" } : lookAtAll(settings, chat, delivery.signal);
    for (const { id } of messages) if (isLater(id, after)) after = id;
  }
  return { state: "unknown", reason: `More than ${maxPages * pageLength} messages have been written since.` };
}

/** Without the permission to read history, Discord shows an empty one instead of refusing. */
async function lookAtAll({ api }: ReconcileSettings, chat: string, signal: AbortSignal): Promise<Reconciliation> {
  const answer = await askDiscord(api, {
    method: "GET",
    path: `/channels/${chat}/messages?limit=1`,
    effect: "read",
    signal,
  });
  if (answer.ok && (answer.result as readonly unknown[]).length > 0) return { state: "absent" };
  const channel = await askDiscord(api, { method: "GET", path: `/channels/${chat}`, effect: "read", signal });
  const isDirect = channel.ok && Number((channel.result as { type: number }).type) === 1;
  if (isDirect) return { state: "absent" };
  return {
    state: "unknown",
    reason: "The bot sees no history in this channel; it needs the permission Read Message History.",
  };
}

function readAfter(api: DiscordApi, chat: string, after: string, signal: AbortSignal): Promise<ApiAnswer> {
  const path = `/channels/${chat}/messages?after=${after}&limit=${pageLength}`;
  return askDiscord(api, { method: "GET", path, effect: "read", signal });
}

/** The reply to a slash command stands where Discord had kept a place, which may be older than the hint. */
async function findReply(
  message: OutboundMessage,
  { api, context }: ReconcileSettings,
  signal: AbortSignal,
): Promise<APIMessage | undefined> {
  const interactionId = parseInteractionId(message.replyToId);
  const reply = interactionId === undefined ? undefined : await loadReply(context.state, interactionId);
  if (reply?.usedBy !== message.id || reply.messageId === undefined) return undefined;
  const path = `/channels/${pickTarget(message.address)}/messages/${reply.messageId}`;
  const answer = await askDiscord(api, { method: "GET", path, effect: "read", signal });
  if (answer.ok) return answer.result as APIMessage;
  if (answer.code === errorCodes.unknownMessage) return undefined;
  throw answer.error;
}

/** White space and the form of names are Discord's business, so neither is compared. */
function isSame(found: APIMessage, part: Part): boolean {
  if ((Number(found.flags ?? 0) & loading) !== 0) return false;
  const sizes = (files: readonly number[]): string => files.toSorted((a, b) => a - b).join();
  return (
    squeeze(found.content) === squeeze(part.content) &&
    sizes(found.attachments.map(({ size }) => size)) === sizes(part.files.map(({ bytes }) => bytes)) &&
    buttonsOf(found.components).join() === buttonsOf(part.components).join()
  );
}

function squeeze(text: string): string {
  return text.normalize("NFC").replaceAll(/\s+/g, "");
}

function buttonsOf(rows: readonly object[] | undefined): readonly string[] {
  return (rows ?? []).flatMap((row) =>
    "components" in row
      ? (row.components as readonly { readonly custom_id?: string }[]).map(({ custom_id: id }) => id ?? "")
      : [],
  );
}
