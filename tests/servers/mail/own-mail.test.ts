import { ImapFlow } from "imapflow";
import MailComposer from "nodemailer/lib/mail-composer";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { InboundMessage } from "../../../src/core/message.ts";
import {
  createRecordingSink,
  createSendContext,
  createTestDisk,
  outbound,
  waitUntil,
} from "../../doubles/channel-context.ts";
import { startBot, type Bot } from "./bot.ts";
import { createPerson, freshAddress, type MailPerson } from "./person.ts";
import { startMailServers, type MailServers } from "./start.ts";

let servers: MailServers;
beforeAll(async () => {
  servers = await startMailServers();
});
afterAll(async () => servers?.stop());

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const never = new AbortController().signal;
const person = (name: string): MailPerson => createPerson(servers, freshAddress(name));
const start = (earlier?: Bot): Promise<Bot> => startBot(servers, cleanups, { earlier, pollMs: 200 });

/** The owner's own mail program: sends, and puts a copy into the Sent mailbox. Resolves with the id. */
async function sendByHand(
  address: string,
  mail: { readonly to: string; readonly subject: string; readonly text: string; readonly [field: string]: unknown },
): Promise<string> {
  const owner = createPerson(servers, address);
  const messageId = await owner.send(mail);
  const raw = await new MailComposer({ from: address, ...mail, messageId }).compile().build();
  await owner.append(raw.toString("latin1"), "Sent");
  return messageId.slice(1, -1);
}

/** Ada asks, and the bot has it. */
async function beAsked(bot: Bot, ada: MailPerson, subject: string): Promise<InboundMessage> {
  const before = bot.sink.messages.length;
  await ada.send({ to: bot.address, subject, text: "Where do we meet?" });
  const asked = (await bot.sink.waitFor(before + 1, 20_000)).at(-1);
  if (asked === undefined) throw new Error("no message");
  return asked;
}

interface StoredMail {
  readonly flags: readonly string[];
  readonly headers: string;
  readonly source: string;
}

async function listMailbox(address: string, mailbox: string): Promise<readonly StoredMail[] | "missing"> {
  const client = new ImapFlow({
    host: "localhost",
    port: servers.imapsPort,
    secure: true,
    auth: { user: address, pass: "pw" },
    tls: { ca: servers.ca },
    logger: false,
  });
  client.on("error", () => undefined);
  await client.connect();
  try {
    if (!(await client.list()).some(({ path }) => path === mailbox)) return "missing";
    const opened = await client.mailboxOpen(mailbox, { readOnly: true });
    if (opened.exists === 0) return [];
    const mails: StoredMail[] = [];
    for await (const { flags, headers, source } of client.fetch("1:*", { flags: true, headers: true, source: true }))
      mails.push({
        flags: [...(flags ?? [])].filter((flag) => flag !== "\\Recent").toSorted(),
        headers: String(headers),
        source: String(source),
      });
    return mails;
  } finally {
    client.close();
  }
}

