import type { Channel, ChannelContext } from "../../src/core/channel.ts";
import type { Patience } from "../_shared/reconnect.ts";
import { createBlueBubbles } from "./bluebubbles.ts";
import { isBlueBubbles, type IMessageOptions } from "./config.ts";
import { createOsascript } from "./osascript.ts";

export { optionsSchema } from "./config.ts";

/** An Apple account: by a BlueBubbles server, or on this Mac. See README.md for the quirks. */
export function createChannel(context: ChannelContext<IMessageOptions>, patience: Patience = {}): Channel {
  const { options } = context;
  return isBlueBubbles(options) ? createBlueBubbles(context, options, patience) : createOsascript(context);
}
