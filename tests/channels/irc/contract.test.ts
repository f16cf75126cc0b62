import { createChannel, optionsSchema, patience } from "../../../channels/irc/index.ts";
import { stripFormatting } from "../../../channels/irc/parse.ts";
import { describeChannel } from "../../contracts/channel.ts";
import { refusedMs } from "../../contracts/channel-harness.ts";
import { createChannelContext, createTestDisk } from "../../doubles/channel-context.ts";
import { createFakeServer } from "./fake-server.ts";

describeChannel("irc", async () => {
  const password = "password-of-the-account";
  const server = await createFakeServer({ saslPassword: password });
  const disk = createTestDisk();
  const options = optionsSchema.parse({
    host: "127.0.0.1",
    port: server.port,
    tls: false,
    nick: "parlance",
    channels: ["#ops"],
    linesPerSecond: 1000,
    sasl: { account: "parlance", password },
  });
  return {
    name: "irc",
    files: disk.files,
    groups: true,
    maxPartLength: 350,
    create: (isListening) =>
      createChannel(createChannelContext(options, { name: "irc", disk, isListening }), { ...patience, refusedMs }),
    drop: () => server.drop(),
    async revoke() {
      server.changePassword("another-password");
      server.drop();
    },
    restore: async () => server.changePassword(password),
    attempts: () => server.connections,
    async deliver({ from, place, text, isMention }) {
      const sender = from === "self" ? `${server.nick}!bot@host` : "ada!~ada@host.example.org";
      const target = place === "direct" ? server.nick : "#ops";
      server.write(
        `:${sender} PRIVMSG ${target} :${place === "group" && isMention === true ? `parlance: ${text}` : text}`,
      );
    },
    received: () =>
      server.delivered.map(({ target, text }) => ({
        chat: target.startsWith("#") ? target : `${target}!~ada@host.example.org`,
        text: stripFormatting(text),
        files: [],
      })),
    failSend: {
      "cut-after-accept": (skip) => server.cut(skip, true),
      "cut-before-accept": (skip) => server.cut(skip, false),
    },
    async close() {
      await server.close();
      await disk.remove();
    },
  };
});
