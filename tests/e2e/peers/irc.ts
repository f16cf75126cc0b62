import { setTimeout as sleep } from "node:timers/promises";
import { createFakeServer } from "../../channels/irc/fake-server.ts";
import type { CreatePeer } from "./peer.ts";

/**
 * IRC keeps nothing for who is away, and confirms nothing. So people speak while the bot is there, and say it again when
 * it left before it can have read them.
 */
export const createIrcPeer: CreatePeer = async ({ isStored }) => {
  const server = await createFakeServer();
  return {
    channel: {
      platform: "irc",
      host: "127.0.0.1",
      port: server.port,
      tls: false,
      nick: "parlance",
      linesPerSecond: 1_000,
    },
    async say(person, text) {
      const until = Date.now() + 60_000;
      while (!isStored(text)) {
        if (Date.now() > until) throw new Error("Nobody heard it for a minute.");
        if (!server.isJoined) await sleep(20);
        else {
          const { connections } = server;
          server.write(`:p${person}!~p${person}@host.example.org PRIVMSG ${server.nick} :${text}`);
          while (server.isJoined && server.connections === connections && !isStored(text)) await sleep(20);
        }
      }
    },
    received: () => server.delivered.map(({ target, text }) => ({ person: Number(target.slice(1)), text })),
    close: () => server.close(),
  };
};
