import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decideThreadStatus, withdrawsQuestion, type ThreadEvent } from "../../src/cdc/thread-status.ts";

const kinds = ["question", "request", "greeting", "thanks", "notification", "automated", "spam", "other"] as const;
const say = (by: ThreadEvent["by"], facts: Partial<ThreadEvent> = {}): Omit<ThreadEvent, "at"> => ({
  by,
  kind: facts.asks === true ? "question" : "other",
  asks: false,
  ...(by === "other" && { name: "Ben" }),
  ...facts,
});
const standing = (...events: readonly Omit<ThreadEvent, "at">[]) =>
  decideThreadStatus(events.map((event, at) => ({ ...event, at })));
const events = fc.array(
  fc.record({
    by: fc.constantFrom("owner" as const, "us" as const, "other" as const),
    name: fc.constantFrom("Ana", "Ben"),
    at: fc.nat(1_000_000),
    kind: fc.constantFrom(...kinds),
    asks: fc.boolean(),
    promises: fc.boolean(),
    withdraws: fc.boolean(),
  }),
  { maxLength: 12 },
);
const isMachine = ({ kind }: ThreadEvent) => ["notification", "automated", "spam"].includes(kind);

describe("where a thread stands", () => {
  it("is the same in whatever order its messages arrive, and whatever machines write", () => {
    fc.assert(
      fc.property(events, fc.infiniteStream(fc.nat()), (thread, order) => {
        const distinct = thread.map((event, index) => ({ ...event, at: event.at * 20 + index }));
        const shuffled = distinct
          .map((event) => ({ event, place: order.next().value ?? 0 }))
          .toSorted((one, next) => one.place - next.place)
          .map(({ event }) => event);
        expect(decideThreadStatus(shuffled)).toEqual(decideThreadStatus(distinct));
        expect(decideThreadStatus(distinct.filter((event) => !isMachine(event)))).toEqual(decideThreadStatus(distinct));
      }),
    );
  });

  it("is never to reply when one of us wrote last, and always when somebody asks and nobody writes after", () => {
    fc.assert(
      fc.property(events, fc.boolean(), fc.boolean(), (thread, asks, byOwner) => {
        const at = 1_000_001;
        const ours = decideThreadStatus([...thread, { by: byOwner ? "owner" : "us", at, kind: "other", asks }]);
        expect(ours.status).toBe(asks ? "awaiting-reply" : "done");
        const theirs = decideThreadStatus([...thread, { by: "other", name: "Cleo", at, kind: "question", asks: true }]);
        expect(theirs).toEqual({ status: "to-reply", reason: "Cleo asked" });
      }),
    );
  });

  it.each<[string, readonly Omit<ThreadEvent, "at">[], string, string]>([
    ["nothing", [], "fyi", "only machines wrote"],
    ["a newsletter", [say("other", { kind: "automated" })], "fyi", "only machines wrote"],
    ["news", [say("other")], "fyi", "nothing is asked of you"],
    ["a question", [say("other", { asks: true })], "to-reply", "Ben asked"],
    ["a question and a remark", [say("other", { asks: true }), say("other")], "to-reply", "Ben asked"],
    ["a question and an answer", [say("other", { asks: true }), say("owner")], "done", "you answered"],
    ["a question and our answer", [say("other", { asks: true }), say("us")], "done", "I answered for you"],
    [
      "thanks for an answer",
      [say("other", { asks: true }), say("us"), say("other", { kind: "thanks" })],
      "done",
      "Ben answered and asks nothing",
    ],
    ["a question of ours", [say("owner", { asks: true })], "awaiting-reply", "you asked, and nobody answered"],
    ["one we asked for them", [say("us", { asks: true })], "awaiting-reply", "I asked, and nobody answered"],
    [
      "an out-of-office reply to it",
      [say("owner", { asks: true }), say("other", { kind: "automated" })],
      "awaiting-reply",
      "you asked, and nobody answered",
    ],
    [
      "thanks instead of an answer",
      [say("owner", { asks: true }), say("other", { kind: "thanks" })],
      "awaiting-reply",
      "you asked, and nobody answered",
    ],
    [
      "a promise instead of an answer",
      [say("owner", { asks: true }), say("other", { promises: true })],
      "awaiting-reply",
      "Ben promised to answer",
    ],
    ["the answer to it", [say("owner", { asks: true }), say("other")], "done", "Ben answered"],
    ["a question back", [say("owner", { asks: true }), say("other", { asks: true })], "to-reply", "Ben asked"],
    [
      "a question taken back",
      [say("other", { asks: true }), say("other", { withdraws: true })],
      "done",
      "Ben does not need it any more",
    ],
    [
      "a question that somebody else takes back",
      [say("other", { asks: true }), say("other", { withdraws: true, name: "Ana" })],
      "to-reply",
      "Ben asked",
    ],
  ])("after %s", (_what, thread, status, reason) => {
    expect(standing(...thread)).toEqual({ status, reason });
  });
});

describe("what takes a question back", () => {
  it.each([
    "never mind, found it",
    "Nevermind!",
    "Hat sich erledigt, danke",
    "c'est bon, j'ai trouvé",
    "olvídalo, ya lo encontré",
    "Ignore my last mail please",
  ])("%s", (text) => expect(withdrawsQuestion(text)).toBe(true));
  it.each([
    "I don't mind",
    "Have you found it?",
    "never",
    "Das ist noch nicht erledigt",
    "mind the gap",
    "Never mind the colour of the cover, what I really need from you by tonight is the final list of all the names",
  ])("not: %s", (text) => expect(withdrawsQuestion(text)).toBe(false));
});
