import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { createChannel, optionsSchema } from "../../../channels/irc/index.ts";
import {
  createChannelContext,
  createRecordingSink,
  createSendContext,
  outbound,
} from "../../doubles/channel-context.ts";
import { connectRawClient, type RawClient } from "./raw-client.ts";
import { startServerWithAccounts, type ServerWithAccounts } from "./start-inspircd.ts";

let server: ServerWithAccounts;
const ends: (() => unknown)[] = [];

beforeAll(async () => {
  server = await startServerWithAccounts();
  await server.register("parlance", "bot-secret");
  await server.register("ada", "ada-secret");
});
afterAll(() => server.stop());
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

function startBot(password: string) {
  const options = optionsSchema.parse({
    host: "127.0.0.1",
    port: server.port,
    tls: false,
    nick: "parlance",
    channels: ["#ops"],
    linesPerSecond: 100,
    sasl: { account: "parlance", password },
  });
  const channel = createChannel(createChannelContext(options, { name: "irc" }));
  const sink = createRecordingSink();
  const aborting = new AbortController();
  const ended = channel.start(sink, aborting.signal);
  ends.push(async () => {
    aborting.abort();
    await ended.catch(() => undefined);
  });
  return { channel, sink, ended };
}

async function person(nick: string): Promise<RawClient> {
  const client = await connectRawClient(server.port, nick);
  ends.push(() => client.close());
  return client;
}

it("logs in by SASL before it is on the network", async () => {
  const { sink } = startBot("bot-secret");
  await sink.waitForState("up", 20_000);
  const bob = await person("bob");
  bob.write("WHOIS parlance");
  await bob.waitFor(/ 330 bob parlance parlance /);
});

it("says that the password is wrong, once, and does not try again and again", async () => {
  const { sink, ended } = startBot("wrong");
  await expect(ended).rejects.toMatchObject({ code: "unauthorised", retryAfterMs: undefined });
  expect(sink.states.map(({ state }) => state)).not.toContain("up");
});

it("knows people by their account, whatever they call themselves", async () => {
  const { channel, sink } = startBot("bot-secret");
  await sink.waitForState("up", 20_000);
  const ada = await person("ada_");
  ada.write("PRIVMSG NickServ :IDENTIFY ada ada-secret");
  await ada.waitFor(/NickServ.*(?:identified|logged in)/);
  ada.write("PRIVMSG parlance :it is me");
  const [first] = await sink.waitFor(1);
  ada.write("NICK countess");
  await ada.waitFor(/ NICK :?countess/);
  ada.write("PRIVMSG parlance :still me");
  const [, second] = await sink.waitFor(2);
  expect(first?.sender.id).toBe("irc:account:ada");
  expect(second?.sender).toMatchObject({ id: "irc:account:ada", name: "countess" });
  expect(second?.address).toEqual(first?.address);
  if (second === undefined) return;
  await channel.send(outbound(second.address, "hello, countess"), createSendContext());
  await ada.waitFor(/PRIVMSG countess :hello, countess/);

  // Somebody who takes the name they gave up is somebody else.
  const other = await person("ada_");
  other.write("PRIVMSG parlance :me too");
  const [, , third] = await sink.waitFor(3);
  expect(third?.sender.id).not.toBe("irc:account:ada");
});
