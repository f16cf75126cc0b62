import MailComposer from "nodemailer/lib/mail-composer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readOwnHistory, type OwnHistoryRequest } from "../../../channels/email/own-history.ts";
import type { OwnMessage } from "../../../src/core/style.ts";
import { createHome } from "../../cli/program.ts";
import { accountOptions, createPerson, freshAddress, type MailPerson } from "./person.ts";
import { startMailServers, type MailServers } from "./start.ts";

const dayMs = 86_400_000;
let servers: MailServers;
beforeAll(async () => {
  servers = await startMailServers();
});
afterAll(async () => servers?.stop());

interface Mail {
  readonly [field: string]: unknown;
  readonly to?: string;
}

/** A mail as the owner's program puts it into Sent, an hour ago unless it says otherwise. */
async function addSent(owner: MailPerson, mail: Mail, mailbox = "Sent"): Promise<void> {
  const date = new Date(Date.now() - 3_600_000);
  const raw = await new MailComposer({ from: owner.address, to: "ada@example.org", date, ...mail }).compile().build();
  await owner.append(raw.toString("latin1"), mailbox);
}

async function read(owner: MailPerson, change: Partial<OwnHistoryRequest> = {}): Promise<readonly OwnMessage[]> {
  const found: OwnMessage[] = [];
  const request: OwnHistoryRequest = {
    channel: "mail",
    options: accountOptions(servers, owner.address),
    since: Date.now() - 30 * dayMs,
    maxMails: 5_000,
    signal: AbortSignal.timeout(20_000),
    ...change,
  };
  for await (const message of readOwnHistory(request)) found.push(message);
  return found;
}

const person = (): MailPerson => createPerson(servers, freshAddress("owner"));

describe("what the owner has sent", () => {
  it("is read without quotes, signature and attachments, with whom it went to where that is one person", async () => {
    const owner = person();
    const date = new Date(Date.now() - 7_200_000);
    date.setMilliseconds(0);
    await addSent(owner, {
      date,
      subject: "Re: Lunch",
      inReplyTo: "<a@example.org>",
      text: "At the bridge — ünd früh.\n\nOn Monday, Ada wrote:\n> Where do we meet?\n\n-- \nGrace\nA long street 5\n",
      attachments: [{ filename: "map.txt", content: "not my words ".repeat(20_000) }],
    });
    await addSent(owner, { to: "ada@example.org, bob@example.org", html: "<p>to <b>both</b></p>" });
    expect(await read(owner)).toEqual([
      { text: "At the bridge — ünd früh.", at: date.getTime(), channel: "mail", to: "ada@example.org" },
      expect.objectContaining({ text: expect.stringContaining("both"), channel: "mail" }),
    ]);
    expect((await read(owner))[1]).not.toHaveProperty("to");
  });

  it("is not what Parlance or another program sent, nor what is too old, and no more than is asked for", async () => {
    const owner = person();
    await addSent(owner, { text: "on vacation", headers: { "auto-submitted": "auto-replied" } });
    await addSent(owner, { text: "ours", messageId: "<parlance.abc.direct@example.org>" });
    await addSent(owner, { text: "" });
    for (const text of ["one", "two", "three"]) await addSent(owner, { text });
    const texts = async (change?: Partial<OwnHistoryRequest>) => (await read(owner, change)).map((each) => each.text);
    expect(await texts()).toEqual(["one", "two", "three"]);
    expect(await texts({ maxMails: 2 })).toEqual(["two", "three"]);
    expect(await texts({ since: Date.now() - 60_000 })).toEqual([]);
  });

  it("is read in pages, oldest first, and tells how far it is", async () => {
    const owner = person();
    for (let number = 0; number < 230; number += 1) await addSent(owner, { text: `mail ${number}` });
    const steps: string[] = [];
    const startedAt = performance.now();
    const found = await read(owner, { onProgress: (done, of) => void steps.push(`${done}/${of}`) });
    process.stdout.write(`230 mails read in ${Math.round(performance.now() - startedAt)} ms\n`);
    expect(found.map(({ text }) => text)).toEqual(Array.from({ length: 230 }, (_, number) => `mail ${number}`));
    expect(steps).toEqual(["0/230", "100/230", "200/230", "230/230"]);
  });

  it("says what keeps it from being read", async () => {
    const owner = person();
    const options = accountOptions(servers, owner.address, { sentMailbox: "Outbox" });
    await addSent(owner, { text: "there" });
    const missing = read(owner, { options });
    await expect(missing).rejects.toMatchObject({ code: "not-found", message: expect.stringContaining('"Outbox"') });
    const wrong = { ...accountOptions(servers, owner.address).imap, password: "no" };
    const refused = read(owner, { options: { ...accountOptions(servers, owner.address), imap: wrong } });
    await expect(refused).rejects.toMatchObject({ code: "unauthorised" });
    await expect(read(owner, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "aborted" });
  });
});

it("parlance style import --channel takes it into the store, once, and learns from it", async () => {
  const owner = person();
  for (let number = 0; number < 25; number += 1)
    await addSent(owner, { text: `hey, number ${"x".repeat(number + 1)} is fine\n\n-- \nGrace` });
  const { smtp, imap, ca, address } = accountOptions(servers, owner.address);
  const config = { channels: { mail: { platform: "email", mode: "listen", address, ca, imap, smtp } } };
  const home = await createHome(JSON.stringify(config));
  try {
    const first = await home.run(["style", "import", "--channel", "mail", "--yes"]);
    expect(first).toMatchObject({ status: 0, out: expect.stringContaining("channel:mail: 25 messages taken.") });
    expect(first.err).toContain("25 mails of yours, sent in the past 365 days");
    const again = await home.run(["style", "import", "--channel", "mail", "--days", "30", "--json"]);
    expect(JSON.parse(again.out)).toMatchObject({ sources: [{ added: 0, known: 25 }], total: 25, isKnown: true });
    expect(JSON.parse((await home.run(["style", "export"])).out)).toMatchObject({ general: { messages: 25 } });
  } finally {
    await home.remove();
  }
});
