import type { ChannelState } from "../../src/core/channel.ts";
import { parseInteractionId } from "./parse-interaction.ts";

/** The place that Discord keeps for the reply to a slash command: a message that says that we are thinking. */
export interface InteractionReply {
  readonly interactionId: string;
  readonly applicationId: string;
  /** Lets anybody write the reply, for 15 minutes. */
  readonly token: string;
  readonly at: number;
  /** Of the message that is shown there. */
  readonly messageId?: string;
  /** The message of ours that has taken the place. */
  readonly usedBy?: string;
}

/** Tokens hold for 15 minutes. */
const holdsMs = 14.5 * 60_000;
/** Places are few and short-lived, so they share some keys of the state instead of taking one each for ever. */
const slots = 251n;

export async function keepReply(state: ChannelState, reply: InteractionReply): Promise<void> {
  await state.set(slotOf(reply.interactionId), JSON.stringify(reply));
}

export async function loadReply(state: ChannelState, interactionId: string): Promise<InteractionReply | undefined> {
  const text = (await state.get(slotOf(interactionId))) ?? "";
  const reply = text === "" ? undefined : (JSON.parse(text) as InteractionReply);
  return reply?.interactionId === interactionId ? reply : undefined;
}

/**
 * The place that this message of ours may take: it answers a slash command, and no other message has taken it. It is
 * taken from now on, durably. Undefined where the message goes into the chat.
 */
export async function takeReply(
  state: ChannelState,
  message: { readonly id: string; readonly replyToId?: string },
  now: number,
): Promise<InteractionReply | undefined> {
  const interactionId = parseInteractionId(message.replyToId);
  const reply = interactionId === undefined ? undefined : await loadReply(state, interactionId);
  if (reply === undefined || now - reply.at > holdsMs) return undefined;
  if (reply.usedBy === message.id) return reply;
  if (reply.usedBy !== undefined) return undefined;
  const taken = { ...reply, usedBy: message.id };
  await keepReply(state, taken);
  return taken;
}

/** Reads what Discord answered to our word that we have the command. */
export function parseReply(
  raw: { readonly id: string; readonly application_id: string; readonly token: string },
  answer: unknown,
  now: number,
): InteractionReply {
  const { interaction, resource } = (answer ?? {}) as {
    readonly interaction?: { readonly response_message_id?: string };
    readonly resource?: { readonly message?: { readonly id: string } };
  };
  const messageId = interaction?.response_message_id ?? resource?.message?.id;
  return {
    interactionId: raw.id,
    applicationId: raw.application_id,
    token: raw.token,
    at: now,
    ...(messageId === undefined ? {} : { messageId }),
  };
}

function slotOf(interactionId: string): string {
  return `interaction/${BigInt(interactionId) % slots}`;
}
