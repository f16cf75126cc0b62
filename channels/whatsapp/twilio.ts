import type { Channel, ChannelContext, ChannelSink, SendContext } from "../../src/core/channel.ts";
import { AppError } from "../../src/core/errors.ts";
import { loadPackage } from "../../src/core/load-package.ts";
import type { OutboundMessage } from "../../src/core/message.ts";
import { tellUnauthorised } from "../_shared/alarm.ts";
import { createNumberedChoices } from "../_shared/numbered-choices.ts";
import { createPauses } from "../_shared/pauses.ts";
import type { Patience } from "../_shared/reconnect.ts";
import type { TwilioInbound } from "../_shared/twilio-inbound.ts";
import { createTwilioLine, type TwilioLineSettings } from "../_shared/twilio-line.ts";
import { keepMedia } from "../_shared/twilio-media.ts";
import { formatHint, reconcileParts } from "../_shared/twilio-reconcile.ts";
import { sendParts, type TwilioOutbound } from "../_shared/twilio-send.ts";
import type { TwilioOptions } from "./config.ts";
import { twilioTraits } from "./traits.ts";
import { formatTwilioNumber, parseChat, parseTwilioMessage } from "./twilio-parse.ts";
import { formatTwilioParts, formatTwilioTemplateParts } from "./twilio-parts.ts";
import { createWindows } from "./window.ts";

/** A WhatsApp sender of a Twilio account. */
export function createTwilioChannel(context: ChannelContext, options: TwilioOptions, patience: Patience): Channel {
  const { template } = options;
  const { state, now } = context;
  const hookUrl = options.webhookUrl ?? context.hookUrl;
  const settings: TwilioLineSettings = {
    account: options,
    from: `whatsapp:${options.from}`,
    hookUrl,
    pollSeconds: options.pollSeconds,
    patience,
    // Only the check of signatures: all of the SDK would take 33 MB.
    loadCheck: async () =>
      (await loadPackage("twilio", () => import("twilio/lib/webhooks/webhooks.js"))).validateRequest,
  };
  const windows = createWindows(state);
  const choices = createNumberedChoices(state, now);
  const pauses = createPauses("Twilio", now);

  async function receive(inbound: TwilioInbound, sink: ChannelSink, signal: AbortSignal): Promise<undefined> {
    if (inbound.from === settings.from || inbound.from === "") return;
    const chat = parseChat(inbound.from);
    // Before the message is handed over: its answer may go out at once.
    await windows.note(chat, inbound.sentAt, inbound.sid);
    const command = await choices.pick(chat, inbound.body);
    const kept = await keepMedia(inbound.media, options, context.files, signal);
    await sink.receive(parseTwilioMessage(inbound, { channel: context.name, command, ...kept }));
  }

  async function pickOutbound(message: OutboundMessage, isBegun: boolean): Promise<TwilioOutbound> {
    const { chat } = message.address;
    const to = formatTwilioNumber(chat);
    if (!(await windows.decideTemplate(chat, message.id, isBegun, now())))
      return { message, to, parts: formatTwilioParts(message, hookUrl !== undefined) };
    if (template?.contentSid === undefined)
      throw new AppError(
        "send-rejected",
        "This person has not written for 24 hours; WhatsApp then takes templates only, and none is configured.",
        { hint: "Set `template.contentSid` of the channel to one that is approved, with one variable for the text." },
      );
    return { message, to, parts: formatTwilioTemplateParts(message, template.contentSid) };
  }

  const line = createTwilioLine(settings, context, receive);

  return {
    traits: twilioTraits,
    start: (sink, signal) => line.run(sink, signal),
    ...(hookUrl === undefined ? {} : { webhook: (request: Request) => line.webhook(request) }),
    send: tellUnauthorised(async (message: OutboundMessage, delivery: SendContext) => {
      const { chat } = message.address;
      const outbound = await pickOutbound(message, delivery.sentParts.length > 0);
      await choices.close(chat);
      const sent = await sendParts(outbound, delivery, settings, context, pauses);
      await choices.open(chat, message.choices ?? []);
      return sent;
    }, line.lookUpNow),
    reconcileHint: () => formatHint(now()),
    async reconcile(message, delivery) {
      const { chat } = message.address;
      // The attempt in doubt has decided; asking does not decide anew.
      const contentSid = (await state.get(`reopened:${chat}`)) === message.id ? template?.contentSid : undefined;
      const parts =
        contentSid === undefined
          ? formatTwilioParts(message, hookUrl !== undefined)
          : formatTwilioTemplateParts(message, contentSid);
      return reconcileParts({ message, to: formatTwilioNumber(chat), parts }, delivery, options, state, now());
    },
    openDirect: async (personId) => ({ channel: context.name, chat: personId.slice(context.name.length + 1) }),
  };
}
