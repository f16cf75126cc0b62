import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DeskAnswer, DeskInbox } from "../../../src/core/desk.ts";
import type { Reply } from "../../../src/web/dashboard/inbox/desk-client.ts";
import type { Draft, DraftAnswer, Inbox } from "../../../src/web/dashboard/inbox/desk-types.ts";
import {
  createInboxFeed,
  type EventHandlers,
  type FeedState,
  type InboxFeed,
} from "../../../src/web/dashboard/inbox/inbox-feed.ts";
import {
  countWaiting,
  dropAnswered,
  emptyInbox,
  holdDraft,
  listWaiting,
  releaseDraft,
  takeInbox,
  type InboxState,
} from "../../../src/web/dashboard/inbox/inbox-state.ts";
import { formatMoment } from "../../../src/web/dashboard/inbox/moment.ts";
import { listSnoozeTimes } from "../../../src/web/dashboard/inbox/snooze-times.ts";
import { diffWords, type DiffPart } from "../../../src/web/dashboard/inbox/word-diff.ts";

// The page has types of its own; the compiler holds them against the server's.
const asPageReads = (inbox: DeskInbox): Inbox => inbox;
const asServerTakes = (answer: DraftAnswer): DeskAnswer => answer;

const nothing = {
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
} as const satisfies Inbox;

const draftOf = (id: string, extra: Partial<Draft> = {}): Draft => ({
  id,
  conversation: `mail/${id}`,
  channel: "mail",
  senderName: "Ada",
  question: "Could you?",
  text: "I could.",
  files: [],
  reason: "",
  snoozedUntil: 0,
  expiresAt: 9,
  createdAt: 5,
  ...extra,
});

const joined = (parts: readonly DiffPart[], without: DiffPart["kind"]) =>
  parts
    .filter(({ kind }) => kind !== without)
    .map(({ text }) => text)
    .join("");

describe("the difference of two texts", () => {
  it("is told by words", () => {
    expect(diffWords("It is nearly done.", "It is done, Ada.")).toEqual([
      { kind: "same", text: "It is " },
      { kind: "gone", text: "nearly " },
      { kind: "same", text: "done" },
      { kind: "new", text: ", Ada" },
      { kind: "same", text: "." },
    ]);
    expect(diffWords("same", "same")).toEqual([{ kind: "same", text: "same" }]);
    expect(diffWords("", "")).toEqual([]);
  });

  it("holds both texts whole, whatever they are", () => {
    const words = fc.array(fc.constantFrom("a", "b", "c", " ", "\n", "é", "😀", ".", "don't"), { maxLength: 40 });
    const text = fc.oneof(
      words.map((parts) => parts.join("")),
      fc.string({ unit: "binary", maxLength: 40 }),
    );
    fc.assert(
      fc.property(text, text, (before, after) => {
        const parts = diffWords(before, after);
        expect(joined(parts, "new")).toBe(before);
        expect(joined(parts, "gone")).toBe(after);
        if (before === after) expect(parts.every(({ kind }) => kind === "same")).toBe(true);
        for (const [index, { kind }] of parts.entries()) expect(kind).not.toBe(parts[index + 1]?.kind);
      }),
    );
  });

  it("finds nothing new in what was only cut", () => {
    const words = fc.array(fc.constantFrom("one ", "two ", "three "), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(words, fc.nat(), (all, at) => {
        const cut = all.toSpliced(at % all.length, 1);
        expect(diffWords(all.join(""), cut.join("")).filter(({ kind }) => kind === "new")).toEqual([]);
      }),
    );
  });

  it("takes no longer than a blink for the longest of texts", () => {
    const [before, after] = ["alpha beta ", "gamma beta "].map((text) => text.repeat(1_800));
    const began = performance.now();
    expect(joined(diffWords(before ?? "", after ?? ""), "gone")).toBe(after);
    expect(performance.now() - began).toBeLessThan(500);
  });
});

