import { afterEach, describe, expect, it } from "vitest";
import { ButtonStyle, Client, Events, GatewayIntentBits, Partials, type ClientOptions, type Message } from "discord.js";
import { waitUntil } from "../../doubles/channel-context.ts";
import { createFakeDiscord, type FakeDiscord, type FakeDiscordSettings } from "../../doubles/fake-discord.ts";
import { findFault, type SchemaName } from "../../doubles/fake-discord-schema.ts";

/*
 * The fake is checked by what others wrote: Discord's own document for its answers, and discord.js, which knows the real
 * gateway, as its client.
 */

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function start(settings: FakeDiscordSettings = {}): Promise<FakeDiscord> {
  const fake = await createFakeDiscord(settings);
  cleanups.push(() => fake.stop());
  return fake;
}

async function call(fake: FakeDiscord, path: string, init: RequestInit = {}): Promise<unknown> {
  const headers = { authorization: `Bot ${fake.token}`, "content-type": "application/json" };
  return (await fetch(fake.url + path, { ...init, headers })).json();
}

describe("the fake's HTTP API", () => {
  it("answers as Discord's document says", async () => {
    const fake = await start();
    const { world } = fake;
    fake.say({ text: "hello", file: { name: "a.txt", content: Buffer.from("a") } });
    const post = { method: "POST", body: JSON.stringify({ content: "hi", nonce: "n", enforce_nonce: true }) };
    const command = [{ name: "help", description: "Helps.", type: 1, options: [] }];
    const answers: readonly (readonly [SchemaName, unknown])[] = [
      ["a user", await call(fake, "/users/@me")],
      ["a user", await call(fake, `/users/${world.ada.id}`)],
      ["an application", await call(fake, "/applications/@me")],
      ["a gateway", await call(fake, "/gateway/bot")],
      ["a channel", await call(fake, `/channels/${world.general}`)],
      ["a channel", await call(fake, `/channels/${world.thread}`)],
      ["a channel", await call(fake, `/channels/${world.direct}`)],
      ["a member", await call(fake, `/guilds/${world.guildId}/members/${world.bot.id}`)],
      ["a message", await call(fake, `/channels/${world.direct}/messages`, post)],
      ...((await call(fake, `/channels/${world.direct}/messages`)) as unknown[]).map(
        (message): readonly [SchemaName, unknown] => ["a message", message],
      ),
      ...(
        (await call(fake, `/applications/${world.applicationId}/commands`, {
          method: "PUT",
          body: JSON.stringify(command),
        })) as unknown[]
      ).map((offered): readonly [SchemaName, unknown] => ["an offered command", offered]),
    ];
    expect(answers).toHaveLength(12);
    expect(answers.map(([name, answer]) => findFault(name, answer)).filter(Boolean)).toEqual([]);
  });

  it("refuses bodies that the document does not know", async () => {
    const fake = await start();
    const post = (body: object): Promise<unknown> =>
      call(fake, `/channels/${fake.world.direct}/messages`, { method: "POST", body: JSON.stringify(body) });
    expect(await post({ content: "x", unheard_of: 1 })).toMatchObject({ code: 50_035 });
    expect(await post({ content: "x", nonce: "n".repeat(26) })).toMatchObject({ code: 50_035 });
    expect(await post({ content: "x".repeat(2_001) })).toMatchObject({ code: 50_035 });
    expect(await post({ content: " " })).toMatchObject({ code: 50_006 });
    expect(fake.routes.faults).toHaveLength(2);
  });
});

describe("the fake's gateway, with discord.js as its client", () => {
  async function login(fake: FakeDiscord): Promise<{ client: Client; heard: string[] }> {
    const options: ClientOptions = {
      rest: { api: fake.url.replace("/v10", ""), version: "10" },
      partials: [Partials.Channel, Partials.Message, Partials.Reaction],
      intents: [
        GatewayIntentBits.Guilds,
        GatewayIntentBits.GuildMessages,
        GatewayIntentBits.MessageContent,
        GatewayIntentBits.DirectMessages,
        GatewayIntentBits.DirectMessageReactions,
      ],
    };
    const client = new Client(options);
    const heard: string[] = [];
    client.on(Events.MessageCreate, (message: Message) => void heard.push(message.content));
    const ready = new Promise((resolve) => client.once(Events.ClientReady, resolve));
    cleanups.push(() => client.destroy());
    await client.login(fake.token);
    await ready;
    return { client, heard };
  }

  it("logs it in, shows it the server, and carries messages both ways", async () => {
    const fake = await start();
    const { client, heard } = await login(fake);
    expect(client.user?.id).toBe(fake.world.bot.id);
    expect(client.guilds.cache.get(fake.world.guildId)?.channels.cache.has(fake.world.thread)).toBe(true);
    client.on(Events.MessageCreate, (message) => void (message.author.bot || message.reply("yes?")));
    fake.say({ text: "in private" });
    fake.say({ channel: fake.world.thread, text: "in a thread" });
    await waitUntil(() => fake.sent().length === 2);
    expect(heard).toContain("in private");
    expect(fake.sent().map(({ channel_id: id }) => id)).toEqual([fake.world.direct, fake.world.thread]);
  });

  it("gives it slash commands and presses", async () => {
    // discord.js sends keys along that Discord's document does not have.
    const fake = await start({ allowsUnknownKeys: true });
    const { client } = await login(fake);
    await client.application?.commands.set([{ name: "help", description: "Helps." }]);
    client.on(Events.InteractionCreate, (interaction) => {
      if (interaction.isChatInputCommand()) {
        const button = { type: 2, style: ButtonStyle.Primary, label: "More", customId: "more" } as const;
        void interaction
          .deferReply()
          .then(() => interaction.editReply({ content: "here", components: [{ type: 1, components: [button] }] }));
      } else if (interaction.isButton()) void interaction.deferUpdate();
    });
    const use = fake.use("help", []);
    await waitUntil(() => fake.sent().some(({ content }) => content === "here"));
    expect(use.callback).toBe(5);
    const press = fake.press("More");
    await waitUntil(() => press.callback === 6);
  });

  it("lets it resume, and replays what it missed", async () => {
    const fake = await start();
    const { heard } = await login(fake);
    fake.gateway.drop("cut");
    await waitUntil(() => fake.gateway.connections() === 0);
    fake.say({ text: "while it was away" });
    await waitUntil(() => heard.includes("while it was away"), 10_000);
    expect(fake.gateway.resumes).toHaveLength(1);
    expect(fake.gateway.identifies).toHaveLength(1);
  }, 15_000);
});
