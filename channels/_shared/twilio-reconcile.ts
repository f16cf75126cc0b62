import type { ChannelState, Reconciliation, SendContext } from "../../src/core/channel.ts";
import { AppError } from "../../src/core/errors.ts";
import type { TwilioAccount } from "./twilio-api.ts";
import { listMessages, messageTime, type TwilioMessage } from "./twilio-messages.ts";
import type { TwilioOutbound, TwilioPart } from "./twilio-send.ts";

/** A message taken just now may not be in the list yet. */
const settleMs = 10_000;
/** Between our clock and Twilio's, whole seconds included. */
const skewMs = 120_000;
const maxKept = 20;

/** Twilio ids of our last messages in each chat: they are accounted for, whatever they say. */
export async function noteSent(state: ChannelState, chat: string, sid: string): Promise<void> {
  const kept = await loadSent(state, chat);
  await state.set(`sent:${chat}`, JSON.stringify([...kept, sid].slice(-maxKept)));
}

async function loadSent(state: ChannelState, chat: string): Promise<readonly string[]> {
  return JSON.parse((await state.get(`sent:${chat}`)) ?? "[]") as readonly string[];
}

/** When the attempt began. */
export function formatHint(now: number): string {
  return String(now);
}

/**
 * Twilio drops no doubles, but keeps every message: what went to this person since the attempt began, and is none of
 * those we know, is the part in doubt when it says the same. Anything else that nobody here has sent leaves it unknown.
 * Throws AppError with retryAfterMs while it is too early to tell.
 */
export async function reconcileParts(
  { message, to, parts }: TwilioOutbound,
  delivery: SendContext,
  account: TwilioAccount,
  state: ChannelState,
  now: number,
): Promise<Reconciliation> {
  const part = parts[delivery.sentParts.length];
  if (part === undefined) return { state: "absent" };
  const startedAt = Number(delivery.hint ?? Number.NaN);
  if (!Number.isFinite(startedAt)) return { state: "unknown", reason: "nobody noted when it was sent" };
  const { messages, isCut } = await listMessages(account, {
    to,
    since: startedAt - skewMs,
    maxPages: 5,
    signal: delivery.signal,
  });
  const known = new Set([...(await loadSent(state, message.address.chat)), ...delivery.sentParts]);
  const unaccounted = messages.filter(({ sid, direction }) => direction !== "inbound" && !known.has(sid));
  const found = unaccounted.filter((each) => isSame(each, part));
  if (found.length === 1 && found[0] !== undefined) return { state: "arrived", platformId: found[0].sid };
  if (found.length > 1) return { state: "unknown", reason: "Twilio has several messages that say the same" };
  if (isCut) return { state: "unknown", reason: "there are too many messages to look through" };
  if (unaccounted.some((each) => messageTime(each) >= startedAt - 2_000))
    return { state: "unknown", reason: "something else was sent to this person at the same time" };
  if (now - startedAt < settleMs)
    throw new AppError("unreachable", "It is too early to tell whether Twilio has the message.", {
      retryAfterMs: Math.max(1, settleMs - (now - startedAt)),
    });
  return { state: "absent" };
}

/** Twilio trims texts, and puts words of its own before those of trial accounts. */
function isSame(message: TwilioMessage, part: TwilioPart): boolean {
  const body = normalise(message.body ?? "");
  switch (part.kind) {
    case "text":
      return body === normalise(part.body) || body.endsWith(`trial account - ${normalise(part.body)}`);
    case "file":
      return Number(message.num_media) > 0;
    case "template":
      return Object.values(part.variables).every((value) => body.includes(normalise(value)));
  }
}

function normalise(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