describe("when a draft can be shown again", () => {
  it("is in an hour, tomorrow morning and on Monday morning, each later than the one before, at any time", () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }), (date) => {
        const now = date.getTime();
        const [hour, tomorrow, week] = listSnoozeTimes(now);
        expect(hour?.until).toBe(now + 3_600_000);
        const next = new Date(tomorrow?.until ?? 0);
        expect([next.getHours(), next.getMinutes()]).toEqual([8, 0]);
        expect(next.getDate()).not.toBe(date.getDate());
        expect(next.getTime() - now).toBeLessThan(34 * 3_600_000);
        const monday = new Date(week?.until ?? 0);
        expect([monday.getDay(), monday.getHours()]).toEqual([1, 8]);
        expect(monday.getTime()).toBeGreaterThan(now);
        expect(monday.getTime() - now).toBeLessThan(8 * 86_400_000);
      }),
    );
  });

  it("is shown with its day, unless that is today", () => {
    const noon = new Date(2026, 2, 5, 12).getTime();
    expect(formatMoment(noon + 3_600_000, noon, "en-GB")).toBe("13:00");
    expect(formatMoment(noon + 86_400_000, noon, "en-GB")).toBe("Fri 6 Mar, 12:00");
  });
});

describe("what waits on the page", () => {
  const none = new Set<string>();
  const withDrafts = (...drafts: Draft[]): InboxState => takeInbox(emptyInbox, { ...nothing, drafts }, none);

  it("stands in the order in which it came", () => {
    const approvals = [{ id: "p", conversation: "mail/p", question: "May I?", expiresAt: 9, createdAt: 4 }];
    const drafts = [draftOf("a", { createdAt: 3 }), draftOf("b", { createdAt: 5 })];
    const state = takeInbox(emptyInbox, { ...nothing, drafts, approvals }, none);
    expect(listWaiting(state).map((each) => (each.kind === "draft" ? each.draft.id : each.approval.id))).toEqual([
      "a",
      "p",
      "b",
    ]);
    expect(countWaiting(state)).toBe(3);
  });

  it("is announced when it comes, and not on the first look", () => {
    const first = withDrafts(draftOf("a"));
    expect(first.news).toBe("");
    const second = takeInbox(first, { ...nothing, drafts: [draftOf("a"), draftOf("b")] }, none);
    expect(second.news).toBe("A draft for Ada has come in.");
    const more = ["a", "b", "c", "d"].map((id) => draftOf(id));
    expect(takeInbox(second, { ...nothing, drafts: more }, none).news).toBe("2 drafts have come in.");
  });

  it("does not vanish while somebody writes in it", () => {
    const state = takeInbox(withDrafts(draftOf("a"), draftOf("b")), nothing, new Set(["a"]));
    const [waiting, ...others] = listWaiting(state);
    expect(waiting).toMatchObject({ draft: { id: "a" }, settled: expect.stringContaining("elsewhere") });
    expect([others, countWaiting(state)]).toEqual([[], 0]);
    expect(listWaiting(takeInbox(state, nothing, new Set(["a"])))).toHaveLength(1);
    expect(listWaiting(releaseDraft(state, "a"))).toEqual([]);
  });

  it("is held with its problem when somebody else was first, once", () => {
    const state = holdDraft(withDrafts(draftOf("a")), draftOf("a"), "This was answered already.");
    expect(listWaiting(state)).toMatchObject([{ draft: { id: "a" } }]);
    expect(listWaiting(takeInbox(state, nothing, none))).toMatchObject([{ settled: "This was answered already." }]);
  });

  it("goes at once when it is answered", () => {
    const state = dropAnswered(withDrafts(draftOf("a"), draftOf("b")), "a", "Ada: Sent.");
    expect(listWaiting(state)).toMatchObject([{ draft: { id: "b" } }]);
    expect(state.news).toBe("Ada: Sent.");
  });

  it("is read as the server writes it", () => {
    expect(asPageReads({ ...nothing, seq: 4 }).seq).toBe(4);
    expect(asServerTakes({ kind: "reject" })).toEqual({ kind: "reject" });
  });
});

