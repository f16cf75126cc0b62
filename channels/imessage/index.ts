import type { ChannelContext, CreateChannel } from "../../src/core/channel.ts";
import { createBlueBubbles } from "./bluebubbles.ts";
import { isBlueBubbles, type IMessageOptions } from "./config.ts";
import { createOsascript } from "./osascript.ts";

export { optionsSchema } from "./config.ts";

/** An Apple account: by a BlueBubbles server, or on this Mac. See README.md for the quirks. */
export const createChannel: CreateChannel<IMessageOptions> = (context: ChannelContext<IMessageOptions>) =>
  isBlueBubbles(context.options) ? createBlueBubbles(context, context.options) : createOsascript(context);
