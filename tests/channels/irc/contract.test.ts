import { createChannel, optionsSchema } from "../../../channels/irc/index.ts";
import { stripFormatting } from "../../../channels/irc/parse.ts";
import { describeChannel } from "../../contracts/channel.ts";
import { createChannelContext, createTestDisk } from "../../doubles/channel-context.ts";
import { createFakeServer } from "./fake-server.ts";

describeChannel("irc", async () => {
  const server = await createFakeServer();
  const disk = createTestDisk();
  const options = optionsSchema.parse({
    host: "127.0.0.1",
    port: server.port,
    tls: false,
    nick: "parlance",
    channels: ["#ops"],
    linesPerSecond: 1000,
  });
  return {
    name: "irc",
    files: disk.files,
    groups: true,
    maxPartLength: 350,
    create: (isListening) => createChannel(createChannelContext(options, { name: "irc", disk, isListening })),
    drop: () => server.drop(),
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
