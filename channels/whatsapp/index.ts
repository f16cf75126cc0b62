import type { Channel, ChannelContext } from "../../src/core/channel.ts";
import { AppError } from "../../src/core/errors.ts";
import type { Patience } from "../_shared/reconnect.ts";
import { createCloudChannel } from "./cloud.ts";
import { isCloud, isTwilio, type WhatsAppOptions } from "./config.ts";
import { createTwilioChannel } from "./twilio.ts";

export { optionsSchema } from "./config.ts";

/** A WhatsApp number, by Meta's Cloud API or by Twilio. See README.md for the quirks. */
export function createChannel(context: ChannelContext<WhatsAppOptions>, patience: Patience = {}): Channel {
  const { options } = context;
  if (isTwilio(options)) return createTwilioChannel(context, options, patience);
  if (isCloud(options)) return createCloudChannel(context, options, patience);
  throw new AppError("config-invalid", "WhatsApp needs the keys of its transport.");
}
