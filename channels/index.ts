import type { core } from "zod";
import type { ChannelContext, ChannelSetup, ChannelTraits, CreateChannel } from "../src/core/channel.ts";

/** A platform that can be configured. Its parts are loaded on demand: an unused platform costs nothing. */
export interface Platform {
  /** The adapter, with whatever SDK it needs. */
  load(): Promise<{
    readonly createChannel: (context: ChannelContext<never>) => ReturnType<CreateChannel>;
  }>;
  /** What may stand under `channels.<name>` besides the keys that every channel has. Light: no SDK. */
  options(): Promise<{ readonly optionsSchema: core.$ZodType }>;
  /** What it can do, for tables. No SDK. */
  traits(): Promise<{ readonly traits: ChannelTraits }>;
  /** How it is set up. No SDK before the check. */
  setup(): Promise<{ readonly setup: ChannelSetup }>;
}

export type PlatformRegistry = Readonly<Record<string, Platform>>;

/** The only list of platforms. */
export const platforms: PlatformRegistry = {
  webchat: {
    load: () => import("./webchat/index.ts"),
    options: () => import("./webchat/config.ts"),
    traits: () => import("./webchat/traits.ts"),
    setup: () => import("./webchat/setup.ts"),
  },
  webhook: {
    load: () => import("./webhook/index.ts"),
    options: () => import("./webhook/config.ts"),
    traits: () => import("./webhook/traits.ts"),
    setup: () => import("./webhook/setup.ts"),
  },
  telegram: {
    load: () => import("./telegram/index.ts"),
    options: () => import("./telegram/config.ts"),
    traits: () => import("./telegram/traits.ts"),
    setup: () => import("./telegram/setup.ts"),
  },
  email: {
    load: () => import("./email/index.ts"),
    options: () => import("./email/config.ts"),
    traits: () => import("./email/traits.ts"),
    setup: () => import("./email/setup.ts"),
  },
  irc: {
    load: () => import("./irc/index.ts"),
    options: () => import("./irc/config.ts"),
    traits: () => import("./irc/traits.ts"),
    setup: () => import("./irc/setup.ts"),
  },
  sms: {
    load: () => import("./sms/index.ts"),
    options: () => import("./sms/config.ts"),
    traits: () => import("./sms/traits.ts"),
    setup: () => import("./sms/setup.ts"),
  },
  whatsapp: {
    load: () => import("./whatsapp/index.ts"),
    options: () => import("./whatsapp/config.ts"),
    traits: () => import("./whatsapp/traits.ts"),
    setup: () => import("./whatsapp/setup.ts"),
  },
  discord: {
    load: () => import("./discord/index.ts"),
    options: () => import("./discord/config.ts"),
    traits: () => import("./discord/traits.ts"),
    setup: () => import("./discord/setup.ts"),
  },
  slack: {
    load: () => import("./slack/index.ts"),
    options: () => import("./slack/config.ts"),
    traits: () => import("./slack/traits.ts"),
    setup: () => import("./slack/setup.ts"),
  },
  signal: {
    load: () => import("./signal/index.ts"),
    options: () => import("./signal/config.ts"),
    traits: () => import("./signal/traits.ts"),
    setup: () => import("./signal/setup.ts"),
  },
  teams: {
    load: () => import("./teams/index.ts"),
    options: () => import("./teams/config.ts"),
    traits: () => import("./teams/traits.ts"),
    setup: () => import("./teams/setup.ts"),
  },
  matrix: {
    load: () => import("./matrix/index.ts"),
    options: () => import("./matrix/config.ts"),
    traits: () => import("./matrix/traits.ts"),
    setup: () => import("./matrix/setup.ts"),
  },
  imessage: {
    load: () => import("./imessage/index.ts"),
    options: () => import("./imessage/config.ts"),
    traits: () => import("./imessage/traits.ts"),
    setup: () => import("./imessage/setup.ts"),
  },
};

/** The adapter of a configured platform. The options given to it must have passed the platform's own schema. */
export async function loadChannel(platform: string, registry: PlatformRegistry = platforms): Promise<CreateChannel> {
  const entry = Object.hasOwn(registry, platform) ? registry[platform] : undefined;
  if (entry === undefined)
    throw new Error(`No platform "${platform}": the configuration lets none but known ones pass.`);
  const { createChannel } = await entry.load();
  return createChannel as CreateChannel;
}
