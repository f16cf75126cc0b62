import { expect } from "vitest";
import { optionsSchema } from "../../../channels/discord/config.ts";
import { createChannel } from "../../../channels/discord/index.ts";
import { describeChannel, type ChannelHarness } from "../../contracts/channel.ts";
import { refusedMs } from "../../contracts/channel-harness.ts";
import { createChannelContext, createTestDisk, waitUntil } from "../../doubles/channel-context.ts";
import { createRunningClock } from "../../doubles/fake-clock.ts";
import { createFakeDiscord, type FakeDiscord, type FakeMessage } from "../../doubles/fake-discord.ts";

async function createHarness(): Promise<ChannelHarness> {
  const fake = await createFakeDiscord();
  const { world } = fake;
  const disk = createTestDisk();
  const clock = createRunningClock();
  const options = optionsSchema.parse({ token: fake.token, restUrl: fake.url });
  let last: FakeMessage | undefined;
  const places = { direct: world.direct, group: world.general, thread: world.thread };
  const lastMessage = (): FakeMessage => {
    if (last === undefined) throw new Error("Nothing was said yet.");
    return last;
  };
  const failSend =
    (how: "429" | "500" | "cut-after-accept" | "cut-before-accept") =>
    (skip: number, waitMs = 20) =>
      fake.failNext("POST /channels/*/messages", how, { skip, retryAfterS: waitMs / 1_000 });

  return {
    name: "disc",
    files: disk.files,
    groups: true,
    repeatsByItself: true,
    create: (isListening) =>
      createChannel(createChannelContext(options, { name: "disc", disk, now: clock.now, isListening }), { refusedMs }),
    createAgainst: (restUrl) => createChannel(createChannelContext({ ...options, restUrl }, { name: "disc" })),
    advance: clock.advance,
    revoke: async () => fake.revokeToken(),
    restore: async () => fake.restoreToken(),
    attempts: () => fake.requests.length,
    drop: () => fake.gateway.drop("cut"),
    async deliver({ from, place, text, isMention, file }) {
      last = fake.say({
        from: from === "self" ? world.bot : world.ada,
        channel: places[place],
        text,
        isMention: isMention === true && place !== "direct",
        ...(file === undefined ? {} : { file }),
      });
    },
    async redeliver() {
      fake.repeat(lastMessage());
    },
    // What the bot "said" for the tests of echoes is not the adapter's.
    received: () =>
      fake
        .sent()
        .filter(({ content }) => content !== "my own words")
        .map(describeSent(fake)),
    failSend: {
      "rate-limited": failSend("429"),
      unavailable: failSend("500"),
      "cut-after-accept": failSend("cut-after-accept"),
      "cut-before-accept": failSend("cut-before-accept"),
    },
    async press(label) {
      const interaction = fake.press(label);
      // As a person would see it: without this word the button shows a failure.
      await waitUntil(() => interaction.callback === 6);
    },
    async revise(text) {
      fake.edit(lastMessage(), text);
    },
    async takeBack() {
      fake.remove(lastMessage());
    },
    async reactToUs(emoji) {
      const message = fake.sent().at(-1);
      if (message !== undefined) fake.react(message, emoji);
    },
    offeredCommands: () => fake.routes.commands.map(({ name }) => String(name)),
    async useCommand(name, argument) {
      const interaction = fake.use(name, [argument]);
      await waitUntil(() => interaction.callback === 5);
    },
    async deliverWhileAway({ text }) {
      // Longer away than a session lives: only history knows.
      fake.gateway.expireSessions();
      last = fake.say({ text });
    },
    async close() {
      await fake.stop();
      await disk.remove();
      expect(fake.routes.faults).toEqual([]);
    },
  };
}

function describeSent({ world }: FakeDiscord): (sent: FakeMessage) => ReturnType<ChannelHarness["received"]>[number] {
  return ({ channel_id: id, content, attachments }) => {
    const channel = world.channels.get(id);
    return {
      chat: channel?.type === 11 ? String(channel.parent_id) : id,
      ...(channel?.type === 11 ? { thread: id } : {}),
      text: content.replaceAll(/\\(?=[*_~`|\\])/g, ""),
      files: attachments.map(({ filename, url }) => ({
        name: filename,
        content: world.files.get(new URL(url).pathname) ?? Buffer.alloc(0),
      })),
    };
  };
}

describeChannel("discord", createHarness);
