import { randomBytes } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createChannel } from "../../../channels/email/index.ts";
import { isAppError } from "../../../src/core/errors.ts";
import {
  createChannelContext,
  createRecordingSink,
  createSendContext,
  createTestDisk,
  outbound,
  waitUntil,
} from "../../doubles/channel-context.ts";
import { startBot as start, type Bot } from "./bot.ts";
import { accountOptions, createPerson, freshAddress, type MailPerson } from "./person.ts";
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

/** A running adapter; give the disk and sink of an earlier one to play its restart. */
const startBot = (earlier?: Pick<Bot, "address" | "sink" | "disk">, change?: Record<string, unknown>): Promise<Bot> =>
  start(servers, cleanups, { earlier, change });

const ada = (): MailPerson => createPerson(servers, freshAddress("ada"));

describe("a mail account on Dovecot and OpenSMTPD", () => {
  it("receives a mail and answers in its thread, over STARTTLS and with a login", async () => {
    const bot = await startBot();
    const person = ada();
    const messageId = await person.send({ to: bot.address, subject: "Lunch", text: "Where do we meet?" });
    const [message] = await bot.sink.waitFor(1, 20_000);
    expect(message).toMatchObject({
      id: messageId.slice(1, -1),
      text: "Where do we meet?",
      subject: "Lunch",
      isAddressed: true,
      isGroup: false,
      sender: { id: `mail:${person.address}`, isBot: false },
    });
    expect(message?.isAutomated).toBeUndefined();
    if (message === undefined) return;
    const context = createSendContext();
    const answer = outbound(message.address, "At **noon**.", { replyToId: message.id });
    const ids = await bot.channel.send(answer, context);
    expect(context.recorded).toEqual(ids);
    const [received] = await person.waitFor(1);
    expect(received).toMatchObject({
      subject: "Re: Lunch",
      inReplyTo: messageId,
      references: messageId,
      messageId: `<${ids[0]}>`,
    });
    expect(received?.headers.get("auto-submitted")).toBe("auto-replied");
    expect(received?.text).toContain("At *noon*.");
    expect(received?.html).toContain("<b>noon</b>");
    expect(received?.from?.value[0]).toMatchObject({ address: bot.address, name: "Parlance" });

    // The person goes on in the thread, quoting us.
    await person.send({
      to: bot.address,
      subject: "Re: Lunch",
      inReplyTo: received?.messageId,
      references: [messageId, received?.messageId ?? ""],
      text: "Fine!\n\nOn Monday, Parlance wrote:\n> At *noon*.\n",
    });
    const [, second] = await bot.sink.waitFor(2, 20_000);
    expect(second).toMatchObject({ text: "Fine!", address: message.address, replyToId: ids[0] });

    const log = await servers.readLog();
    expect(log).toMatch(new RegExp(`imap-login: Info: Login: user=<${bot.address}>.*TLS`));
    expect(log).toMatch(
      new RegExp(`submission-login: Info: Login: user=<${bot.address}>, method=(?:PLAIN|LOGIN).*TLS`),
    );
    const sent = await createPerson(servers, bot.address).read("Sent");
    expect(sent.map((mail) => mail.messageId)).toEqual([`<${ids[0]}>`]);
  });

  it("keeps attachments byte for byte, both ways", async () => {
    const bot = await startBot();
    const person = ada();
    const bytes = randomBytes(700_001);
    await person.send({
      to: bot.address,
      subject: "File",
      text: "see attachment",
      attachments: [{ filename: "Übersicht.bin", content: bytes }],
    });
    const [message] = await bot.sink.waitFor(1, 20_000);
    const attachment = message?.attachments[0];
    expect(attachment).toMatchObject({ name: "Übersicht.bin", bytes: bytes.length });
    if (message === undefined || attachment === undefined) return;
    expect((await buffer(bot.disk.files.open(attachment))).equals(bytes)).toBe(true);
    await bot.channel.send(
      outbound(message.address, "back to you", { attachments: [attachment] }),
      createSendContext(),
    );
    const [received] = await person.waitFor(1);
    expect(received?.attachments[0]?.filename).toBe("Übersicht.bin");
    expect(received?.attachments[0]?.content.equals(bytes)).toBe(true);
  });

  it("leaves alone what lay in the mailbox before the first start, and takes what came while it was stopped", async () => {
    const address = freshAddress("bot");
    const person = ada();
    await person.send({ to: address, subject: "old", text: "years ago" });
    await createPerson(servers, address).waitFor(1);
    const first = await startBot({ address, sink: createRecordingSink(), disk: createTestDisk() });
    await first.stop();
    await person.send({ to: address, subject: "new", text: "while you slept" });
    await createPerson(servers, address).waitFor(2);
    const second = await startBot(first);
    await second.sink.waitFor(1, 20_000);
    expect(second.sink.messages.map(({ text }) => text)).toEqual(["while you slept"]);
  });

  it("marks list mail and auto-replies as automated, and ignores its own", async () => {
    const bot = await startBot();
    const person = ada();
    const own = createPerson(servers, bot.address);
    await person.send({
      to: bot.address,
      subject: "list",
      text: "news",
      headers: { "List-Id": "<news.example.org>", Precedence: "bulk" },
    });
    await bot.sink.waitFor(1, 20_000);
    await person.send({
      to: bot.address,
      subject: "away",
      text: "on holiday",
      headers: { "Auto-Submitted": "auto-replied" },
    });
    await bot.sink.waitFor(2, 20_000);
    await own.send({ to: bot.address, subject: "note", text: "to myself" });
    await own.waitFor(3);
    await person.send({ to: bot.address, subject: "hello", text: "human" });
    await bot.sink.waitFor(3, 20_000);
    expect(bot.sink.messages.map(({ text, isAutomated }) => [text, isAutomated ?? false])).toEqual([
      ["news", true],
      ["on holiday", true],
      ["human", false],
    ]);
  });

  it("finds thread and recipient again after a restart", async () => {
    const bot = await startBot();
    const person = ada();
    const messageId = await person.send({
      to: bot.address,
      subject: "Later",
      text: "remind me",
      replyTo: "other@example.org",
    });
    const [message] = await bot.sink.waitFor(1, 20_000);
    await bot.stop();
    const next = await startBot(bot);
    if (message === undefined) return;
    await next.channel.send(outbound(message.address, "reminder"), createSendContext());
    const [received] = await createPerson(servers, "other@example.org").waitFor(1);
    expect(received).toMatchObject({ subject: "Re: Later", inReplyTo: messageId });
  });

  it("writes to a person directly, and keeps the answers in that conversation", async () => {
    const bot = await startBot();
    const person = ada();
    const address = (await bot.channel.openDirect?.(`mail:${person.address}`)) ?? { channel: "", chat: "" };
    await bot.channel.send(
      outbound(address, "May I?", { subject: "A question", choices: [{ label: "Yes", command: "/approve 3f9a" }] }),
      createSendContext(),
    );
    const [received] = await person.waitFor(1);
    expect(received?.subject).toBe("A question");
    expect(received?.text).toMatch(/1\. Yes: \/approve 3f9a/);
    expect(received?.headers.get("auto-submitted")).toBe("auto-generated");
    await person.send({
      to: bot.address,
      subject: "Re: A question",
      inReplyTo: received?.messageId,
      references: received?.messageId,
      text: "/approve 3f9a",
    });
    const [message] = await bot.sink.waitFor(1, 20_000);
    expect(message).toMatchObject({ address, text: "/approve 3f9a" });
    // A stranger who knows the Message-ID gets a conversation of his own.
    const stranger = ada();
    await stranger.send({
      to: bot.address,
      subject: "Re: A question",
      references: received?.messageId,
      text: "/approve 3f9a",
    });
    const [, forged] = await bot.sink.waitFor(2, 20_000);
    expect(forged?.address.chat).toBe(`to:${stranger.address}`);
  });

  it("loses nothing and doubles nothing while the servers are killed and restarted", async () => {
    const sink = createRecordingSink(20);
    const bot = await startBot({ address: freshAddress("bot"), sink, disk: createTestDisk() });
    const person = ada();
    const sendBatch = async (from: number): Promise<void> => {
      for (let index = from; index < from + 15; index += 1)
        await person.send({ to: bot.address, subject: `n${index}`, text: `message ${index}` });
    };
    await sendBatch(0);
    await waitUntil(() => sink.messages.length >= 3, 20_000);
    await servers.kill();
    const seenAtKill = sink.messages.length;
    sink.failNext(1);
    await servers.restart();
    await sendBatch(15);
    await waitUntil(() => sink.messages.length >= 30, 60_000);
    await bot.stop();
    const again = await startBot(bot);
    await person.send({ to: bot.address, subject: "end", text: "end" });
    await waitUntil(() => again.sink.messages.some(({ text }) => text === "end"), 20_000);
    expect(seenAtKill).toBeGreaterThan(0);
    const texts = sink.messages.map(({ text }) => text);
    expect(texts.toSorted()).toEqual(
      [...Array.from({ length: 30 }, (_, index) => `message ${index}`), "end"].toSorted(),
    );
    // Given twice at most where the hand-over itself was cut; the sink tells doubles by their id.
    expect(sink.receivedIds.length).toBeLessThanOrEqual(31 + 3);
  });

  it("knows of every mail whether it went out while the servers are killed and restarted", async () => {
    const bot = await startBot();
    const person = ada();
    await person.send({ to: bot.address, subject: "go", text: "go" });
    const [message] = await bot.sink.waitFor(1, 20_000);
    if (message === undefined) return;
    const sent: string[] = [];
    const uncertain: string[] = [];
    let putOff = 0;
    const sendAll = async (): Promise<void> => {
      for (let index = 0; index < 20; index += 1) {
        const answer = outbound(message.address, `answer ${index}`);
        for (;;) {
          const context = createSendContext();
          try {
            sent.push(...(await bot.channel.send(answer, context)));
            break;
          } catch (error) {
            if (isAppError(error, "send-uncertain")) {
              uncertain.push(answer.id);
              break;
            }
            expect(isAppError(error) && error.retryAfterMs !== undefined).toBe(true);
            putOff += 1;
            await new Promise((resolve) => void setTimeout(resolve, 200));
          }
        }
      }
    };
    const sending = sendAll();
    await waitUntil(() => sent.length >= 5, 30_000);
    await servers.kill();
    await new Promise((resolve) => void setTimeout(resolve, 500));
    await servers.restart();
    await sending;
    expect(putOff + uncertain.length).toBeGreaterThan(0);
    expect(sent.length + uncertain.length).toBe(20);
    expect(uncertain.length).toBeLessThanOrEqual(1);
    const received = await person.waitFor(sent.length, 40_000);
    const ids = received.map((mail) => mail.messageId?.slice(1, -1) ?? "");
    for (const id of sent) expect(ids).toContain(id);
    // What arrived was sent or admitted to be uncertain, and each but once.
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeLessThanOrEqual(20);
  });

  it("survives a mailbox that was numbered anew", async () => {
    const bot = await startBot();
    const person = ada();
    await person.send({ to: bot.address, subject: "one", text: "one" });
    await bot.sink.waitFor(1, 20_000);
    await bot.stop();
    const cursor = JSON.parse(bot.disk.entries.get("cursor:INBOX") ?? "{}") as { uidValidity: string };
    await bot.disk.state.set("cursor:INBOX", JSON.stringify({ ...cursor, uidValidity: "1" }));
    await person.send({ to: bot.address, subject: "two", text: "two" });
    await createPerson(servers, bot.address).waitFor(2);
    const next = await startBot(bot);
    await next.sink.waitFor(2, 20_000);
    await waitUntil(() => JSON.parse(bot.disk.entries.get("cursor:INBOX") ?? "{}").uidValidity === cursor.uidValidity);
    await person.send({ to: bot.address, subject: "three", text: "three" });
    await next.sink.waitFor(3, 20_000);
    expect(next.sink.messages.map(({ text }) => text)).toEqual(["one", "two", "three"]);
  });

  it("tells by the Sent mailbox what became of a mail", async () => {
    const bot = await startBot();
    const person = ada();
    await person.send({ to: bot.address, subject: "hi", text: "hi" });
    const [message] = await bot.sink.waitFor(1, 20_000);
    if (message === undefined) return;
    const sent = outbound(message.address, "sent");
    const [id] = await bot.channel.send(sent, createSendContext());
    expect(await bot.channel.reconcile?.(sent, createSendContext())).toEqual({ state: "arrived", platformId: id });
    const other = outbound(message.address, "never sent");
    const hint = bot.channel.reconcileHint?.(other) ?? "";
    expect(await bot.channel.reconcile?.(other, createSendContext([], { hint }))).toEqual({ state: "absent" });
    // Sent by an earlier version, which noted nothing about it.
    expect(await bot.channel.reconcile?.(other, createSendContext())).toMatchObject({ state: "unknown" });
    // Sent again all the same, it is the same mail to every program that looks at the id.
    await bot.channel.send(sent, createSendContext());
    const received = await person.waitFor(2);
    expect(new Set(received.map((mail) => mail.messageId)).size).toBe(1);
  });

  it("ends for good on a wrong password, and says so", async () => {
    const address = freshAddress("bot");
    const options = accountOptions(servers, address);
    const channel = createChannel(
      createChannelContext({ ...options, imap: { ...options.imap, password: "wrong" } }, { name: "mail" }),
    );
    const sink = createRecordingSink();
    await expect(channel.start(sink, new AbortController().signal)).rejects.toMatchObject({ code: "unauthorised" });
    expect(sink.states.at(-1)).toMatchObject({ state: "down" });
  });

  it("tries again after a while when a password that worked is refused, and takes what came meanwhile", async () => {
    const address = freshAddress("bot");
    const person = createPerson(servers, freshAddress("ada"));
    const channel = createChannel(createChannelContext(accountOptions(servers, address), { name: "mail" }), {
      refusedMs: 3_000,
    });
    const sink = createRecordingSink();
    const stop = new AbortController();
    const ended = channel.start(sink, stop.signal);
    await sink.waitForState("up");
    await servers.revoke([address]);
    await sink.waitForState("down", 15_000);
    expect(sink.states.at(-1)).toMatchObject({
      reason: "The IMAP server refused the login. Check imap.user and imap.password.",
    });
    // Nothing is delivered to somebody whose password is taken back.
    await servers.revoke([]);
    await person.send({ to: address, subject: "hi", text: "are you there?" });
    await sink.waitForState("up", 15_000);
    expect((await sink.waitFor(1, 15_000))[0]).toMatchObject({ text: "are you there?" });
    stop.abort();
    await ended;
  });

  it("says that only sending is refused, keeps the mail, and sends it once it is let in again", async () => {
    const [address, sender] = [freshAddress("bot"), freshAddress("sender")];
    const person = ada();
    const options = accountOptions(servers, address);
    const channel = createChannel(
      createChannelContext({ ...options, smtp: { ...options.smtp, user: sender } }, { name: "mail" }),
      { refusedMs: 500 },
    );
    const sink = createRecordingSink();
    const stop = new AbortController();
    const ended = channel.start(sink, stop.signal);
    await sink.waitForState("up");
    await servers.revoke([sender]);
    const mail = outbound({ channel: "mail", chat: `to:${person.address}` }, "are you there?");
    await expect(channel.send(mail, createSendContext())).rejects.toMatchObject({
      code: "unauthorised",
      retryAfterMs: expect.any(Number) as number,
    });
    expect(sink.states.at(-1)).toMatchObject({
      state: "down",
      reason: expect.stringMatching(/^The SMTP server refused the login \(535\)\. Check smtp/) as string,
    });
    // Mail still comes in.
    await person.send({ to: address, subject: "hi", text: "I am here" });
    expect((await sink.waitFor(1, 20_000))[0]).toMatchObject({ text: "I am here" });
    await servers.revoke([]);
    await sink.waitForState("up", 15_000);
    await channel.send(mail, createSendContext());
    expect((await person.waitFor(1))[0]?.text).toContain("are you there?");
    stop.abort();
    await ended;
  });

  it("refuses to speak with a server whose certificate nobody vouches for", async () => {
    const address = freshAddress("bot");
    const options = accountOptions(servers, address, { ca: undefined });
    const channel = createChannel(createChannelContext(options, { name: "mail" }));
    const sink = createRecordingSink();
    const stop = new AbortController();
    const ended = channel.start(sink, stop.signal);
    await waitUntil(
      () => sink.states.some((health) => health.state === "connecting" && health.reason.includes("TLS")),
      20_000,
    );
    stop.abort();
    await ended;
    await expect(
      channel.send(outbound({ channel: "mail", chat: "to:ada@example.org" }, "hi"), createSendContext()),
    ).rejects.toMatchObject({ code: "unreachable" });
  });
});
