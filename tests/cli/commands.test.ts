import { randomUUID } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { formatChatId, ownerOf } from "../../channels/webchat/chat-id.ts";
import { connectChat } from "../../src/cli/chat/connect.ts";
import type { InboundMessage, OutboundMessage } from "../../src/core/message.ts";
import { conversationId } from "../../src/core/message.ts";
import { createStore, openDatabase } from "../../src/store/index.ts";
import { findFreePort } from "../doubles/free-port.ts";
import { createHome, type Home } from "./program.ts";

const token = "only-for-these-tests-1";
const chat = randomUUID();
const address = { channel: "web", chat: formatChatId(ownerOf("web:owner"), chat) };
const conversation = conversationId(address);

let home: Home;
let port = 0;

beforeAll(async () => {
  port = await findFreePort();
  home = await createHome(
    `http: { host: 127.0.0.1, port: ${port}, token: ${token} }\nchannels: { web: { platform: webchat }, rest: { platform: webchat, mode: off } }\n`,
  );
  await seed();
  await home.start();
});
afterAll(() => home.remove());

/** What a service may leave behind: mail given up, sends that failed, sends that nobody knows about, a stranger. */
async function seed(): Promise<void> {
  const earlier = Date.now() - 60_000;
  const store = await createStore(await openDatabase(home.databasePath), { now: () => earlier });
  const mail: InboundMessage = {
    id: randomUUID(),
    address,
    sender: { id: "web:owner", name: "Ada", isBot: false },
    text: "Nobody answered this.",
    attachments: [],
    isAddressed: true,
    isGroup: false,
    sentAt: earlier,
    kind: "message",
  };
  const out = (id: string): OutboundMessage => ({ id, address, text: `Text of ${id}.`, attachments: [] });
  await store.write((transaction) => transaction.addInbox(mail, conversation, "new"));
  const seqs = (await store.unreadMail(conversation, 1)).map(({ seq }) => seq);
  await store.write(async (transaction) => {
    await transaction.markInboxDone(seqs, "turn-1");
    await transaction.addDeadLetter({
      id: "turn-1",
      kind: "turn",
      ref: conversation,
      reason: "the model failed",
      at: earlier,
    });
    await transaction.addOutbox(["failed-1", "failed-2", "unsure-1", "unsure-2"].map(out), conversation);
    for (const id of ["failed-1", "failed-2"]) {
      await transaction.updateOutbox(id, { state: "failed", attempts: 12, error: "not reached" });
      await transaction.addDeadLetter({
        id: `letter-${id}`,
        kind: "send",
        ref: id,
        reason: "not reached",
        at: earlier,
      });
    }
    for (const id of ["unsure-1", "unsure-2"])
      await transaction.updateOutbox(id, { state: "uncertain", error: "cut off" });
    const person = { id: "web:linus", name: "Linus", isBot: false };
    const request = {
      code: "7KQ2M9",
      person,
      address: { channel: "web", chat: "linus" },
      expiresAt: Date.now() + 600_000,
    };
    await transaction.addPairing(request, earlier);
    await transaction.audit({ kind: "test.seeded", actor: "system", subject: conversation }, earlier);
  });
  await store.close();
}

function query<Row>(sql: string, ...values: string[]): Row[] {
  const database = new DatabaseSync(home.databasePath, { readOnly: true });
  try {
    return database.prepare(sql).all(...values) as Row[];
  } finally {
    database.close();
  }
}

const stateOf = (id: string): string | undefined =>
  query<{ state: string }>("select state from outbox where id = ?", id)[0]?.state;

