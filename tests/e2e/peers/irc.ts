import { setTimeout as sleep } from "node:timers/promises";
import { createFakeServer } from "../../channels/irc/fake-server.ts";
import { listOthers } from "../../doubles/recorded-requests.ts";
import type { CreatePeer } from "./peer.ts";

/** Who is not in the room hears nothing of it, and being there is seen. */
const unseen = [/^(?:CAP|NICK|USER|PING|PONG|WHOIS)\b/, /^JOIN #ops$/, /^QUIT ?$/];

/**
 * IRC keeps nothing for who is away, and confirms nothing. So people speak while the bot is there, and say it again when
 * it left before it can have read them.
 */
export const createIrcPeer: CreatePeer = async ({ people: [first = 1], isStored }) => {
  const server = await createFakeServer();

  /** To the bot itself, under the nick that it has by then, or to a room. */
  async function write(person: number, room: string | undefined, line: string, words = line): Promise<void> {
    const until = Date.now() + 60_000;
    while (!isStored(words)) {
      if (Date.now() > until) throw new Error("Nobody heard it for a minute.");
      if (!server.isJoined) await sleep(20);
      else {
        const { connections } = server;
        server.write(`${maskOf(person)} PRIVMSG ${room ?? server.nick} :${line}`);
        while (server.isJoined && server.connections === connections && !isStored(words)) await sleep(20);
      }
    }
  }

  return {
    channel: {
      platform: "irc",
      host: "127.0.0.1",
      port: server.port,
      tls: false,
      nick: "parlance",
      channels: ["#ops"],
      linesPerSecond: 1_000,
    },
    say: (person, text) => write(person, undefined, text),
    received: () => server.delivered.map(({ target, text }) => ({ person: Number(target.slice(1)), text })),
    async stir(mark) {
      await write(first, "#ops", `${mark} in a room`);
      const from = maskOf(first);
      for (const request of ["VERSION", "TIME", `PING ${mark}`])
        server.write(`${from} PRIVMSG ${server.nick} :\u0001${request}\u0001`);
      server.write(`${from} NOTICE ${server.nick} :${mark} a notice`);
      server.write(`${from} INVITE ${server.nick} #elsewhere`);
      await write(first, "#ops", `parlance: ${mark} to us`, `${mark} to us`);
      await write(first, "#ops", `\u0001ACTION waves ${mark}\u0001`, `waves ${mark}`);
      return [`${mark} in a room`, `${mark} to us`, `waves ${mark}`];
    },
    shown: () =>
      listOthers(
        server.lines.map(({ line }) => line),
        unseen,
      ),
    close: () => server.close(),
  };
};

function maskOf(person: number): string {
  return `:p${person}!~p${person}@host.example.org`;
}
