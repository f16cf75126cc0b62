import type { core } from "zod";
import type { ChannelContext, CreateChannel } from "../src/core/channel.ts";

/** A platform that can be configured. Both parts are loaded on demand: an unused platform costs nothing. */
export interface Platform {
  /** The adapter, with whatever SDK it needs. */
  load(): Promise<{
    readonly createChannel: (context: ChannelContext<never>) => ReturnType<CreateChannel>;
  }>;
  /** What may stand under `channels.<name>` besides the keys that every channel has. Light: no SDK. */
  options(): Promise<{ readonly optionsSchema: core.$ZodType }>;
}

export type PlatformRegistry = Readonly<Record<string, Platform>>;

/** The only list of platforms. */
export const platforms: PlatformRegistry = {
  webchat: {
    load: () => import("./webchat/index.ts"),
    options: () => import("./webchat/config.ts"),
  },
  webhook: {
    load: () => import("./webhook/index.ts"),
    options: () => import("./webhook/config.ts"),
  },
  telegram: {
    load: () => import("./telegram/index.ts"),
    options: () => import("./telegram/config.ts"),
  },
  email: { load: () => import("./email/index.ts"), options: () => import("./email/config.ts") },
  irc: { load: () => import("./irc/index.ts"), options: () => import("./irc/config.ts") },
  sms: { load: () => import("./sms/index.ts"), options: () => import("./sms/config.ts") },
};

/** The adapter of a configured platform. The options given to it must have passed the platform's own schema. */
export async function loadChannel(platform: string, registry: PlatformRegistry = platforms): Promise<CreateChannel> {
  const entry = Object.hasOwn(registry, platform) ? registry[platform] : undefined;
  if (entry === undefined)
    throw new Error(`No platform "${platform}": the configuration lets none but known ones pass.`);
  const { createChannel } = await entry.load();
  return createChannel as CreateChannel;
}
