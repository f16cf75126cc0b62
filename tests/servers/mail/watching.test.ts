import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import MailComposer from "nodemailer/lib/mail-composer";
import { styleFacts } from "../../../src/pipeline/desk/known-manner.ts";
import { learnStyle } from "../../../src/style/learn.ts";
import { createFakeOpenAi, type FakeOpenAi } from "../../doubles/fake-openai.ts";
import { startTestApp, type TestApp } from "../../doubles/test-app.ts";
import { accountOptions, createPerson, freshAddress, type MailPerson } from "./person.ts";
import { startMailServers, type MailServers } from "./start.ts";

/*
 * The whole service on a mail account of its owner: a real Dovecot and OpenSMTPD, a model that says what it is told.
 */

let servers: MailServers;
let model: FakeOpenAi;
beforeAll(async () => {
  servers = await startMailServers();
  model = await createFakeOpenAi();
});
afterAll(async () => {
  await model?.close();
  await servers?.stop();
});

const answer = "Hello Ada,\n\nI will send the report tonight.\n\nBest regards";
const quiet = 6_000;
let address: string;
let owner: MailPerson;
let ada: MailPerson;
let app: TestApp | undefined;
beforeEach(async () => {
  model.set({ mode: "text", text: answer });
  address = freshAddress("owner");
  owner = createPerson(servers, address);
  ada = createPerson(servers, freshAddress("ada"));
  await owner.create("Sent");
});
afterEach(async () => {
  await app?.close();
  app = undefined;
});

async function start(
  reply: object,
  { mode = "open", of = address, folder }: { mode?: string; of?: string; folder?: string } = {},
) {
  const account = accountOptions(servers, of);
  const yaml = JSON.stringify({
    http: { port: 0 },
    owner: { name: "Grace", timeZone: "UTC" },
    models: {
      default: "m",
      aliases: { m: { provider: "openai-compatible", model: "fake", baseUrl: model.url } },
    },
    channels: {
      web: { platform: "webchat" },
      mail: { platform: "email", mode, access: "open", reply, ...account },
    },
  });
  const started = await startTestApp(yaml, {}, folder);
  await until(async () => (await started.app.store.channelState("mail", "cursor:INBOX")) !== undefined, 20_000);
  return started;
}

async function until(isSo: () => boolean | Promise<boolean>, timeoutMs = 20_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`It did not come to be: ${String(isSo)}`);
    await pause(100);
  }
}

const store = () => (app as TestApp).app.store;
const pending = () => store().cdc.pendingDrafts(Date.now(), 10);
/** A mailbox that is empty, or not there, cannot be fetched from. */
const mailsOf = (person: MailPerson, mailbox?: string) => person.read(mailbox).catch(() => []);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
async function sendByHand(mail: {
  to: string;
  subject: string;
  text: string;
  [field: string]: unknown;
}): Promise<void> {
  const messageId = await owner.send(mail);
  const raw = await new MailComposer({ from: address, ...mail, messageId }).compile().build();
  await owner.append(raw.toString("latin1"), "Sent");
}

