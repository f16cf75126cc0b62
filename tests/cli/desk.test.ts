import { randomUUID } from "node:crypto";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { formatChatId, ownerOf } from "../../channels/webchat/chat-id.ts";
import type { DraftRecord } from "../../src/core/cdc.ts";
import type { DeskInbox } from "../../src/core/desk.ts";
import { conversationId } from "../../src/core/message.ts";
import { createStore, openDatabase, type OpenStore } from "../../src/store/index.ts";
import { findFreePort } from "../doubles/free-port.ts";
import { addApproval, addDecision, addDraft, approvalOf, decisionOf, draftOf, threadOf } from "../web/api/desk-rows.ts";
import { createHome, type Home } from "./program.ts";

const token = "only-for-these-tests-1";
let home: Home;
let url = "";

beforeAll(async () => {
  const port = await findFreePort();
  url = `http://127.0.0.1:${port}`;
  home = await createHome(
    `http: { host: 127.0.0.1, port: ${port}, token: ${token} }\nowner: { timeZone: UTC }\nchannels: { web: { platform: webchat } }\n`,
  );
});
afterAll(() => home.remove());

async function withStore<T>(work: (store: OpenStore) => Promise<T>): Promise<T> {
  const store = await createStore(await openDatabase(home.databasePath));
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** A draft for a chat of the page: it can be sent here. */
async function addWebDraft(id: string, extra: Partial<DraftRecord> = {}): Promise<void> {
  const address = { channel: "web", chat: formatChatId(ownerOf("web:owner"), randomUUID()) };
  const draft = draftOf(id);
  await withStore((store) =>
    addDraft(store, {
      ...draft,
      conversation: conversationId(address),
      message: { id: `draft-${id}`, address, text: "Here it is.", attachments: [] },
      ...extra,
    }),
  );
}

const stateOf = (id: string) => withStore(async ({ cdc }) => (await cdc.draft(id))?.state);
const textOf = (id: string) => withStore(async (store) => (await store.outboxItem(`draft-${id}`))?.message.text);
const json = async (...args: readonly string[]) => JSON.parse((await home.run([...args, "--json"])).out);

function query<Row>(sql: string, ...values: string[]): Row[] {
  const database = new DatabaseSync(home.databasePath, { readOnly: true });
  try {
    return database.prepare(sql).all(...values) as Row[];
  } finally {
    database.close();
  }
}

describe("an empty desk", () => {
  it("is told as such, in words and as JSON, by every command", async () => {
    const commands = ["inbox", "drafts", "approvals", "digest", "follow-ups"];
    const ran = await Promise.all(commands.map((name) => home.run([name])));
    expect(ran.map(({ status, err }) => `${status} ${err}`)).toEqual(commands.map(() => "0 "));
    expect(ran.map(({ out }) => out.trim().split("\n").at(-1))).toEqual([
      "Nothing needs you now.",
      "No draft waits.",
      "No question waits.",
      "Nothing happened, and nothing waits for you.",
      "Nothing is planned, and nothing promised.",
    ]);
    expect(await json("drafts")).toEqual([]);
    expect(await json("approvals")).toEqual([]);
    expect(await json("inbox")).toMatchObject({ drafts: [], threads: [], style: { status: "unknown" } });
    expect(await json("follow-ups")).toEqual({ followUps: [], promises: [] });
    expect(await home.run(["digest", "--last"])).toMatchObject({
      status: 1,
      err: expect.stringContaining("no digest"),
    });
  });

  it("says what is wrong with an order, and does nothing", async () => {
    const ran = await Promise.all([
      home.run(["drafts", "shwo", "abc"]),
      home.run(["drafts", "approve"]),
      home.run(["drafts", "approve", "abc"]),
      home.run(["drafts", "snooze", "abc", "soon"]),
      home.run(["approvals", "deny", "abc"]),
      home.run(["digest", "--hours", "0"]),
    ]);
    expect(ran.map(({ status }) => status)).toEqual([2, 2, 1, 2, 1, 2]);
    expect(ran.map(({ out }) => out).join("")).toBe("");
    expect(ran[0]?.err).toContain('Did you mean "show"?');
    expect(ran[1]?.err).toContain("The id is missing.");
    expect(ran[2]?.err).toContain('There is no draft "abc".');
  });
});

describe("what waits", () => {
  beforeAll(async () => {
    await addWebDraft("aaa", {
      question: { senderId: "mail:ada", senderName: "Ada\u202e\u001b[31m", text: "Could you\nsend it?" },
      message: { ...draftOf("aaa").message, text: "Here \u200bit\nis.", subject: "Report" },
    });
    await withStore(async (store) => {
      await addDecision(
        store,
        decisionOf("bbb", { action: "escalate", tellsOwner: true, excerpt: "The door is open." }),
      );
      await addApproval(store, approvalOf("ppp", { question: "May I?\n\n```\nrm \\*\n```" }));
      await store.write(async ({ cdc }) => {
        await cdc.saveThread(threadOf("mail/chat-ccc", { reason: "Ada asked *when*" }));
        const promise = { conversation: "mail/chat-ccc", person: "Ada", at: 5, state: "open" as const };
        await cdc.addPromise({ ...promise, id: "p1", madeBy: "owner", due: "2027-03-06", text: "I send the report." });
        await cdc.addPromise({ ...promise, id: "p2", madeBy: "other", text: "I bring cake." });
        await cdc.addFollowUp({
          id: "f1",
          conversation: "mail/chat-ccc",
          kind: "reminder",
          ref: "mail/chat-ccc",
          reason: "nobody said when",
          state: "waiting",
          dueAt: Date.UTC(2027, 2, 5, 9),
          createdAt: 5,
        });
      });
    });
  });

  it("is shown by inbox, without anything hidden in it", async () => {
    const { status, out } = await home.run(["inbox"]);
    expect(status).toBe(0);
    for (const part of [
      "Drafts that wait (1)",
      "Questions (1)",
      "Threads to answer (1)",
      "What you were told today (1)",
    ])
      expect(out).toContain(part);
    expect(out).toContain("Ada⟨U+202E⟩");
    expect(out).toContain("Later: 3 planned or promised (parlance follow-ups).");
    // No colours in a pipe, whoever wrote them.
    expect(out).not.toContain("\u001b");
    const found = (await json("inbox")) as DeskInbox;
    expect([found.drafts, found.approvals, found.threads, found.told].map((list) => list.length)).toEqual([1, 1, 1, 1]);
  });

  it("is shown in full by drafts show and approvals", async () => {
    const { out } = await home.run(["drafts", "show", "aaa"]);
    for (const part of [
      "waits for you",
      "│ Could you\n│ send it?",
      "│ Here ⟨U+200B⟩it\n│ is.",
      "80 of 100",
      ": Report",
    ])
      expect(out).toContain(part);
    const questions = await home.run(["approvals"]);
    expect(questions.out).toContain("send_message in mail/room");
    // Exactly what would be done: nothing of it is taken for CommonMark.
    expect(questions.out).toContain("rm \\*");
    expect(await json("drafts", "show", "aaa")).toMatchObject({ id: "aaa", state: "pending", subject: "Report" });
  });

  it("is told by digest, which tells it as often as it is asked", async () => {
    const first = await home.run(["digest"]);
    expect(first.out).toContain("Ada asked *when*");
    expect(first.out).toContain("parlance drafts show aaa");
    expect((await home.run(["digest", "--hours", "24"])).out).toBe(first.out);
    await withStore((store) =>
      store.write(({ cdc }) =>
        cdc.addDigest(
          { id: "d1", name: "daily", slotAt: 5, text: "**Then** [open](http://x.example/#/a)", entries: 0, at: 5 },
          [],
        ),
      ),
    );
    expect((await home.run(["digest", "--last"])).out).toBe("Then http://x.example/#/a\n");
    expect(await json("digest", "--last")).toMatchObject({ id: "d1", name: "daily" });
  });

  it("is a list of follow-ups, and a calendar", async () => {
    const { out } = await home.run(["follow-ups"]);
    expect(out).toMatch(/2027-03-05 09:00 +you are reminded that nobody answered +mail\/chat-ccc +nobody said when/);
    expect(out).toMatch(/2027-03-06 +you +mail\/chat-ccc +I send the report\./);
    const path = join(home.folder, "promises.ics");
    expect(await home.run(["follow-ups", "--ics", path])).toMatchObject({
      status: 0,
      out: expect.stringContaining("3 entries"),
    });
    const calendar = await readFile(path, "utf8");
    expect(calendar).toMatch(/^BEGIN:VCALENDAR\r\n/);
    expect(
      calendar
        .match(/^UID:.*$/gm)
        ?.map((line) => line.trim())
        .toSorted(),
    ).toEqual(["UID:follow-up-f1@parlance", "UID:promise-p1@parlance", "UID:promise-p2@parlance"]);
    const printed = await home.run(["follow-ups", "--ics", "-"]);
    expect(printed.out.match(/^BEGIN:V(EVENT|TODO)/gm)).toHaveLength(3);
    expect(await home.run(["follow-ups", "--ics", join(home.folder, "no", "x.ics")])).toMatchObject({ status: 2 });
  });
});

describe("answers while no service runs", () => {
  it("wait for one, and say so", async () => {
    await addWebDraft("late");
    const { status, out } = await home.run(["drafts", "approve", "late"]);
    expect([status, out]).toEqual([0, expect.stringContaining("No service is running")]);
    expect(await stateOf("late")).toBe("approved");
    expect(await home.run(["drafts", "approve", "late"])).toMatchObject({
      status: 1,
      err: expect.stringContaining("answered already"),
    });
  });

  it("reject sends nothing, snooze shows it again", async () => {
    await addWebDraft("no");
    await addWebDraft("later");
    expect(await home.run(["drafts", "reject", "no"])).toMatchObject({ status: 0, out: "Dropped. Nothing is sent.\n" });
    expect(await stateOf("no")).toBe("denied");
    const before = Date.now();
    const snoozed = await json("drafts", "snooze", "later", "2h");
    expect(snoozed.draft.snoozedUntil).toBeGreaterThanOrEqual(before + 7_200_000);
    expect(await withStore(({ cdc }) => cdc.waitingFollowUps(10))).toEqual(
      expect.arrayContaining([expect.objectContaining({ kind: "snooze", ref: "later" })]),
    );
    expect((await home.run(["drafts"])).out).toMatch(/later +Ada +web +off until /);
    expect(await textOf("no")).toBeUndefined();
    expect(await home.run(["approvals", "deny", "ppp"])).toMatchObject({
      status: 0,
      out: expect.stringContaining("Denied."),
    });
    expect(await withStore(async (store) => (await store.approval("ppp"))?.state)).toBe("denied");
    const who = query<{ actor: string }>("select actor from audit where kind in ('draft.denied', 'approval.answered')");
    expect(who).toEqual([{ actor: "cli" }, { actor: "cli" }]);
  });
});

describe("drafts edit", () => {
  /** An editor that is a program with options, as VISUAL may be. */
  async function editor(script: string): Promise<string> {
    const path = join(home.folder, `editor-${randomUUID()}.sh`);
    await writeFile(path, `#!/bin/sh\n[ "$1" = --wait ] && shift\n${script}\n`);
    await chmod(path, 0o700);
    return `${path} --wait`;
  }
  const editWith = async (id: string, script: string, ...args: readonly string[]) => {
    await writeFile(join(home.folder, ".env"), `EDITOR=${await editor(script)}\n`);
    return home.run(["drafts", "edit", id, ...args]);
  };

  it("sends the words that are given, after showing what they change", async () => {
    await addWebDraft("e1");
    const { status, out } = await home.run(["drafts", "edit", "e1", "Here", "they", "are.", "--yes"]);
    expect(status).toBe(0);
    expect(out).toContain("Here [-it-]{+they+} [-is-]{+are+}.");
    expect([await stateOf("e1"), await textOf("e1")]).toEqual(["edited", "Here they are."]);
    expect(await withStore(async ({ cdc }) => (await cdc.draft("e1"))?.sentText)).toBe("Here they are.");
    // What was made of it is known of the persona, as when it is answered in a chat.
    expect(query("select outcome from persona_outcome where ref = 'draft-e1'")).toEqual([{ outcome: "edited" }]);
  });

  it("reads them from standard input, and sends nothing where nobody can be asked", async () => {
    await addWebDraft("e2");
    const asked = await home.run(["drafts", "edit", "e2", "-"], "In a file.\n");
    expect(asked).toMatchObject({ status: 2, err: expect.stringContaining("--yes") });
    expect([await stateOf("e2"), await textOf("e2")]).toEqual(["pending", undefined]);
    const { out } = await home.run(["drafts", "edit", "e2", "-", "--yes", "--json"], "In a file.\n");
    expect(JSON.parse(out)).toMatchObject({ draft: { id: "e2", state: "edited" }, isServiceRunning: false });
    expect(await textOf("e2")).toBe("In a file.");
  });

  it("opens the editor, and takes what stands above the line", async () => {
    await addWebDraft("e3", { question: { senderId: "mail:ada", senderName: "Ada", text: "Send it?\n# now" } });
    const seen = join(home.folder, "seen");
    const { status, err } = await editWith(
      "e3",
      `cp "$1" ${seen}; stat -c %a "$1" > ${seen}.mode; sed -i 's/it is/they are/' "$1"`,
      "--yes",
    );
    expect([status, err]).toEqual([0, ""]);
    expect(await textOf("e3")).toBe("Here they are.");
    expect(await readFile(seen, "utf8")).toMatch(
      /^Here it is\.\n\n# -+ >8 -+\n[^]*Ada wrote:\n# Send it\?\n# # now\n$/,
    );
    expect(await readFile(`${seen}.mode`, "utf8")).toBe("600\n");
  });

  it("sends nothing when the editor leaves it as it was or empty, or fails", async () => {
    await addWebDraft("e4");
    const ran = [
      await editWith("e4", "true", "--yes"),
      await editWith("e4", ': > "$1"', "--yes"),
      await editWith("e4", 'echo other > "$1"; exit 3', "--yes"),
    ];
    expect(ran.map(({ status }) => status)).toEqual([1, 1, 1]);
    expect(ran.map(({ err }) => err)).toEqual([
      expect.stringContaining("Nothing was changed"),
      expect.stringContaining("no words"),
      expect.stringContaining("The editor failed"),
    ]);
    expect([await stateOf("e4"), await textOf("e4")]).toEqual(["pending", undefined]);
  });
});

describe("beside a running service", () => {
  beforeAll(() => home.start());

  it("sends what waited for it, and what is approved now within a second or two", async () => {
    await vi.waitFor(
      () => expect(query("select state from outbox where id = 'draft-late'")).toEqual([{ state: "sent" }]),
      {
        timeout: 10_000,
      },
    );
    await addWebDraft("now");
    const ran = await home.run(["drafts", "approve", "now"]);
    const approvedAt = performance.now();
    expect(ran.out).toContain("the running service sends it");
    await vi.waitFor(async () => expect(await stateOf("now")).toBe("sent"), { timeout: 10_000, interval: 20 });
    process.stdout.write(`sent ${Math.round(performance.now() - approvedAt)} ms after the command ended\n`);
  });

  it("carries out once what is approved here and in the chat at the same moment, and says so to the other", async () => {
    for (let round = 0; round < 2; round += 1) {
      const id = `c${round}`;
      await addWebDraft(id);
      const [here, chat] = await Promise.all([
        home.run(["drafts", "approve", id]),
        home.run(["chat", `/approve ${id}`]),
      ]);
      const isHere = here.status === 0;
      expect(chat.out.trim()).toBe(isHere ? "This was answered already." : "Sent.");
      if (!isHere) expect(here.err).toContain("answered already");
      await vi.waitFor(async () => expect(await stateOf(id)).toBe("sent"), { timeout: 10_000 });
      expect(query("select id from outbox where id = ?", `draft-${id}`)).toHaveLength(1);
      expect(
        query("select kind from audit where kind = 'draft.approved' and details like ?", `%"${id}"%`),
      ).toHaveLength(1);
    }
  });

  it("lets a turn go on within seconds whose question is answered here", async () => {
    await withStore(async (store) => {
      const taken = await store.takeLease("web/room", "test", Date.now(), 60_000);
      await addApproval(store, approvalOf("qqq", { conversation: "web/room" }));
      await store.write(async (transaction) => taken && (await transaction.releaseLease(taken.lease)));
    });
    const stateOfTurn = () => query<{ state: string }>("select state from turn where id = 'turn-qqq'")[0]?.state;
    expect(stateOfTurn()).toBe("waiting");
    expect((await home.run(["approvals", "approve", "qqq"])).out).toContain(
      "The running service goes on within seconds.",
    );
    const answeredAt = performance.now();
    await vi.waitFor(() => expect(stateOfTurn()).not.toMatch(/waiting|ready/), { timeout: 15_000, interval: 50 });
    process.stdout.write(`its turn went on ${Math.round(performance.now() - answeredAt)} ms after the command ended\n`);
    expect(await home.run(["approvals", "approve", "qqq"])).toMatchObject({ status: 1 });
  });

  it("carries out once what is answered here, on the page and in a second terminal at the same moment", async () => {
    for (let round = 0; round < 3; round += 1) {
      const id = `r${round}`;
      await addWebDraft(id);
      // A program begins more slowly than the page answers: now this one is first, now another.
      const page = async () => {
        await sleep(round * 600);
        const response = await fetch(`${url}/api/drafts/${id}`, {
          method: "POST",
          headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
          body: '{"kind":"approve"}',
        });
        return response.status;
      };
      const [one, other, status] = await Promise.all([
        home.run(["drafts", "approve", id]),
        home.run(["drafts", "edit", id, "In my words.", "--yes"]),
        page(),
      ]);
      const won = [one.status === 0, other.status === 0, status === 200].filter(Boolean);
      expect(won).toHaveLength(1);
      expect([200, 409]).toContain(status);
      await vi.waitFor(async () => expect(await stateOf(id)).toBe("sent"), { timeout: 10_000 });
      const answers = query("select kind from audit where details like ? and kind like 'draft.%'", `%"${id}"%`);
      expect(answers).toHaveLength(1);
      expect(query("select id from outbox where id = ?", `draft-${id}`)).toHaveLength(1);
      expect(await textOf(id)).toBe(other.status === 0 ? "In my words." : "Here it is.");
    }
  });
});
