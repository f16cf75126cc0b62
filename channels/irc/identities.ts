import type { Client, WhoisEvent } from "irc-framework";
import { sleepUntilAborted } from "../_shared/reconnect.ts";
import { identityOf, type Identity } from "./parse.ts";

const trustMs = 60_000;
const whoisMs = 5_000;
const maxKnown = 2_000;

/** Finds out who is behind a nick. */
export interface Identities {
  /** Of somebody who wrote. `account` is the message's account tag. Never throws; without an answer it is the host. */
  ofSender(sender: {
    readonly nick: string;
    readonly ident: string;
    readonly hostname: string;
    readonly account?: string;
  }): Promise<Identity>;
  /** Who has the nick now; undefined: nobody, or the server does not answer. */
  ofNick(nick: string): Promise<Identity | undefined>;
}

interface Known {
  readonly mask: string;
  readonly identity: Identity;
  readonly at: number;
}

/**
 * Servers with the account-tag capability name the account with each message. Others are asked by WHOIS, and the answer
 * is believed for a minute, or until the nick is seen to change hands.
 */
export function createIdentities(client: Client, now: () => number, signal: AbortSignal): Identities {
  const known = new Map<string, Known>();
  const asked = new Map<string, PromiseWithResolvers<Known | undefined>>();
  const lower = (text: string): string => client.caseLower(text);
  const forget = ({ nick }: { readonly nick: string }): void => void known.delete(lower(nick));

  client.on("account", forget);
  client.on("quit", forget);
  client.on("part", forget);
  client.on("kick", ({ kicked }) => forget({ nick: kicked }));
  client.on("nick", (event) => {
    forget(event);
    forget({ nick: event.new_nick });
  });
  client.on("whois", (event) => {
    // At once, and not where the answer is awaited: the next line may already say that the nick changed hands.
    const answer = parseWhois(event, now());
    if (answer !== undefined) remember(event.nick, answer);
    asked.get(lower(event.nick))?.resolve(answer);
  });

  function remember(nick: string, entry: Known): void {
    if (known.size >= maxKnown) known.clear();
    known.set(lower(nick), entry);
  }

  async function whois(nick: string): Promise<Known | undefined> {
    const key = lower(nick);
    const running = asked.get(key);
    if (running !== undefined) return running.promise;
    const question = Promise.withResolvers<Known | undefined>();
    asked.set(key, question);
    const enough = new AbortController();
    client.raw(`WHOIS ${nick}`);
    void sleepUntilAborted(whoisMs, AbortSignal.any([signal, enough.signal])).then(() => question.resolve(undefined));
    try {
      return await question.promise;
    } finally {
      enough.abort();
      asked.delete(key);
    }
  }

  function recall(nick: string): Known | undefined {
    const entry = known.get(lower(nick));
    return entry !== undefined && now() - entry.at < trustMs ? entry : undefined;
  }

  return {
    async ofSender({ nick, ident, hostname, account }) {
      const byHost = identityOf(account, ident, hostname, false);
      if (account !== undefined || client.network.cap.isEnabled("account-tag")) return byHost;
      const mask = `${ident}@${hostname}`;
      const before = recall(nick);
      const found = before?.mask === mask ? before : await whois(nick);
      // Another mask: the nick changed hands between the message and the answer.
      return found?.mask === mask ? found.identity : byHost;
    },
    async ofNick(nick) {
      return (recall(nick) ?? (await whois(nick)))?.identity;
    },
  };
}

function parseWhois({ ident, hostname, account, bot, error }: WhoisEvent, at: number): Known | undefined {
  if (error !== undefined || ident === undefined || hostname === undefined) return undefined;
  return {
    mask: `${ident}@${hostname}`,
    identity: identityOf(account, ident, hostname, bot !== undefined),
    at,
  };
}
