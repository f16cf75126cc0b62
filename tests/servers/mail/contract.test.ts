import { randomUUID } from "node:crypto";
import { afterAll, beforeAll } from "vitest";
import { simpleParser } from "mailparser";
import MailComposer from "nodemailer/lib/mail-composer";
import { createChannel } from "../../../channels/email/index.ts";
import { startFakeSmtp } from "../../channels/email/fake-smtp.ts";
import { describeChannel, type ChannelHarness, type ReceivedByPlatform } from "../../contracts/channel.ts";
import { refusedMs } from "../../contracts/channel-harness.ts";
import { createChannelContext, createTestDisk } from "../../doubles/channel-context.ts";
import { createRunningClock } from "../../doubles/fake-clock.ts";
import { accountOptions, createPerson, freshAddress } from "./person.ts";
import { startMailServers, type MailServers } from "./start.ts";

let servers: MailServers;
beforeAll(async () => {
  servers = await startMailServers();
});
afterAll(async () => servers?.stop());

/** Receives from Dovecot; sends to an SMTP server that can be told to fail. */
async function createHarness(): Promise<ChannelHarness> {
  const smtp = await startFakeSmtp();
  const address = freshAddress("bot");
  const mailbox = createPerson(servers, address);
  const disk = createTestDisk();
  const clock = createRunningClock();
  const options = accountOptions(servers, address, {
    smtp: { host: "127.0.0.1", port: smtp.port, secure: "none" },
  });
  const groupRoot = `<group-${randomUUID()}@example.org>`;
  let last = "";
  let appended = Promise.resolve();
  let parsed: readonly ReceivedByPlatform[] = [];
  const parseAll = setInterval(() => void Promise.all(smtp.mails.map(showMail)).then((mails) => (parsed = mails)), 20);
  return {
    name: "mail",
    files: disk.files,
    state: disk.state,
    groups: true,
    create: (isListening) =>
      createChannel(createChannelContext(options, { name: "mail", disk, now: clock.now, isListening }), {
        pollMs: 200,
        refusedMs,
      }),
    advance: clock.advance,
    asksNoWait: true,
    async deliver(event) {
      const isGroup = event.place === "group";
      const raw = await new MailComposer({
        from: event.from === "self" ? address : { name: "Ada", address: "ada@example.org" },
        to:
          isGroup && event.isMention !== true
            ? "grace@example.org"
            : [address, ...(isGroup ? ["grace@example.org"] : [])],
        ...(isGroup && event.isMention !== true ? { cc: address } : {}),
        ...(isGroup ? { references: groupRoot } : {}),
        subject: "Contract",
        messageId: `<${randomUUID()}@example.org>`,
        text: event.text,
        ...(event.file === undefined
          ? {}
          : { attachments: [{ filename: event.file.name, content: Buffer.from(event.file.content) }] }),
      })
        .compile()
        .build();
      const mail = raw.toString("latin1");
      last = mail;
      // A first start sets the cursor right after it is up.
      while (!disk.entries.has("cursor:Sent")) await new Promise((resolve) => void setTimeout(resolve, 10));
      // Each is put there over a connection of its own: the next one begins when the one before it is there.
      await (appended = appended.then(() => mailbox.append(mail)));
    },
    async sendElsewhere({ place, text }) {
      const [, answered = ""] = /^Message-ID: (.*)\r$/im.exec(last) ?? [];
      const others = place === "group" ? ["ada@example.org", "grace@example.org"] : ["ada@example.org"];
      const references = [...(place === "group" ? [groupRoot] : []), answered];
      const raw = await new MailComposer({ from: address, to: others, subject: "Re: Contract", references, text })
        .compile()
        .build();
      await mailbox.append(raw.toString("latin1"), "Sent");
    },
    revoke: () => servers.revoke([address]),
    restore: () => servers.revoke([]),
    redeliver: () => mailbox.append(last),
    received: () => parsed,
    // No "cut-…": nobody can tell afterwards what became of such a mail, and the adapter says so (tests/channels/email).
    failSend: { "rate-limited": () => smtp.next(452), unavailable: () => smtp.next(451) },
    async close() {
      clearInterval(parseAll);
      await smtp.close();
      await disk.remove();
    },
  };
}

async function showMail(raw: string): Promise<ReceivedByPlatform> {
  const mail = await simpleParser(Buffer.from(raw, "latin1"));
  const [root = ""] = [mail.references ?? []].flat();
  return {
    chat: root.slice(1, -1),
    text: mail.text ?? "",
    files: mail.attachments.map(({ filename, content }) => ({ name: filename ?? "", content })),
  };
}

describeChannel("email", createHarness);
