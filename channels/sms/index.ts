import type { Channel, ChannelContext, SendContext } from "../../src/core/channel.ts";
import { AppError } from "../../src/core/errors.ts";
import { loadPackage } from "../../src/core/load-package.ts";
import type { OutboundMessage } from "../../src/core/message.ts";
import { tellUnauthorised } from "../_shared/alarm.ts";
import { createNumberedChoices } from "../_shared/numbered-choices.ts";
import { createPauses } from "../_shared/pauses.ts";
import type { Patience } from "../_shared/reconnect.ts";
import { createTwilioLine, type TwilioLineSettings } from "../_shared/twilio-line.ts";
import { formatHint, reconcileParts } from "../_shared/twilio-reconcile.ts";
import { sendParts } from "../_shared/twilio-send.ts";
import type { SmsOptions } from "./config.ts";
import { formatParts, type SmsParts } from "./format.ts";
import { createOptOuts } from "./opt-outs.ts";
import { pickCost } from "./price.ts";
import { receiveSms } from "./receive.ts";
import { traits } from "./traits.ts";

export { optionsSchema } from "./config.ts";

/** A number, or a Messaging Service, of a Twilio account. See README.md for the quirks. */
export function createChannel(context: ChannelContext<SmsOptions>, patience: Patience = {}): Channel {
  const { options, state, log, now } = context;
  const account = options;
  const hookUrl = options.webhookUrl ?? context.hookUrl;
  const settings: TwilioLineSettings = {
    account,
    from: options.from,
    messagingServiceSid: options.messagingServiceSid,
    hookUrl,
    pollSeconds: options.pollSeconds,
    patience,
    // Only the check of signatures: all of the SDK would take 33 MB.
    loadCheck: async () =>
      (await loadPackage("twilio", () => import("twilio/lib/webhooks/webhooks.js"))).validateRequest,
  };
  const choices = createNumberedChoices(state, now);
  const optOuts = createOptOuts(state);
  const pauses = createPauses("Twilio", now);
  const line = createTwilioLine(settings, context, (inbound, sink, signal) =>
    receiveSms(inbound, sink, signal, { context, account, optOuts, choices }),
  );

  const format = (message: OutboundMessage): SmsParts =>
    formatParts(message, { ...options, canSendFiles: options.mms && hookUrl !== undefined });

  function logCost(id: string, { segments, files, isCut }: SmsParts): void {
    const price = pickCost(segments, options.segmentPrice);
    const cost = price === undefined ? {} : { cost: price.amount, currency: price.currency };
    log.info({ outbound: id, segments, ...(files === 0 ? {} : { files }), ...cost }, "A reply went out by SMS");
    if (isCut)
      log.warn({ outbound: id, maxSegments: options.maxSegments }, "A reply was longer than maxSegments and was cut");
  }

  return {
    traits,
    start: (sink, signal) => line.run(sink, signal),
    ...(hookUrl === undefined ? {} : { webhook: (request: Request) => line.webhook(request) }),
    send: tellUnauthorised(async (message: OutboundMessage, delivery: SendContext) => {
      const to = message.address.chat;
      if (await optOuts.has(to))
        throw new AppError(
          "send-rejected",
          "This person has opted out by STOP, and gets nothing until they send START.",
        );
      const formatted = format(message);
      await choices.close(to);
      const outbound = { message, to, parts: formatted.parts };
      const sent = await sendParts(outbound, delivery, settings, context, pauses, async ({ code }) => {
        if (code === 21610) await optOuts.note(to, true, now());
      });
      await choices.open(to, message.choices ?? []);
      logCost(message.id, formatted);
      return sent;
    }, line.lookUpNow),
    reconcileHint: () => formatHint(now()),
    reconcile: (message, delivery) =>
      reconcileParts(
        { message, to: message.address.chat, parts: format(message).parts },
        delivery,
        account,
        state,
        now(),
      ),
    openDirect: async (personId) => ({ channel: context.name, chat: personId.slice(context.name.length + 1) }),
  };
}
