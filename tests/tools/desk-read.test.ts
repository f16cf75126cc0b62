import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createStore, openDatabase, type OpenStore } from "../../src/store/index.ts";
import { createDeskRead } from "../../src/tools/messages/desk-read.ts";
import { createToolContext, testTool } from "../contracts/tool.ts";
import { addDecision, addDraft, decisionOf, draftOf, threadOf } from "../web/api/desk-rows.ts";

const now = Date.UTC(2030, 0, 31, 12);
const day = 86_400_000;
let store: OpenStore;
const folder = mkdtemp(join(tmpdir(), "parlance-desk-read-"));
beforeAll(async () => {
  store = await createStore(await openDatabase(join(await folder, "store.db")), { now: () => now });
});
afterAll(async () => {
  await store.close();
  await store.database.close();
  await rm(await folder, { recursive: true, force: true });
});

const create = (desk: Parameters<typeof createDeskRead>[0]["desk"]) =>
  createDeskRead({
    desk,
    digest: async (hours, maxChars) => `digest of ${hours} h, ${maxChars} characters`,
    isOwner: (id) => id === "chat:1",
    timeZone: "UTC",
    cleanText: String,
  });
const empty = async () => [];
testTool("desk_read", {
  create: () => {
    const full = Array.from({ length: 40 }, (_, index) => draftOf(`d${index}`));
    const tool = create({
      threads: empty,
      pendingDrafts: async () =>
        full.map((draft) => ({ ...draft, question: { ...draft.question, text: "x".repeat(9_000) } })),
      openPromises: empty,
      waitingFollowUps: empty,
      decisions: empty,
    });
    return { ...tool, run: (input, context) => tool.run(input, { ...context, isGroup: false }) };
  },
  good: [{ what: "digest" }, { what: "drafts" }, { what: "to-answer", olderThanDays: 2 }, { what: "promises" }],
});

describe("desk_read", () => {
  const read = async (what: string, more: object = {}) =>
    create(store.cdc).run({ what, ...more }, createToolContext({ isGroup: false }));

  it("says first how many there are, and has nothing from outside where there are none", async () => {
    const kinds = ["drafts", "to-answer", "awaiting", "promises", "follow-ups"];
    const outputs = await Promise.all(kinds.map((what) => read(what)));
    expect(outputs).toEqual(
      ["Drafts: 0", "Threads: 0", "Threads: 0", "Promises: 0", "Reminders: 0"].map((text) => ({
        text,
        isOutside: false,
      })),
    );
  });

  it("tells of drafts, threads, promises and reminders by the names that people know", async () => {
    await addDraft(store, draftOf("3f9a2c", { createdAt: now - 3_600_000 }));
    await addDecision(
      store,
      decisionOf("d1", { conversation: "mail/roof", subject: "Quote for the roof", at: now - 5 * day }),
    );
    await store.write(async ({ cdc }) => {
      await cdc.saveThread(threadOf("mail/roof", { theyWroteAt: now - 5 * day }));
      await cdc.saveThread(threadOf("mail/late", { theyWroteAt: now - day }));
      await cdc.saveThread(threadOf("mail/snoozed", { snoozedUntil: now + day }));
      await cdc.saveThread(
        threadOf("mail/offer", {
          status: "awaiting-reply",
          reason: "you asked",
          theyWroteAt: 0,
          ownerWroteAt: now - 4 * day,
        }),
      );
      await cdc.addPromise({
        id: "p1",
        conversation: "mail/roof",
        madeBy: "owner",
        person: "Grace",
        text: "I send the plan",
        due: "2030-02-01",
        state: "open",
        at: now,
      });
      await cdc.addFollowUp({
        id: "f1",
        conversation: "mail/roof",
        kind: "reminder",
        ref: "",
        reason: "nobody answered",
        state: "waiting",
        dueAt: now + day,
        createdAt: now,
      });
    });
    const lines = async (what: string, more: object = {}) => (await read(what, more)).text.split("\n");
    expect(await lines("drafts")).toEqual([
      "Drafts: 1",
      "3f9a2c to Ada since Thursday 2030-01-31 11:00, who wrote: Could you send me the report?",
      "  draft: Here it is.",
    ]);
    const roof =
      '[mail/roof] Ada "Quote for the roof" on mail, last written Saturday 2030-01-26 12:00 (Ada asked): Could you send me the report?';
    expect(await lines("to-answer")).toEqual([
      "Threads: 2",
      roof,
      "[mail/late] late on mail, last written Wednesday 2030-01-30 12:00 (Ada asked)",
    ]);
    expect(await lines("to-answer", { olderThanDays: 3 })).toEqual(["Threads: 1", roof]);
    expect(await lines("awaiting")).toEqual([
      "Threads: 1",
      "[mail/offer] offer on mail, last written Sunday 2030-01-27 12:00 (you asked)",
    ]);
    expect(await lines("promises")).toEqual(["Promises: 1", "the owner promised, due 2030-02-01: I send the plan"]);
    expect(await lines("follow-ups")).toEqual([
      "Reminders: 1",
      'reminder Friday 2030-02-01 12:00: Ada "Quote for the roof" on mail (nobody answered)',
    ]);
    expect(await lines("digest", { hours: 48 })).toEqual(["digest of 48 h, 3500 characters"]);
  });

  it("is for the owner, and nobody who reads along", async () => {
    const tool = create(store.cdc);
    for (const change of [
      {},
      { isGroup: true },
      { isGroup: false, sender: { id: "chat:2", name: "Ada", isBot: false } },
    ])
      await expect(tool.run({ what: "drafts" }, createToolContext(change))).rejects.toMatchObject({
        code: "forbidden",
      });
  });
});