describe("mail that the owner sends with another program", () => {
  it("is handed over once, as the owner's, in the thread that it answers", async () => {
    const bot = await start();
    const ada = person("ada");
    const asked = await beAsked(bot, ada, "Lunch");
    const sentId = await sendByHand(bot.address, {
      to: ada.address,
      subject: "Re: Lunch",
      inReplyTo: `<${asked.id}>`,
      references: `<${asked.id}>`,
      text: "At the bridge.\n\nOn Monday, Ada wrote:\n> Where do we meet?\n\n-- \nGrace\n",
    });
    const own = (await bot.sink.waitFor(2, 20_000))[1];
    expect(own).toEqual({
      id: sentId,
      address: asked.address,
      sender: { id: `mail:${bot.address}`, name: bot.address, isBot: false },
      text: "At the bridge.",
      attachments: [],
      replyToId: asked.id,
      isAddressed: false,
      isGroup: false,
      isOwn: true,
      kind: "message",
      sentAt: own?.sentAt,
      subject: "Re: Lunch",
    });
    // Ada's answer to it is in the same conversation, and ours goes to her.
    await ada.send({ to: bot.address, subject: "Re: Lunch", inReplyTo: `<${sentId}>`, text: "Fine." });
    const answer = (await bot.sink.waitFor(3, 20_000))[2];
    expect(answer).toMatchObject({ text: "Fine.", address: asked.address });
    await bot.channel.send(outbound(asked.address, "See you."), createSendContext());
    expect((await ada.waitFor(2)).map(({ text }) => text?.trim())).toContain("See you.");
    expect(bot.sink.receivedIds).toHaveLength(3);
  });

  it("opens a conversation of its own where it answers nothing, and answers to it come there", async () => {
    const bot = await start();
    const ada = person("ada");
    await sendByHand(bot.address, { to: `${ada.address}, bob@example.org`, subject: "Plan", text: "Shall we?" });
    const own = (await bot.sink.waitFor(1, 20_000))[0];
    expect(own).toMatchObject({ isOwn: true, isGroup: true, isAddressed: false, subject: "Plan" });
    expect(own?.replyToId).toBeUndefined();
    const [received] = await ada.waitFor(1);
    await ada.send({ to: bot.address, subject: "Re: Plan", inReplyTo: received?.messageId, text: "We shall." });
    const answer = (await bot.sink.waitFor(2, 20_000))[1];
    expect(answer?.address).toEqual(own?.address);
    expect(answer).not.toHaveProperty("isOwn");
  });

  it("belongs to the direct chat of the person it goes to, where we began that", async () => {
    const bot = await start();
    const ada = person("ada");
    const address = { channel: "mail", chat: `to:${ada.address}` };
    const [id = ""] = await bot.channel.send(outbound(address, "Hello"), createSendContext());
    await ada.waitFor(1);
    await sendByHand(bot.address, { to: ada.address, subject: "Re: Hello", inReplyTo: `<${id}>`, text: "by hand" });
    expect((await bot.sink.waitFor(1, 20_000))[0]).toMatchObject({ address, isOwn: true, text: "by hand" });
  });

  it("is neither what we sent, nor what machines sent in the owner's name, nor what only claims to be theirs", async () => {
    const bot = await start();
    const ada = person("ada");
    const asked = await beAsked(bot, ada, "Lunch");
    await bot.channel.send(outbound(asked.address, "ours"), createSendContext());
    const away = { to: ada.address, subject: "Re: Lunch", inReplyTo: `<${asked.id}>`, text: "on holiday" };
    await sendByHand(bot.address, { ...away, headers: { "Auto-Submitted": "auto-replied" } });
    // Somebody else's, in the INBOX, with our address in From.
    await ada.send({ ...away, from: bot.address, to: bot.address, text: "forged" });
    await createPerson(servers, bot.address).waitFor(2);
    await sendByHand(bot.address, { to: ada.address, subject: "end", text: "end" });
    await waitUntil(() => bot.sink.messages.some(({ text }) => text === "end"), 20_000);
    expect(bot.sink.messages.map(({ text, isOwn }) => [text, isOwn ?? false])).toEqual([
      ["Where do we meet?", false],
      ["end", true],
    ]);
    expect(await bot.channel.findOwnAnswer?.(asked, never)).toBeUndefined();
    expect(await listMailbox(bot.address, "Sent")).toMatchObject([{ flags: ["\\Seen"] }, {}, {}]);
  });

  it("is taken from where it was left: not from before the first start, all from while we were away", async () => {
    const address = freshAddress("bot");
    await sendByHand(address, { to: "ada@example.org", subject: "old", text: "years ago" });
    const first = await startBot(servers, cleanups, {
      earlier: { address, disk: createTestDisk(), sink: createRecordingSink() },
      pollMs: 200,
    });
    await first.stop();
    for (const text of ["one", "two", "three"])
      await sendByHand(address, { to: "ada@example.org", subject: text, text });
    first.sink.failNext(1);
    const second = await start(first);
    await second.sink.waitFor(3, 20_000);
    expect(second.sink.messages.map(({ text }) => text)).toEqual(["one", "two", "three"]);
    await second.stop();
    await start(second);
    await sendByHand(address, { to: "ada@example.org", subject: "four", text: "four" });
    await second.sink.waitFor(4, 20_000);
    // The one that could not be stored came twice, no other did.
    expect(second.sink.receivedIds).toHaveLength(5);
  });

  it("leaves Sent mail as unread as it was", async () => {
    const bot = await start();
    await sendByHand(bot.address, { to: "ada@example.org", subject: "unread", text: "unread" });
    await bot.sink.waitFor(1, 20_000);
    expect(await listMailbox(bot.address, "Sent")).toMatchObject([{ flags: [] }]);
  });

  it("keeps the INBOX going in both directions while Sent fills", async () => {
    const bot = await start();
    const ada = person("ada");
    const asks = Array.from({ length: 5 }, (_, index) => `ask ${index}`);
    await Promise.all([
      (async () => {
        for (const text of asks) await ada.send({ to: bot.address, subject: text, text });
      })(),
      (async () => {
        for (const text of asks) await sendByHand(bot.address, { to: ada.address, subject: text, text: `own ${text}` });
      })(),
    ]);
    await bot.sink.waitFor(10, 20_000);
    expect(bot.sink.messages.map(({ text }) => text).toSorted()).toEqual(
      [...asks, ...asks.map((text) => `own ${text}`)].toSorted(),
    );
    expect(bot.sink.receivedIds).toHaveLength(10);
  });

  it("is seen from the first on where the Sent mailbox is made later", async () => {
    const bot = await startBot(servers, cleanups, { change: { sentMailbox: "By hand" }, pollMs: 200, sent: "By hand" });
    const owner = createPerson(servers, bot.address);
    await owner.create("By hand");
    await owner.append(
      `From: ${bot.address}\nTo: ada@example.org\nMessage-ID: <first@example.org>\n\nfirst\n`,
      "By hand",
    );
    expect((await bot.sink.waitFor(1, 20_000))[0]).toMatchObject({ id: "first@example.org", isOwn: true });
  });
});

