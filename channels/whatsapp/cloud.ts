import type { Channel, ChannelContext, ChannelSink } from "../../src/core/channel.ts";
import { isAppError } from "../../src/core/errors.ts";
import { createAlarm, tellUnauthorised } from "../_shared/alarm.ts";
import { createBegun, notedHint } from "../_shared/begun.ts";
import { createNumberedChoices } from "../_shared/numbered-choices.ts";
import { createPauses } from "../_shared/pauses.ts";
import { runWithReconnect, type Patience } from "../_shared/reconnect.ts";
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
export function createCloudChannel(context: ChannelContext, options: CloudOptions, patience: Patience): Channel {
  const { phoneNumberId } = options;
  const windows = createWindows(context.state);
  const uncertain = createUncertain(context.state);
  const people = createPeople(context.state);
  const choices = createNumberedChoices(context.state, context.now);
  const pauses = createPauses("WhatsApp", context.now);
  let intake: Intake | undefined;
  const check = createAlarm();
  const begun = createBegun(context.state);
  const send = createSend({ context, options, windows, choices, uncertain, pauses, begun });

  /** Tries the token, and again now and then: one that was revoked shall show before somebody waits for an answer. */
  async function connect(sink: ChannelSink, signal: AbortSignal, up: () => void): Promise<void> {
    const fields = "display_phone_number,verified_name,conversational_automation";
    const path = `/${phoneNumberId}?fields=${fields}`;
    const number = (await callGraph(options, path, { effect: "read", signal })) as Parameters<typeof offerCommands>[2];
    intake = { context, options, sink, signal, windows, people, choices };
    if (!context.isListening()) await offerCommands(context, options, number, signal);
    up();
    while (!signal.aborted) {
      await check.wait(checkMs, signal);
      if (!signal.aborted) await callGraph(options, `/${phoneNumberId}?fields=id`, { effect: "read", signal });
    }
  }

  async function start(sink: ChannelSink, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    intake = { context, options, sink, signal, windows, people, choices };
    const connectOrRefuse = async (_signal: AbortSignal, up: () => void): Promise<void> => {
      try {
        await connect(sink, signal, up);
      } catch (error) {
        // Without a token no file can be fetched. Meta keeps what it cannot deliver, and calls again for a week.
        if (isAppError(error, "unauthorised")) intake = undefined;
        throw error;
      }
    };
    try {
      await runWithReconnect(connectOrRefuse, { ...patience, signal, sink });
    } finally {
      intake = undefined;
    }
  }

  return {
    traits,
    start,
    // A token that has ended shall show in the health at once.
    send: tellUnauthorised(send, check.ring),
    reconcileHint: () => notedHint,
    reconcile: (message, delivery) => begun.reconcile(message, delivery, "WhatsApp does not tell what was sent."),
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
