import { setTimeout as sleep } from "node:timers/promises";
import { ImapFlow } from "imapflow";
import { simpleParser } from "mailparser";
import { createPerson, freshAddress } from "../../servers/mail/person.ts";
import { startMailServers, type MailServers } from "../../servers/mail/start.ts";
import type { CreatePeer } from "./peer.ts";

/** People with mailboxes on Dovecot who write to the bot over OpenSMTPD, each in one thread. */
export const createEmailPeer: CreatePeer = async ({ people }) => {
  const servers = await startMailServers();
  const bot = freshAddress("bot");
  const seen: { person: number; text: string }[] = [];
  const threads = new Map<number, string>();
  const readers = new Map(people.map((person) => [person, createPerson(servers, freshAddress(`p${person}`))]));
  const own = await openMailbox(servers, bot);
  const inboxes = await Promise.all(
    [...readers].map(async ([person, { address }]) => ({ person, client: await openMailbox(servers, address) })),
  );
  const signs = new Set<string>();
  let isClosed = false;
  const watching = Promise.all([watchOwn(), ...inboxes.map(({ person, client }) => watch(person, client))]);
  watching.catch(() => undefined); // told by `close`

  /** What others see of the bot's account: whether it has read a mail, what it keeps, and who was let in to send. */
  async function watchOwn(): Promise<void> {
    while (!isClosed) {
      await own.noop();
      const all = (await own.search({ all: true }, { uid: true })) || [];
      const mails = all.length === 0 ? [] : await own.fetchAll(all, { flags: true }, { uid: true });
      for (const { uid, flags = new Set<string>() } of mails)
        for (const flag of flags) if (flag !== "\\Recent") signs.add(`mail ${uid} is ${flag}`);
      for (const { path, status } of await own.list({ statusQuery: { messages: true } }))
        if (path !== "INBOX" && (status?.messages ?? 0) > 0) signs.add(`${path} has ${status?.messages}`);
      const logins = (await servers.readLog()).split(`submission-login: Info: Login: user=<${bot}>`).length - 1;
      if (logins > 0) signs.add(`${logins} logins to send`);
      await sleep(200);
    }
  }

  async function watch(person: number, client: ImapFlow): Promise<void> {
    let last = 0;
    while (!isClosed) {
      await client.noop();
      const range = { uid: `${last + 1}:*` };
      for await (const { uid, source } of client.fetch(range, { uid: true, source: true })) {
        // "*" is the last one, however small its number.
        if (uid <= last) continue;
        last = uid;
        seen.push({ person, text: (await simpleParser(source ?? Buffer.alloc(0))).text ?? "" });
      }
      await sleep(100);
    }
  }

  /** The bot reads what comes after it has opened its mailbox for the first time; the first login there is ours. */
  async function untilBotReads(): Promise<void> {
    const login = `imap-login: Info: Login: user=<${bot}>`;
    while ((await servers.readLog()).split(login).length < 3) await sleep(50);
    await sleep(1_000);
  }

  let botReads: Promise<void> | undefined;
  return {
    channel: {
      platform: "email",
      address: bot,
      ca: servers.caFile,
      imap: { host: "localhost", port: servers.imapPort, secure: "starttls", user: bot, password: "pw" },
      smtp: {
        host: "localhost",
        port: servers.submissionPort,
        secure: "starttls",
        user: bot,
        password: "pw",
      },
    },
    async say(person, text) {
      await (botReads ??= untilBotReads());
      const root = threads.get(person);
      const answered = root === undefined ? {} : { inReplyTo: root, references: root };
      const id = await readers.get(person)?.send({ to: bot, subject: "Hello", text, ...answered });
      if (root === undefined) threads.set(person, id ?? "");
      // OpenSMTPD brings two mails in any order: the second is written when the first is there.
      const query = { header: { "message-id": id ?? "" } };
      while (((await own.noop(), await own.search(query)) || []).length === 0) await sleep(30);
    },
    async stir(mark) {
      await (botReads ??= untilBotReads());
      const [first = 1] = people;
      const person = readers.get(first);
      // It asks for a receipt in each of the ways that there are.
      const headers = Object.fromEntries(
        ["Disposition-Notification-To", "Return-Receipt-To", "X-Confirm-Reading-To"].map((header) => [
          header,
          person?.address ?? "",
        ]),
      );
      const all = [bot, "grace@example.org"].join(", ");
      await person?.send({ to: all, subject: "All", text: `${mark} in a group`, headers });
      const attachments = [{ filename: "a.txt", content: "words" }];
      await person?.send({ to: bot, subject: "File", text: `${mark} a file`, attachments, headers });
      await person?.send({ to: bot, subject: "Help", text: `/help ${mark}`, headers });
      return [`${mark} in a group`, `${mark} a file`, `/help ${mark}`];
    },
    shown: () => [...signs, ...seen.map(({ text }) => text)],
    received: () => seen,
    async close() {
      isClosed = true;
      try {
        await watching;
      } finally {
        for (const { client } of inboxes) client.close();
        own.close();
        await servers.stop();
      }
    },
  };
};

async function openMailbox(servers: MailServers, address: string): Promise<ImapFlow> {
  const client = new ImapFlow({
    host: "localhost",
    port: servers.imapsPort,
    secure: true,
    auth: { user: address, pass: "pw" },
    tls: { ca: servers.ca },
    logger: false,
    disableAutoIdle: true,
  });
  client.on("error", () => undefined);
  await client.connect();
  await client.mailboxOpen("INBOX", { readOnly: true });
  return client;
}