describe("the owner's answer", () => {
  it("is found the moment it lies in Sent, by the mail that it answers", async () => {
    const bot = await startBot(servers, cleanups, { pollMs: 600_000 });
    const ada = person("ada");
    const asked = await beAsked(bot, ada, "Lunch");
    const other = await beAsked(bot, ada, "Dinner");
    expect(await bot.channel.findOwnAnswer?.(asked, never)).toBeUndefined();
    const id = await sendByHand(bot.address, {
      to: ada.address,
      subject: "Re: Lunch",
      inReplyTo: `<${asked.id}>`,
      text: "At noon.\n\nOn Monday, Ada wrote:\n> Where do we meet?\n",
    });
    const found = await bot.channel.findOwnAnswer?.(asked, never);
    expect(found).toMatchObject({ id, text: "At noon.", address: asked.address, isOwn: true, replyToId: asked.id });
    expect(await bot.channel.findOwnAnswer?.(other, never)).toBeUndefined();
    // The watch hands over the very same.
    await bot.stop();
    const next = await start(bot);
    expect((await next.sink.waitFor(3, 20_000))[2]).toEqual(found);
  });

  it("cannot be told while the server does not answer, and says so", async () => {
    const bot = await start();
    const asked = await beAsked(bot, person("ada"), "Lunch");
    await bot.stop();
    await servers.kill();
    try {
      await expect(bot.channel.findOwnAnswer?.(asked, never)).rejects.toMatchObject({
        code: "unreachable",
        retryAfterMs: expect.any(Number) as number,
      });
      await expect(bot.channel.findOwnAnswer?.(asked, AbortSignal.abort())).rejects.toMatchObject({ code: "aborted" });
    } finally {
      await servers.restart();
    }
  });
});

