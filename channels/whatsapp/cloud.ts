import type { Channel, ChannelContext, ChannelSink } from "../../src/core/channel.ts";
import { isAppError } from "../../src/core/errors.ts";
import { createNumberedChoices } from "../_shared/numbered-choices.ts";
import { createPauses } from "../_shared/pauses.ts";
import { runWithReconnect, sleepUntilAborted } from "../_shared/reconnect.ts";
import { offerCommands } from "./commands.ts";
import type { CloudOptions } from "./config.ts";
import { callGraph } from "./graph.ts";
import { createPeople } from "./people.ts";
import type { Intake } from "./receive.ts";
import { formatRecipient } from "./recipient.ts";
import { createSend } from "./send.ts";
import { traits } from "./traits.ts";
import { createUncertain } from "./uncertain.ts";
import { createWebhook } from "./webhook.ts";
import { createWindows } from "./window.ts";

/** How often the token is tried while nothing else happens. */
const checkMs = 10 * 60_000;

/** A number of Meta's Cloud API. */
export function createCloudChannel(context: ChannelContext, options: CloudOptions): Channel {
  const { phoneNumberId } = options;
  const windows = createWindows(context.state);
  const uncertain = createUncertain(context.state);
  const people = createPeople(context.state);
  const choices = createNumberedChoices(context.state, context.now);
  const pauses = createPauses("WhatsApp", context.now);
  let intake: Intake | undefined;
  let checkNow = (): void => undefined;
  const send = createSend({ context, options, windows, choices, uncertain, pauses });

  /** Tries the token, and again now and then: one that was revoked shall show before somebody waits for an answer. */
  async function connect(signal: AbortSignal, up: () => void): Promise<void> {
    const fields = "display_phone_number,verified_name,conversational_automation";
    const path = `/${phoneNumberId}?fields=${fields}`;
    const number = (await callGraph(options, path, { effect: "read", signal })) as Parameters<typeof offerCommands>[2];
    if (!context.isListening()) await offerCommands(context, options, number, signal);
    up();
    while (!signal.aborted) {
      const woken = new AbortController();
      checkNow = () => woken.abort();
      await sleepUntilAborted(checkMs, AbortSignal.any([signal, woken.signal]));
      if (!signal.aborted) await callGraph(options, `/${phoneNumberId}?fields=id`, { effect: "read", signal });
    }
  }

  async function start(sink: ChannelSink, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    intake = { context, options, sink, signal, windows, people, choices };
    try {
      await runWithReconnect((_signal, up) => connect(signal, up), { signal, sink });
    } finally {
      intake = undefined;
    }
  }

  return {
    traits,
    start,
    async send(message, delivery) {
      try {
        return await send(message, delivery);
      } catch (error) {
        // A token that has ended shall show in the health at once.
        if (isAppError(error, "unauthorised")) checkNow();
        throw error;
      }
    },
    webhook: createWebhook(options, uncertain, () => intake),
    async typing(address, signal) {
      const messageId = await windows.lastId(address.chat).catch(() => undefined);
      if (messageId === undefined) return;
      const json = {
        messaging_product: "whatsapp",
        status: "read",
        message_id: messageId,
        typing_indicator: { type: "text" },
      };
      await callGraph(options, `/${phoneNumberId}/messages`, { effect: "read", json, signal }).catch(() => undefined);
    },
    async react(address, platformId, emoji, signal) {
      const reaction = { message_id: platformId, emoji };
      const json = {
        messaging_product: "whatsapp",
        ...formatRecipient(address.chat),
        type: "reaction",
        reaction,
      };
      await callGraph(options, `/${phoneNumberId}/messages`, { effect: "read", json, signal });
    },
    openDirect: async (personId) => ({ channel: context.name, chat: personId.slice(context.name.length + 1) }),
  };
}