describe("an account that is answered for", () => {
  it("answers a question once, in its thread and in the owner's manner", async () => {
    app = await start({ action: "auto" });
    const own = Array.from({ length: 40 }, (_, index) => ({
      text: `hey ${["tom", "ann", "joe"][index % 3]}, i will look at it today\n\ncheers`,
      at: Date.now() - index * 1_000,
    }));
    await store().write((transaction) => transaction.cdc.setFact(styleFacts.profile, learnStyle(own)));
    const asked = await ada.send({ to: address, subject: "The report", text: "Could you send me the report?" });
    const [mail] = await ada.waitFor(1);
    expect(mail?.subject).toBe("Re: The report");
    expect(mail?.inReplyTo).toBe(asked);
    expect([mail?.references].flat()).toContain(asked);
    expect(mail?.text).toMatch(/i(?:'ll| will) send the report tonight/);
    expect(mail?.text?.split("\n>")[0]).toMatch(/cheers/);
    expect(mail?.text).not.toContain("Best regards");
    await pause(2_000);
    expect(await mailsOf(ada)).toHaveLength(1);
  });

  it("answers no list, auto-reply, no-reply, bounce, and nothing of its own", async () => {
    app = await start({ action: "auto" });
    const before = model.stats.requests;
    const text = "Could you confirm your address, please?";
    await ada.send({ to: address, subject: "List", text, headers: { "List-Id": "<news.example.org>" } });
    await ada.send({ to: address, subject: "Away", text, headers: { "Auto-Submitted": "auto-replied" } });
    const robot = createPerson(servers, freshAddress("no-reply"));
    await robot.send({ to: address, subject: "Robot", text });
    await owner.append(
      `Return-Path: <>\nFrom: ${ada.address}\nTo: ${address}\nSubject: Bounce\nMessage-ID: <bounce-${Date.now()}@example.org>\nDate: ${new Date().toUTCString()}\n\n${text}\n`,
    );
    await owner.send({ to: address, subject: "Mine", text });
    await ada.send({ to: address, subject: "Thanks", text: "Thank you for yesterday!" });
    await owner.waitFor(6);
    await until(async () => (await store().cdc.decisions({ limit: 20 })).length >= 5, 20_000);
    await pause(2_000);
    expect(await mailsOf(ada)).toEqual([]);
    expect(await mailsOf(robot)).toEqual([]);
    expect(model.stats.requests).toBe(before);
  });

  it("stays silent where the owner answers while the answer is written", async () => {
    app = await start({ action: "auto" });
    const before = model.stats.requests;
    model.set({ mode: "slow", text: answer, delayMs: 3_000, chunks: 1 });
    const asked = await ada.send({ to: address, subject: "The report", text: "Could you send me the report?" });
    await until(() => model.stats.requests > before);
    await sendByHand({
      to: ada.address,
      subject: "Re: The report",
      text: "Here it is.",
      inReplyTo: asked,
      references: asked,
    });
    await until(async () => (await store().cdc.decisions({ limit: 5 })).length > 0, 30_000);
    await pause(1_000);
    const mails = await mailsOf(ada);
    expect(mails.map(({ text }) => text?.trim())).toEqual(["Here it is."]);
    expect((await store().cdc.decisions({ limit: 5 }))[0]?.reasons[0]).toContain("you have answered");
  });

  it("keeps to its limit for each sender, also across a restart", async () => {
    app = await start({ action: "auto", perSenderPerHour: 2 });
    for (const subject of ["One", "Two"])
      await ada.send({ to: address, subject, text: `Could you send me report ${subject}?` });
    await ada.waitFor(2);
    const { folder } = app;
    await app.app.close();
    app = await start({ action: "auto", perSenderPerHour: 2 }, { folder });
    await ada.send({ to: address, subject: "Three", text: "Could you send me report three?" });
    await until(async () => (await store().cdc.decisions({ limit: 9 })).length >= 3, 20_000);
    await pause(1_500);
    expect(await mailsOf(ada)).toHaveLength(2);
    expect((await store().cdc.decisions({ limit: 1 }))[0]).toMatchObject({ subject: "Three", action: "digest" });
  });

  it("and another bot end their talk by themselves", async () => {
    app = await start({ action: "auto" });
    const other = freshAddress("other");
    const second = await start({ action: "auto" }, { of: other });
    model.set({ mode: "text", text: "Could you tell me more about it?" });
    try {
      const third = createPerson(servers, other);
      // Somebody writes to one of them in the other's name, as a form on a web page may.
      await third.send({ to: address, subject: "Hello", text: "Could you tell me more about it?" });
      await third.waitFor(1);
      await pause(quiet);
      expect((await mailsOf(third)).length + (await mailsOf(owner)).length).toBeLessThanOrEqual(2 + 3);
      const before = (await mailsOf(third)).length;
      await pause(quiet);
      expect(await mailsOf(third)).toHaveLength(before);
    } finally {
      await second.close();
    }
  });
});

describe("an account that is only listened to", () => {
  it("drafts, shows the draft among the account's own, and takes it away when the owner answers", async () => {
    app = await start({ action: "draft" }, { mode: "listen" });
    const asked = await ada.send({ to: address, subject: "The report", text: "Could you send me the report?" });
    await until(async () => (await pending()).length === 1, 20_000);
    await until(async () => (await mailsOf(owner, "Drafts")).length === 1, 20_000);
    const [drafted] = await owner.read("Drafts");
    expect(drafted?.inReplyTo).toBe(asked);
    expect(drafted?.text).toContain("I will send the report tonight.");
    expect(await mailsOf(ada)).toEqual([]);

    await sendByHand({
      to: ada.address,
      subject: "Re: The report",
      text: "Here it is, with love.",
      inReplyTo: asked,
      references: asked,
    });
    await until(async () => (await pending()).length === 0, 40_000);
    expect((await store().cdc.recentDrafts(0, 5))[0]).toMatchObject({
      state: "overtaken",
      sentText: expect.stringContaining("with love") as string,
    });
    await until(async () => (await mailsOf(owner, "Drafts")).length === 0, 20_000);
    expect(await mailsOf(ada)).toHaveLength(1);
  });

  it("sends in the thread, once, what the owner approved", async () => {
    app = await start({ action: "draft" }, { mode: "listen" });
    const asked = await ada.send({ to: address, subject: "The report", text: "Could you send me the report?" });
    await until(async () => (await pending()).length === 1, 20_000);
    const [draft] = await pending();
    const approve = () =>
      (app as TestApp).call(`/api/drafts/${draft?.id}`, { body: { kind: "edit", text: "Tonight, promised." } });
    const answers = await Promise.all([approve(), approve()]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
    const [mail] = await ada.waitFor(1);
    expect(mail?.inReplyTo).toBe(asked);
    expect(mail?.text).toContain("Tonight, promised.");
    await pause(1_500);
    expect(await mailsOf(ada)).toHaveLength(1);
    expect((await store().cdc.draft(draft?.id ?? ""))?.state).toBe("sent");
    await until(async () => (await mailsOf(owner, "Drafts")).length === 0, 20_000);
  });
});
