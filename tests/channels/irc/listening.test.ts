import { afterEach, expect, it } from "vitest";
import { createChannel } from "../../../channels/irc/index.ts";
import { optionsSchema } from "../../../channels/irc/config.ts";
import { createChannelContext, createRecordingSink, waitUntil } from "../../doubles/channel-context.ts";
import { createFakeServer, type FakeServer } from "./fake-server.ts";

let server: FakeServer;
afterEach(() => server.close());

async function run(isListening: () => boolean): Promise<() => Promise<void>> {
  const options = { host: "127.0.0.1", port: server.port, tls: false, nick: "parlance", channels: ["#ops"] };
  const channel = createChannel(createChannelContext(optionsSchema.parse(options), { name: "irc", isListening }));
  const sink = createRecordingSink();
  const stop = new AbortController();
  const ended = channel.start(sink, stop.signal);
  await sink.waitForState("up");
  return async () => {
    stop.abort();
    await ended;
  };
}

const lines = (): readonly string[] => server.lines.map(({ line }) => line);

it("changes its nick in front of nobody while it only listens", async () => {
  server = await createFakeServer({ takenNicks: ["parlance"] });
  let isListening = true;
  const stop = await run(() => isListening);
  server.freeNick("parlance");
  server.write(":parlance!x@y QUIT :gone");
  server.write("PING :marker");
  await waitUntil(() => lines().some((line) => line.startsWith("PONG") && line.includes("marker")));
  expect(server.nick).toBe("parlance_");
  isListening = false;
  server.write(":parlance!x@y QUIT :gone");
  await waitUntil(() => server.nick === "parlance");
  await stop();
});

it.each([
  [true, /^QUIT ?$/],
  [false, /^QUIT :Good bye$/],
] as const)("leaves without a word exactly while it only listens: %s", async (isListening, words) => {
  server = await createFakeServer();
  const stop = await run(() => isListening);
  await stop();
  await waitUntil(() => lines().some((line) => line.startsWith("QUIT")));
  expect(lines().find((line) => line.startsWith("QUIT"))).toMatch(words);
});
