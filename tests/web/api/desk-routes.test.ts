import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  decisionListSchema,
  decisionSchema,
  draftOutcomeSchema,
  draftSchema,
  inboxSchema,
} from "../../../src/web/api/schemas.ts";
import { openDeskPlace, person, type DeskPlace } from "./desk-place.ts";
import { addApproval, addDecision, addDraft, approvalOf, decisionOf, draftOf, threadOf } from "./desk-rows.ts";

let place: DeskPlace;
beforeEach(async () => void (place = await openDeskPlace()));
afterEach(async () => {
  expect(place.errors).toEqual([]);
  await place.close();
});

const post = (path: string, body: object) => place.call(path, { body });
const inbox = async () => inboxSchema.parse((await place.call("/api/inbox")).json());
const sentTo = async (id: string) => (await place.store.outboxItem(`approved-${id}`))?.message.text;

const addThread = (conversation: string, snoozedUntil = 0) =>
  place.store.write(({ cdc }) => cdc.saveThread(threadOf(conversation, { snoozedUntil })));

describe("the inbox", () => {
  it("is empty where nothing happened", async () => {
    expect(await inbox()).toEqual({
      seq: 0,
      drafts: [],
      snoozed: [],
      approvals: [],
      threads: [],
      told: [],
      followUps: [],
      promises: [],
      digests: [],
      style: { status: "unknown", messages: 0 },
    });
  });

  it("shows what waits, each thing in one place", async () => {
    const { store } = place;
    await addDecision(store, decisionOf("aaa"));
    await addDraft(store, draftOf("aaa"));
    await addDraft(store, draftOf("bbb", { snoozedUntil: Date.now() + 60_000 }));
    await addDraft(store, draftOf("old", { expiresAt: Date.now() - 1 }));
    await addDecision(store, decisionOf("ccc", { tellsOwner: true, action: "escalate" }));
    await addDecision(store, decisionOf("ddd", { action: "digest" }));
    // Drafted for, and answered since.
    await addDecision(store, decisionOf("eee", { action: "draft" }));
    await addApproval(store, approvalOf("ppp"));
    await addThread("mail/chat-aaa");
    await addThread("mail/chat-ddd");
    await addThread("mail/chat-zzz", Date.now() + 60_000);
    const shown = await inbox();
    expect(shown.drafts.map(({ id, decisionId }) => [id, decisionId])).toEqual([["aaa", "aaa"]]);
    expect(shown.snoozed.map(({ id }) => id)).toEqual(["bbb"]);
    expect(shown.approvals.map(({ id }) => id)).toEqual(["ppp"]);
    expect(shown.threads.map(({ conversation, latest }) => [conversation, latest?.id])).toEqual([
      ["mail/chat-ddd", "ddd"],
    ]);
    expect(shown.told.map(({ id }) => id)).toEqual(["ccc"]);
    expect(shown.seq).toBe(await store.cdc.lastEvent());
    expect(shown.style).toMatchObject({ status: "ready" });
    expect(shown.style.score).toBeCloseTo(0.8);
  });

  it("says nothing of where files lie, and makes visible what hides", async () => {
    const path = "files/secret-name.pdf";
    const message = {
      ...draftOf("aaa").message,
      text: "Pay \u202enow",
      attachments: [{ kind: "file", name: "report.pdf", mimeType: "application/pdf", bytes: 5, path } as const],
    };
    await addDraft(place.store, draftOf("aaa", { message }));
    const { text } = await place.call("/api/drafts/aaa");
    expect(text).not.toContain("secret-name");
    expect(draftSchema.parse(JSON.parse(text))).toMatchObject({
      text: "Pay \u202enow",
      shownText: "Pay ⟨U+202E⟩now",
      files: ["report.pdf"],
    });
  });
});