describe("chat", () => {
  it("answers one question from the arguments or from standard input", async () => {
    const [fromArguments, fromInput] = await Promise.all([
      home.run(["chat", "hello", "there"]),
      home.run(["chat"], "hi\n"),
    ]);
    for (const ran of [fromArguments, fromInput]) {
      expect(ran).toMatchObject({ status: 0, err: "" });
      expect(ran.out).toContain("No language model is set up");
    }
  });

  it("goes on with a chat, prints JSON, and runs commands", async () => {
    const first = JSON.parse((await home.run(["chat", "--json", "/whoami"])).out);
    expect(first.text).toContain("web:owner");
    const second = await home.run(["chat", "--chat", first.chat, "--json", "/stats"]);
    expect(JSON.parse(second.out)).toMatchObject({
      chat: first.chat,
      text: expect.stringContaining("Did you mean /status?"),
    });
    expect(query("select id from conversation where id like ?", `%${first.chat}`)).toHaveLength(1);
  });

  it("says what keeps it from talking", async () => {
    const [wrongToken, wrongChannel, wrongChat, nothing, elsewhere] = await Promise.all([
      home.run(["chat", "--token", "another-token-entirely", "hi"]),
      home.run(["chat", "--channel", "wen", "hi"]),
      home.run(["chat", "--chat", "latest", "hi"]),
      home.run(["chat"], " \n"),
      home.run(["chat", "--url", `http://127.0.0.1:${await findFreePort()}`, "hi"]),
    ]);
    expect(wrongToken).toMatchObject({ status: 1, err: expect.stringContaining("The token does not fit.") });
    expect(wrongChannel).toMatchObject({ status: 1, err: expect.stringContaining('Did you mean "web"?') });
    expect(wrongChat).toMatchObject({ status: 2, err: expect.stringContaining("not the id of a chat") });
    expect(nothing).toMatchObject({ status: 2, err: expect.stringContaining("no text") });
    expect(elsewhere).toMatchObject({ status: 1, err: expect.stringContaining("parlance start") });
  });
});

describe("send", () => {
  it("reaches a page that is open, and its transcript", async () => {
    const place = { url: `http://127.0.0.1:${port}`, token };
    const newChat = randomUUID();
    const choice = { channel: "web", chat: newChat, isContinued: false };
    const page = await connectChat(place, choice);
    const target = `web/${formatChatId(ownerOf("web:owner"), newChat)}`;
    const ran = await home.run(["send", target, "-", "--wait", "--json"], "From the **terminal**.\n");
    const sent = JSON.parse(ran.out);
    expect(ran.status).toBe(0);
    expect(sent).toMatchObject({ state: "sent", isServiceRunning: true });
    await vi.waitFor(() => expect(page.state().entries.map(({ text }) => text)).toEqual(["From the **terminal**."]));
    page.close();
    const later = await connectChat(place, choice);
    expect(later.state().entries.map(({ id }) => id)).toEqual([sent.id]);
    expect(later.state().chats?.some((one) => one.chat === newChat)).toBe(true);
    later.close();
    const audited = query("select actor from audit where kind = 'message.queued' and details like ?", `%${sent.id}%`);
    expect(audited).toEqual([{ actor: "cli" }]);
  });

  it("refuses addresses that lead nowhere", async () => {
    const [noChannel, off, noChat] = await Promise.all([
      home.run(["send", "wbe/x", "hi"]),
      home.run(["send", "rest/x", "hi"]),
      home.run(["send", "web", "hi"]),
    ]);
    expect(noChannel).toMatchObject({ status: 1, err: expect.stringContaining('Did you mean "web"?') });
    expect(off).toMatchObject({ status: 1, err: expect.stringContaining("is off") });
    expect(noChat).toMatchObject({ status: 2, err: expect.stringContaining("channel/chat") });
  });
});

describe("doctor and channels", () => {
  it("finds a healthy service healthy", async () => {
    const ran = await home.run(["doctor", "--json"]);
    const { isHealthy, findings } = JSON.parse(ran.out);
    expect({ status: ran.status, isHealthy }).toEqual({ status: 0, isHealthy: true });
    const states = Object.fromEntries(
      findings.map((finding: { name: string; state: string }) => [finding.name, finding.state]),
    );
    expect(states).toMatchObject({
      node: "ok",
      configuration: "ok",
      "data folder": "ok",
      database: "ok",
      queue: "ok",
      clock: "ok",
      "dead letters": "warning",
      audit: "ok",
      service: "ok",
      "channel web": "ok",
      "channel rest": "skipped",
      model: "warning",
    });
  });

  it("tells the state of the channels", async () => {
    const { out } = await home.run(["channels", "--json"]);
    expect(JSON.parse(out)).toEqual([
      { name: "web", platform: "webchat", mode: "mention", access: "pairing", state: "up" },
      { name: "rest", platform: "webchat", mode: "off", access: "pairing", state: "off" },
    ]);
  });
});