/** The feed over doubles: nothing happens but by hand. */
function createScene() {
  const states: FeedState[] = [];
  const inboxes: number[] = [];
  const asked: PromiseWithResolvers<Reply<Inbox>>[] = [];
  const streams: { after: number; handlers: EventHandlers; isOpen: boolean }[] = [];
  const timers: { run: () => void; delayMs: number }[] = [];
  let signedOut = 0;
  const feed: InboxFeed = createInboxFeed({
    load() {
      const reply = Promise.withResolvers<Reply<Inbox>>();
      asked.push(reply);
      return reply.promise;
    },
    listen(after, handlers) {
      const stream = { after, handlers, isOpen: true };
      streams.push(stream);
      return () => (stream.isOpen = false);
    },
    setTimer(run, delayMs) {
      const timer = { run, delayMs };
      timers.push(timer);
      return () => void timers.splice(timers.indexOf(timer), 1);
    },
    onInbox: ({ seq }) => inboxes.push(seq),
    onState: (state) => states.push(state),
    onSignedOut: () => (signedOut += 1),
  });
  const answer = async (reply: Reply<Inbox>) => {
    asked.at(-1)?.resolve(reply);
    await Promise.resolve();
    await Promise.resolve();
  };
  return {
    feed,
    states,
    inboxes,
    asked,
    streams,
    timers,
    signedOut: () => signedOut,
    succeed: (seq: number) => answer({ isDone: true, value: { ...nothing, seq } }),
    fail: (status: number) => answer({ isDone: false, status, problem: "" }),
    fire: () => timers.shift()?.run(),
    open: () => streams.filter(({ isOpen }) => isOpen),
  };
}

describe("the inbox kept up to date", () => {
  it("is read, then listened to from where it was read", async () => {
    const scene = createScene();
    expect(scene.streams).toEqual([]);
    await scene.succeed(7);
    expect(scene.inboxes).toEqual([7]);
    expect(scene.streams.map(({ after }) => after)).toEqual([7]);
    scene.streams[0]?.handlers.onOpen();
    expect(scene.states).toEqual(["connecting", "live"]);
  });

  it("is read anew once for changes that come together", async () => {
    const scene = createScene();
    await scene.succeed(1);
    for (const seq of [2, 3, 4]) scene.streams[0]?.handlers.onEvent(seq);
    expect(scene.timers).toHaveLength(1);
    scene.fire();
    expect(scene.asked).toHaveLength(2);
    // One that comes while it is read is not lost.
    scene.streams[0]?.handlers.onEvent(5);
    scene.fire();
    await scene.succeed(4);
    scene.fire();
    expect(scene.asked).toHaveLength(3);
    await scene.succeed(5);
    expect([scene.inboxes, scene.open().length, scene.timers.length]).toEqual([[1, 4, 5], 1, 0]);
  });

  it("lets the browser come back by itself, and comes back itself where the browser does not", async () => {
    const scene = createScene();
    await scene.succeed(1);
    scene.streams[0]?.handlers.onLost(false);
    expect([scene.states.at(-1), scene.open().length, scene.timers.length]).toEqual(["lost", 1, 0]);
    scene.streams[0]?.handlers.onLost(true);
    expect(scene.open()).toEqual([]);
    scene.fire();
    await scene.fail(0);
    scene.fire();
    await scene.succeed(9);
    expect(scene.open().map(({ after }) => after)).toEqual([9]);
  });

  it("listens to nothing while nobody looks, and reads everything anew when somebody does", async () => {
    const scene = createScene();
    scene.feed.setVisible(false);
    await scene.succeed(1);
    expect(scene.streams).toEqual([]);
    scene.feed.setVisible(true);
    await scene.succeed(6);
    scene.feed.setVisible(false);
    expect(scene.open()).toEqual([]);
    scene.feed.setVisible(true);
    await scene.succeed(8);
    expect(scene.open().map(({ after }) => after)).toEqual([8]);
  });

  it("stops where there is no desk or nobody is signed in any more, and when the page is left", async () => {
    const absent = createScene();
    await absent.fail(404);
    absent.feed.reload();
    expect([absent.states.at(-1), absent.asked.length, absent.timers.length]).toEqual(["absent", 1, 0]);
    const signedOut = createScene();
    await signedOut.fail(401);
    expect(signedOut.signedOut()).toBe(1);
    const left = createScene();
    await left.succeed(1);
    left.streams[0]?.handlers.onEvent(2);
    left.feed.close();
    expect([left.open(), left.timers]).toEqual([[], []]);
  });
});
