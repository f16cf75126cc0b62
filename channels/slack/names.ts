import type { ParseContext } from "./parse.ts";
import { callSlack, type SlackApi } from "./api.ts";

const validMs = 3_600_000;
/** After a failure, so that a missing scope is not asked for with every message. */
const retryMs = 5 * 60_000;
const maxEntries = 2_000;
/** Slack waits 3 s for its acknowledgement; a message without a name is better than a late one. */
const timeoutMs = 1_000;

interface Entry {
  readonly name?: string;
  readonly isBot: boolean;
  readonly until: number;
}

/** Names of people and rooms, which events give as ids only. Bounded, and forgotten after an hour. */
export interface Names {
  /** Ids that are not known, or not any more, are added to `asked`. */
  lookup(asked: Set<string>): ParseContext["names"];
  /** Asks Slack for them. Never throws: what cannot be had goes by its id. */
  learn(ids: ReadonlySet<string>, signal: AbortSignal): Promise<void>;
}

export function createNames(api: SlackApi, now: () => number): Names {
  const entries = new Map<string, Entry>();

  function find(id: string, asked: Set<string>): Entry | undefined {
    const entry = entries.get(id);
    if (entry === undefined || entry.until <= now()) asked.add(id);
    return entry;
  }

  function keep(id: string, entry: Entry): void {
    entries.delete(id);
    entries.set(id, entry);
    const [oldest] = entries.keys();
    if (entries.size > maxEntries && oldest !== undefined) entries.delete(oldest);
  }

  async function learnOne(id: string, signal: AbortSignal): Promise<void> {
    const options = { effect: "read", signal, timeoutMs } as const;
    try {
      const found = /^[UW]/.test(id)
        ? readUser(await callSlack(api, "users.info", { user: id }, options))
        : readRoom(await callSlack(api, "conversations.info", { channel: id }, options));
      keep(id, { ...found, until: now() + validMs });
    } catch {
      // An old name is better than none.
      keep(id, { isBot: false, ...entries.get(id), until: now() + retryMs });
    }
  }

  return {
    lookup: (asked) => ({
      person: (id) => find(id, asked)?.name,
      room: (id) => find(id, asked)?.name,
      isBot: (id) => entries.get(id)?.isBot ?? false,
    }),
    async learn(ids, signal) {
      const some = [...ids].filter((id) => /^[UWCG]/.test(id)).slice(0, 20);
      await Promise.all(some.map((id) => learnOne(id, signal)));
    },
  };
}

function readUser(result: {
  readonly user?: {
    readonly name?: string;
    readonly real_name?: string;
    readonly is_bot?: boolean;
    readonly profile?: { readonly display_name?: string; readonly real_name?: string };
  };
}): { name?: string; isBot: boolean } {
  const { user } = result;
  const name = [user?.profile?.display_name, user?.profile?.real_name, user?.real_name, user?.name].find(
    (each) => each !== undefined && each !== "",
  );
  return { ...(name === undefined ? {} : { name }), isBot: user?.is_bot === true };
}

function readRoom(result: { readonly channel?: { readonly name?: string } }): { name?: string; isBot: boolean } {
  const name = result.channel?.name;
  return { ...(name === undefined ? {} : { name }), isBot: false };
}