describe("dead-letters", () => {
  const list = async (): Promise<{ id: string; kind: string }[]> =>
    JSON.parse((await home.run(["dead-letters", "list", "--json"])).out);

  it("shows them, does them again once, and discards them", async () => {
    expect((await list()).map(({ id, kind }) => `${kind} ${id}`).toSorted()).toEqual([
      "send letter-failed-1",
      "send letter-failed-2",
      "turn turn-1",
      "uncertain unsure-1",
      "uncertain unsure-2",
    ]);
    const shown = await home.run(["dead-letters", "show", "letter-failed-1"]);
    expect(shown).toMatchObject({ status: 0, out: expect.stringContaining("Text of failed-1.") });

    const decisions = [
      ["retry", "turn-1"],
      ["retry", "letter-failed-1"],
      ["discard", "letter-failed-2"],
      ["retry", "unsure-1"],
      ["discard", "unsure-2"],
    ];
    const done = await Promise.all(decisions.map(([action = "", id = ""]) => home.run(["dead-letters", action, id])));
    expect(done.map(({ status, err }) => `${status} ${err}`)).toEqual(decisions.map(() => "0 "));
    expect(await list()).toEqual([]);

    await vi.waitFor(
      () => {
        expect(["failed-1", "failed-2", "unsure-1", "unsure-2"].map(stateOf)).toEqual([
          "sent",
          "failed",
          "sent",
          "dropped",
        ]);
        const answers = query<{ text: string }>(
          "select text from message where conversation = ? and role = 'assistant'",
          conversation,
        );
        expect(answers.map(({ text }) => text)).toEqual([expect.stringContaining("No language model is set up")]);
      },
      { timeout: 15_000, interval: 100 },
    );

    const again = await Promise.all([
      home.run(["dead-letters", "retry", "turn-1"]),
      home.run(["dead-letters", "retry", "unsure-1"]),
      home.run(["dead-letters", "retry", "unsure-3"]),
    ]);
    expect(again.map(({ status }) => status)).toEqual([1, 1, 1]);
    expect(again.map(({ err }) => err.split("\n")[0])).toEqual([
      "This one was retried already.",
      "This message is not uncertain: it is sent.",
      "There is no dead letter with this id.",
    ]);
  });
});

describe("pair", () => {
  const roleOf = (id: string): string | undefined =>
    query<{ role: string }>("select role from person where id = ?", id)[0]?.role;

  it("lets in who showed a code, once, and keeps people out", async () => {
    expect(JSON.parse((await home.run(["pair", "list", "--json"])).out)).toMatchObject([
      { code: "7KQ2M9", person: "web:linus", name: "Linus" },
    ]);
    const both = await Promise.all([home.run(["pair", "confirm", "7kq2m9"]), home.run(["pair", "confirm", "7KQ2M9"])]);
    expect(both.some(({ status }) => status === 0)).toBe(true);
    expect(roleOf("web:linus")).toBe("member");
    expect(query("select seq from audit where kind = 'pairing.confirmed'")).toHaveLength(1);
    await vi.waitFor(() => expect(stateOf("paired-7KQ2M9")).toBe("sent"), { timeout: 5_000 });
    expect(await home.run(["pair", "confirm", "7KQ2M9"])).toMatchObject({ status: 1 });

    expect(await home.run(["pair", "block", "web:linus"])).toMatchObject({ status: 0 });
    expect(roleOf("web:linus")).toBe("blocked");
    expect(await home.run(["pair", "block", "linus"])).toMatchObject({ status: 2 });
    expect(await home.run(["pair", "allow", "web:linus"])).toMatchObject({ status: 0 });
    expect(roleOf("web:linus")).toBe("member");
  });
});

it("verifies the audit that all of this wrote", async () => {
  expect(await home.run(["audit", "verify"])).toMatchObject({ status: 0, out: expect.stringContaining("intact") });
});
