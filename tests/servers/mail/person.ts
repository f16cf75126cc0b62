import { ImapFlow } from "imapflow";
import { simpleParser, type ParsedMail } from "mailparser";
import { createTransport } from "nodemailer";
import type { EmailOptions } from "../../../channels/email/config.ts";
import { optionsSchema } from "../../../channels/email/index.ts";
import type { MailServers } from "./start.ts";

/** A person with an ordinary mail program on the test servers. */
export interface MailPerson {
  readonly address: string;
  /** Sends through OpenSMTPD; resolves with the Message-ID, brackets included. */
  send(mail: {
    readonly to: string;
    readonly subject?: string;
    readonly text?: string;
    readonly [field: string]: unknown;
  }): Promise<string>;
  /** Everything in a mailbox, oldest first. */
  read(mailbox?: string): Promise<readonly ParsedMail[]>;
  /** Puts a mail into a mailbox without SMTP. */
  append(raw: string, mailbox?: string): Promise<void>;
  /** Makes a mailbox. */
  create(mailbox: string): Promise<void>;
  /** Waits until the INBOX holds so many mails. */
  waitFor(count: number, timeoutMs?: number): Promise<readonly ParsedMail[]>;
}

export function createPerson(servers: MailServers, address: string): MailPerson {
  const withImap = async <T>(work: (client: ImapFlow) => Promise<T>): Promise<T> => {
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
    try {
      return await work(client);
    } finally {
      client.close();
    }
  };
  const person: MailPerson = {
    address,
    async send(mail) {
      const transport = createTransport({ host: "127.0.0.1", port: servers.smtpPort, ignoreTLS: true });
      const info = await transport.sendMail({ from: address, ...mail });
      transport.close();
      return info.messageId;
    },
    read: (mailbox = "INBOX") =>
      withImap(async (client) => {
        await client.mailboxOpen(mailbox, { readOnly: true });
        const mails: ParsedMail[] = [];
        for await (const { source } of client.fetch("1:*", { source: true }))
          mails.push(await simpleParser(source ?? Buffer.alloc(0)));
        return mails;
      }),
    append: (raw, mailbox = "INBOX") =>
      withImap(async (client) => void (await client.append(mailbox, raw.replaceAll(/\r?\n/g, "\r\n")))),
    create: (mailbox) => withImap(async (client) => void (await client.mailboxCreate(mailbox))),
    async waitFor(count, timeoutMs = 20_000) {
      const end = Date.now() + timeoutMs;
      for (;;) {
        const mails = await person.read().catch(() => []);
        if (mails.length >= count) return mails;
        if (Date.now() > end) throw new Error(`${address} has ${mails.length} mails, not ${count}.`);
        await new Promise((resolve) => void setTimeout(resolve, 100));
      }
    },
  };
  return person;
}

let accounts = 0;

/** A mailbox that no other test uses. */
export function freshAddress(name: string): string {
  accounts += 1;
  return `${name}-${process.pid}-${Date.now().toString(36)}-${accounts}@example.org`;
}

/** The adapter's configuration for an account on the test servers: STARTTLS and a login on both sides. */
export function accountOptions(
  servers: MailServers,
  address: string,
  change: Record<string, unknown> = {},
): EmailOptions {
  return optionsSchema.parse({
    address,
    name: "Parlance",
    ca: servers.caFile,
    imap: { host: "localhost", port: servers.imapPort, secure: "starttls", user: address, password: "pw" },
    smtp: {
      host: "localhost",
      port: servers.submissionPort,
      secure: "starttls",
      user: address,
      password: "pw",
    },
    ...change,
  });
}