describe("a draft", () => {
  const field = (mail: StoredMail | undefined, name: string): string | undefined =>
    new RegExp(`^${name}: (.*)$`, "im").exec((mail?.headers ?? "").replaceAll(/\r\n[ \t]+/g, " "))?.[1]?.trim();
  const drafts = async (bot: Bot, mailbox = "Drafts"): Promise<readonly StoredMail[]> => {
    const found = await listMailbox(bot.address, mailbox);
    return found === "missing" ? [] : found;
  };

  it("lies in Drafts in its thread, is replaced, and is taken away, however often that is asked", async () => {
    const bot = await start();
    const ada = person("ada");
    const asked = await beAsked(bot, ada, "Lunch");
    const save = async (text: string | undefined): Promise<void> =>
      bot.channel.saveDraft?.(
        "draft-1",
        text === undefined ? undefined : outbound(asked.address, text, { replyToId: asked.id }),
        never,
      );
    await save(undefined);
    expect(await listMailbox(bot.address, "Drafts")).toBe("missing");
    await save("At **noon**.");
    await save("At **noon**.");
    const [draft, ...rest] = await drafts(bot);
    expect(rest).toEqual([]);
    expect(draft?.flags).toEqual(["\\Draft", "\\Seen"]);
    expect({
      to: field(draft, "To"),
      subject: field(draft, "Subject"),
      inReplyTo: field(draft, "In-Reply-To"),
      references: field(draft, "References"),
      mark: field(draft, "X-Parlance-Draft"),
      id: field(draft, "Message-ID"),
    }).toEqual({
      to: ada.address,
      subject: "Re: Lunch",
      inReplyTo: `<${asked.id}>`,
      references: `<${asked.id}>`,
      mark: "draft-1",
      id: "<parlance-draft.draft-1@example.org>",
    });
    // What the owner sends is a person's mail.
    expect(draft?.headers).not.toMatch(/^(?:Auto-Submitted|X-Auto-Response-Suppress|X-Parlance):/im);
    expect(draft?.source).toContain("At *noon*.");

    await bot.channel.saveDraft?.("draft-10", outbound(asked.address, "another"), never);
    await save("At one.");
    expect((await drafts(bot)).map((each) => field(each, "X-Parlance-Draft"))).toEqual(["draft-10", "draft-1"]);
    expect((await drafts(bot))[1]?.source).toContain("At one.");
    await save(undefined);
    await save(undefined);
    expect((await drafts(bot)).map((each) => field(each, "X-Parlance-Draft"))).toEqual(["draft-10"]);
    // Nothing went out, and nothing of it counts as mail.
    expect(await listMailbox(ada.address, "INBOX")).toEqual([]);
    expect(bot.sink.receivedIds).toEqual([asked.id]);
  });

  it("taken away while it is being put there does not stay, nor does one that a crash left twice", async () => {
    const bot = await start();
    const asked = await beAsked(bot, person("ada"), "Lunch");
    const message = outbound(asked.address, "At noon.");
    await Promise.all([
      bot.channel.saveDraft?.("draft-1", message, never),
      bot.channel.saveDraft?.("draft-1", undefined, never),
    ]);
    expect(await drafts(bot)).toEqual([]);
    await bot.channel.saveDraft?.("draft-1", message, never);
    await createPerson(servers, bot.address).append((await drafts(bot))[0]?.source ?? "", "Drafts");
    expect(await drafts(bot)).toHaveLength(2);
    await bot.channel.saveDraft?.("draft-1", message, never);
    expect(await drafts(bot)).toHaveLength(1);
  });

  it("leaves the owner's own drafts alone, and lies where the account has its drafts", async () => {
    const bot = await start();
    const asked = await beAsked(bot, person("ada"), "Lunch");
    const owner = createPerson(servers, bot.address);
    await owner.create("Entwürfe");
    await owner.append(`From: ${bot.address}\nTo: ada@example.org\nSubject: mine\n\nmine\n`, "Entwürfe");
    await bot.channel.saveDraft?.("draft-1", outbound(asked.address, "At noon."), never);
    expect((await drafts(bot, "Entwürfe")).map((each) => field(each, "Subject"))).toEqual(["mine", "Re: Lunch"]);
    await bot.channel.saveDraft?.("draft-1", undefined, never);
    expect((await drafts(bot, "Entwürfe")).map((each) => field(each, "Subject"))).toEqual(["mine"]);
    expect(await listMailbox(bot.address, "Drafts")).toBe("missing");
  });

  it.each([
    ["as it is", (source: string) => source],
    [
      "with an id of the program's own",
      (source: string) =>
        source
          .replace(/^Message-ID:.*\r\n/im, "Message-ID: <x@mail.example.org>\r\n")
          .replace(/^X-Parlance-Draft:.*\r\n/im, ""),
    ],
  ])("that the owner sends %s is seen as theirs, in its thread", async (_, change) => {
    const bot = await start();
    const asked = await beAsked(bot, person("ada"), "Lunch");
    await bot.channel.saveDraft?.("draft-1", outbound(asked.address, "At noon."), never);
    const source = change((await drafts(bot))[0]?.source ?? "");
    await createPerson(servers, bot.address).append(source, "Sent");
    const own = (await bot.sink.waitFor(2, 20_000))[1];
    expect(own).toMatchObject({ text: "At noon.", isOwn: true, address: asked.address, replyToId: asked.id });
    expect(await bot.channel.findOwnAnswer?.(asked, never)).toEqual(own);
  });
});
