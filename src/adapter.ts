import { loadChannel } from "../channels/index.ts";
import type { Config } from "../config/schema.ts";
import type { Channel, ChannelContext, FileStore } from "./core/channel.ts";
import type { Logger } from "./core/log.ts";
import { chatCommands } from "./pipeline/commands/index.ts";
import type { OpenStore } from "./store/index.ts";

export interface AdapterParts {
  readonly config: () => Config;
  readonly store: OpenStore;
  readonly files: FileStore;
  readonly log: Logger;
  readonly now: () => number;
}

/** Makes the adapter of a configured channel, with all that it is given. Loads the platform's code on first use. */
export function createAdapterMaker({
  config,
  store,
  files,
  log,
  now,
}: AdapterParts): (name: string) => Promise<Channel> {
  return async function createAdapter(name) {
    const channel = config().channels[name];
    if (channel === undefined) throw new Error(`channel ${name} is not configured`);
    const create = await loadChannel(channel.platform);
    const { publicUrl } = config().http;
    const context: ChannelContext = {
      name,
      options: channel.options,
      log: log.child({ channel: name }),
      state: {
        get: (key) => store.channelState(name, key),
        set: (key, value) => store.write((transaction) => transaction.setChannelState(name, key, value)),
      },
      files,
      transcript: store.transcript(name),
      commands: chatCommands,
      isListening: () => config().channels[name]?.mode === "listen",
      ...(publicUrl === undefined ? {} : { hookUrl: formatHookUrl(publicUrl, name) }),
      now,
    };
    return create(context);
  };
}

/** Where platforms reach the hook of a channel; the public address may have a path of its own. */
function formatHookUrl(publicUrl: string, channel: string): string {
  return `${publicUrl.replace(/\/+$/, "")}/hooks/${channel}`;
}