describe("a draft", () => {
  beforeEach(() => addDraft(place.store, draftOf("aaa")));

  it("is sent as it is", async () => {
    const answer = await post("/api/drafts/aaa", { kind: "approve", text: "Here it is." });
    expect(answer.status).toBe(200);
    expect(draftOutcomeSchema.parse(answer.json())).toMatchObject({
      text: "Sent.",
      draft: { state: "approved", answeredBy: person.id },
    });
    expect(await sentTo("aaa")).toBe("Here it is.");
    expect(place.settled).toMatchObject([{ draft: { state: "approved" }, sent: { id: "approved-aaa" } }]);
    expect((await inbox()).drafts).toEqual([]);
  });

  it("is sent in other words", async () => {
    const answer = await post("/api/drafts/aaa", { kind: "edit", text: "Soon.\nG." });
    expect(answer.json()).toMatchObject({ draft: { state: "edited", sentText: "Soon.\nG.", text: "Here it is." } });
    expect(await sentTo("aaa")).toBe("Soon.\nG.");
  });

  it("is dropped, and put off", async () => {
    const until = Date.now() + 3_600_000;
    expect((await post("/api/drafts/aaa", { kind: "snooze", until })).json()).toMatchObject({
      draft: { state: "pending", snoozedUntil: until },
    });
    expect(await inbox()).toMatchObject({ drafts: [], snoozed: [{ id: "aaa" }], followUps: [{ kind: "snooze" }] });
    expect((await post("/api/drafts/aaa", { kind: "reject" })).json()).toMatchObject({ draft: { state: "denied" } });
    expect(await sentTo("aaa")).toBeUndefined();
  });

  it("is not sent when it says something else than what was read", async () => {
    await place.store.write(({ cdc }) =>
      cdc.reviseDraft("aaa", { ...draftOf("aaa").message, text: "Here is another." }, Date.now()),
    );
    const answer = await post("/api/drafts/aaa", { kind: "approve", text: "Here it is." });
    expect([answer.status, answer.json()]).toEqual([
      409,
      { error: "This draft has changed since you read it; nothing was sent.", hint: expect.any(String) },
    ]);
    expect(await sentTo("aaa")).toBeUndefined();
    expect((await post("/api/drafts/aaa", { kind: "approve", text: "Here is another." })).status).toBe(200);
  });

  it("is answered once, whoever was first", async () => {
    const kinds = [
      { kind: "approve" },
      { kind: "edit", text: "Other words." },
      { kind: "reject" },
      { kind: "approve" },
    ];
    const answers = await Promise.all(kinds.map((body) => post("/api/drafts/aaa", body)));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409, 409, 409]);
    for (const { status, json } of answers)
      if (status === 409) expect(json()).toMatchObject({ error: "This was answered already." });
    expect(place.settled).toHaveLength(1);
    const events = (await place.store.cdc.events(0, 10)).filter(({ kind }) => kind === "draft");
    expect(events).toHaveLength(2);
  });

  it.each([
    ["without a kind", {}, "kind"],
    ["of no known kind", { kind: "send" }, "kind"],
    ["without words", { kind: "edit" }, "text"],
    ["with empty words", { kind: "edit", text: " \n" }, "text"],
    ["with too many words", { kind: "edit", text: "x".repeat(20_001) }, "text"],
    ["until no time", { kind: "snooze", until: "tomorrow" }, "until"],
    ["until long ago", { kind: "snooze", until: 5 }, "60 days"],
    ["until who knows when", { kind: "snooze", until: Date.now() + 100 * 86_400_000 }, "60 days"],
    ["with more than is asked", { kind: "reject", why: "no" }, "the body"],
    ["that is a list", [], "the body"],
  ])("is left alone by an answer %s", async (_name, body, says) => {
    const answer = await post("/api/drafts/aaa", body);
    expect(answer.status).toBe(400);
    expect((answer.json() as { error: string }).error).toContain(says);
    expect((await place.store.cdc.draft("aaa"))?.state).toBe("pending");
  });
});

describe("a question about a tool call", () => {
  beforeEach(() => addApproval(place.store, approvalOf("ppp")));

  it("is answered once, and its turn goes on", async () => {
    const answers = await Promise.all([true, true, false].map((approved) => post("/api/approvals/ppp", { approved })));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409, 409]);
    expect(place.answered).toHaveLength(1);
    expect(place.answered[0]?.outcome).toContain("by Grace");
    expect((await place.store.approval("ppp"))?.answeredBy).toBe(person.id);
    expect(await place.store.cdc.events(0, 10)).toMatchObject([
      { kind: "approval", ref: "ppp" }, // asked
      { kind: "approval", ref: "ppp" }, // answered
    ]);
  });

  it("is answered once by answers of the same moment", async () => {
    const answers = await Promise.allSettled(
      [true, false, true].map((isApproved) => place.desk.answerApproval("ppp", isApproved, person)),
    );
    expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const answer of answers)
      if (answer.status === "rejected") expect(answer.reason).toMatchObject({ code: "conflict" });
    expect(place.answered).toHaveLength(1);
    expect(await place.store.cdc.events(0, 10)).toHaveLength(2); // asked, answered
  });

  it("is not answered any more once it has expired", async () => {
    await addApproval(place.store, approvalOf("qqq", { expiresAt: Date.now() - 1 }));
    const answer = await post("/api/approvals/qqq", { approved: true });
    expect([answer.status, answer.json()]).toEqual([409, { error: "This question has expired; nothing was done." }]);
    expect(place.answered).toEqual([]);
  });
});

describe("a decision", () => {
  beforeEach(async () => {
    await addDecision(place.store, decisionOf("aaa"));
    await addDecision(place.store, decisionOf("bbb"));
  });

  it("is shown, alone and among others of its conversation", async () => {
    expect(decisionSchema.parse((await place.call("/api/decisions/aaa")).json())).toMatchObject({ id: "aaa" });
    const list = async (query: string) =>
      decisionListSchema.parse((await place.call(`/api/decisions${query}`)).json()).decisions.map(({ id }) => id);
    expect(await list("")).toEqual(["bbb", "aaa"]);
    expect(await list("?limit=1")).toEqual(["bbb"]);
    expect(await list("?conversation=mail%2Fchat-aaa")).toEqual(["aaa"]);
    expect((await place.call("/api/decisions?limit=0")).status).toBe(400);
    expect((await place.call("/api/decisions?limit=many")).status).toBe(400);
  });

  it("is corrected, seen by others, and learned from", async () => {
    const answer = await post("/api/decisions/aaa", { correction: "ignore" });
    expect(answer.json()).toMatchObject({ id: "aaa", correction: "ignore" });
    expect((await place.call("/api/decisions/aaa")).json()).toMatchObject({ correction: "ignore" });
    expect(place.corrected).toEqual(["aaa ignore"]);
    expect(await place.store.cdc.events(0, 10)).toMatchObject([{ kind: "decision", ref: "aaa" }]);
  });
});

describe("what is not there", () => {
  it.each(["drafts", "approvals", "decisions"])("is said so: %s", async (area) => {
    const body = { drafts: { kind: "reject" }, approvals: { approved: true }, decisions: { correction: "asks" } }[area];
    for (const id of ["nothing", "%00", "x".repeat(500), "__proto__"]) {
      const answer = await post(`/api/${area}/${id}`, body ?? {});
      expect([id, answer.status]).toEqual([id, 404]);
      expect(answer.json()).toMatchObject({ error: expect.any(String) });
    }
  });
});
