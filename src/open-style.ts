import type { LoadedConfig } from "../config/load.ts";
import type { EmailOptions } from "../channels/email/config.ts";
import { AppError } from "./core/errors.ts";
import { pickNearest } from "./core/nearest.ts";
import type { OwnMessage, StyleProfile } from "./core/style.ts";
import { openForCommands, type CommandStore } from "./open-store.ts";
import { styleFacts, type Consent } from "./pipeline/desk/known-manner.ts";
import { forgetOwnHistory, takeOwnHistory, type OwnHistory, type TakenHistory } from "./pipeline/desk/own-history.ts";
import { learnFromObservations } from "./style/learn.ts";

export type { OwnHistory };

const holdMs = 120_000;
const dayMs = 86_400_000;

/** What the store knows of the owner's manner, for commands beside a service that may be running. */
export interface CommandStyle {
  profile(): Promise<StyleProfile | undefined>;
  consent(): Promise<Consent | undefined>;
  sources(): ReturnType<CommandStore["cdc"]["countOwnMessages"]>;
  /** Throws AppError "conflict" while somebody else does so. */
  take(history: OwnHistory, by: string): Promise<TakenHistory>;
  /** Of one source, or all. Resolves with how many messages that were. Throws AppError as `take`. */
  forget(source: string | undefined, by: string): Promise<number>;
  close(): Promise<void>;
}

export async function openStyleForCommands(loaded: LoadedConfig): Promise<CommandStyle> {
  const store = await openForCommands(loaded);
  const now = Date.now;
  const deps = {
    store,
    now,
    learn: async (...seen: Parameters<typeof learnFromObservations>) => learnFromObservations(...seen),
  };

  async function alone<T>(work: () => Promise<T>): Promise<T> {
    await store.releaseDeadOwners();
    if (!(await store.takeNamedLease("style", store.owner, now(), holdMs)))
      throw new AppError("conflict", "Somebody else changes what is known of your manner right now.", {
        hint: "Try again when they are done.",
      });
    try {
      return await work();
    } finally {
      await store.releaseNamedLeases(store.owner);
    }
  }

  return {
    profile: async () => (await store.cdc.fact(styleFacts.profile)) as StyleProfile | undefined,
    consent: async () => (await store.cdc.fact(styleFacts.consent)) as Consent | undefined,
    sources: () => store.cdc.countOwnMessages(),
    take: (history, by) => alone(() => takeOwnHistory(deps, history, by)),
    forget: (source, by) => alone(() => forgetOwnHistory(deps, source, by)),
    close: () => store.close(),
  };
}

export interface AccountRequest {
  readonly channel: string;
  readonly days: number;
  readonly maxMessages: number;
  readonly signal: AbortSignal;
  readonly onProgress: (read: number, of: number) => void;
}

/**
 * What the owner has sent from a configured account, oldest first. Throws AppError: "not-found" for a channel that there
 * is not, "unsupported" where the platform cannot tell it, and what the account says.
 */
export async function readOwnAccount(
  { config }: LoadedConfig,
  request: AccountRequest,
): Promise<readonly OwnMessage[]> {
  const { channel: name, days, maxMessages, signal, onProgress } = request;
  const channel = config.channels[name];
  if (channel === undefined) {
    const nearest = pickNearest(name, Object.keys(config.channels));
    throw new AppError(
      "not-found",
      `There is no channel "${name}".`,
      nearest === undefined ? {} : { hint: `Did you mean "${nearest}"?` },
    );
  }
  if (channel.platform !== "email")
    throw new AppError("unsupported", `What you wrote on ${channel.platform} cannot be read from there.`, {
      hint: "Mail can. Of chats, export them on the platform, and give the file: parlance style import FILE.",
    });
  const { readOwnHistory } = await import("../channels/email/own-history.ts");
  const options = channel.options as EmailOptions;
  const since = Date.now() - days * dayMs;
  const messages: OwnMessage[] = [];
  for await (const each of readOwnHistory({ channel: name, options, since, maxMails: maxMessages, signal, onProgress }))
    messages.push(each);
  return messages;
}
