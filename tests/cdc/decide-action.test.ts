import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Classification } from "../../src/cdc/classification.ts";
import { decideAction, defaultLimits, type ReplyAction, type Situation } from "../../src/cdc/decide-action.ts";

const question: Classification = {
  kind: "question",
  asks: true,
  priority: "normal",
  addressee: "me",
  confidence: 0.9,
  reasons: [],
};
const calm: Situation = {
  classification: question,
  mode: "open",
  replyAction: "auto",
  escalateFrom: "high",
  sender: { role: "member", isVip: false, isOurs: false, isMachine: false },
  kind: "message",
  thread: {
    ownerHasAnswered: false,
    hasOpenDraft: false,
    isReplyToUs: false,
    hasPromise: false,
    exchangesWithoutHuman: 0,
  },
  pastHour: { sender: 0, thread: 0, channel: 0 },
  limits: defaultLimits,
  quietMinutes: 0,
  coolDownMinutes: 0,
};
const decide = (extra: Partial<Situation>, said: Partial<Classification> = {}) =>
  decideAction({ ...calm, ...extra, classification: { ...question, ...said } });
const thread = (facts: Partial<Situation["thread"]>) => ({ thread: { ...calm.thread, ...facts } });
const sender = (facts: Partial<Situation["sender"]>) => ({ sender: { ...calm.sender, ...facts } });

const modes = ["open", "mention", "listen", "off"] as const;
const replyActions = ["off", "draft", "approve", "auto"] as const;
const priorities = ["low", "normal", "high", "urgent"] as const;

describe("the table of reply actions", () => {
  it.each<[ReplyAction, string, string]>([
    ["off", "ignore", "ignore"],
    ["draft", "draft", "draft + told"],
    ["approve", "ask-approval", "ask-approval + told"],
    ["auto", "reply", "ask-approval + told"],
  ])("%s", (replyAction, ordinary, pressing) => {
    const show = ({ action, tellsOwner }: ReturnType<typeof decide>) => `${action}${tellsOwner ? " + told" : ""}`;
    expect([show(decide({ replyAction }, { priority: "low" })), show(decide({ replyAction }))]).toEqual([
      ordinary,
      ordinary,
    ]);
    expect(show(decide({ replyAction }, { priority: "high" }))).toBe(pressing);
  });

  it("follows the threshold of escalation", () => {
    for (const escalateFrom of priorities)
      for (const priority of priorities) {
        const isPressing = priorities.indexOf(priority) >= priorities.indexOf(escalateFrom);
        const found = decide({ escalateFrom }, { priority });
        expect([found.action, found.tellsOwner]).toEqual(isPressing ? ["ask-approval", true] : ["reply", false]);
      }
  });
});

describe("guards", () => {
  it.each<[string, Partial<Situation>, Partial<Classification>, string]>([
    ["blocked people", sender({ role: "blocked" }), {}, "ignore"],
    ["a channel that is off", { mode: "off" }, {}, "ignore"],
    ["own messages", sender({ isOurs: true }), {}, "ignore"],
    ["edits", { kind: "edit" }, {}, "ignore"],
    ["reactions", { kind: "reaction" }, {}, "ignore"],
    ["auto-replies and lists", {}, { kind: "automated", asks: false }, "ignore"],
    ["spam", {}, { kind: "spam", asks: false, priority: "urgent" }, "ignore"],
    ["bots", sender({ isMachine: true }), {}, "digest"],
    ["notifications", {}, { kind: "notification", asks: false }, "digest"],
    ["notifications that press", {}, { kind: "notification", asks: false, priority: "urgent" }, "escalate"],
    ["others who talk with each other", {}, { addressee: { name: "Ben" }, asks: false }, "ignore"],
    [
      "others who talk with each other, urgently",
      {},
      { addressee: "other", asks: false, priority: "urgent" },
      "ignore",
    ],
    ["what asks everybody", {}, { addressee: "room" }, "digest"],
    [
      "what tells everybody that the house burns",
      {},
      { addressee: "room", asks: false, priority: "urgent" },
      "escalate",
    ],
    ["what the owner has answered", thread({ ownerHasAnswered: true }), { priority: "urgent" }, "ignore"],
    ["a thread with an open draft", thread({ hasOpenDraft: true }), {}, "follow-up"],
    ["a fourth exchange without a person", thread({ exchangesWithoutHuman: 3 }), {}, "digest"],
    ["thanks", {}, { kind: "thanks", asks: false }, "ignore"],
    ["greetings", {}, { kind: "greeting", asks: false }, "ignore"],
    ["what only tells", {}, { kind: "other", asks: false }, "digest"],
    ["a fourth of a sender", { pastHour: { sender: 3, thread: 0, channel: 0 } }, {}, "digest"],
    ["a fourth of a thread", { pastHour: { sender: 0, thread: 3, channel: 0 } }, {}, "digest"],
    ["an eleventh of a channel", { pastHour: { sender: 0, thread: 0, channel: 10 } }, {}, "digest"],
    ["a guest", sender({ role: "guest" }), {}, "reply"],
    ["what is not clear", {}, { confidence: 0.6 }, "ask-approval"],
    ["commands", {}, { kind: "command" }, "reply"],
    ["commands to another bot", {}, { kind: "command", asks: false, addressee: "room" }, "digest"],
    ["listening", { mode: "listen" }, {}, "draft"],
    ["listening to commands", { mode: "listen" }, { kind: "command" }, "ignore"],
    ["a third of a sender", { pastHour: { sender: 2, thread: 2, channel: 9 } }, {}, "reply"],
    ["a third exchange", thread({ exchangesWithoutHuman: 2 }), {}, "reply"],
  ])("%s", (_what, extra, said, action) => {
    expect(decide(extra, said).action).toBe(action);
  });

  it("put off what would speak in quiet hours, unless it is urgent", () => {
    expect(decide({ quietMinutes: 95 })).toMatchObject({ action: "follow-up", inMinutes: 95 });
    expect(decide({ quietMinutes: 95, replyAction: "approve" })).toMatchObject({ action: "follow-up", inMinutes: 95 });
    expect(decide({ quietMinutes: 95, replyAction: "draft" }, { priority: "high" })).toMatchObject({
      action: "draft",
      tellsOwner: false,
    });
    expect(decide({ quietMinutes: 95 }, { priority: "urgent" })).toMatchObject({
      action: "ask-approval",
      tellsOwner: true,
    });
  });

  it("let a channel cool down, but not for the owner", () => {
    expect(decide({ coolDownMinutes: 4 })).toMatchObject({ action: "follow-up", inMinutes: 4 });
    expect(decide({ coolDownMinutes: 4, ...sender({ role: "owner" }) }).action).toBe("reply");
  });
});

describe("priority", () => {
  it("is raised by promises and people who matter, and answers to us are never low", () => {
    expect(decide(thread({ hasPromise: true })).priority).toBe("high");
    expect(decide(sender({ isVip: true })).priority).toBe("high");
    expect(decide({ ...thread({ hasPromise: true }), ...sender({ isVip: true }) }).priority).toBe("urgent");
    expect(decide(thread({ isReplyToUs: true }), { priority: "low" }).priority).toBe("normal");
    expect(decide(thread({ isReplyToUs: true })).priority).toBe("normal");
    expect(decide(sender({ isVip: true }), { priority: "urgent" }).priority).toBe("urgent");
  });
});

const situations = fc.record<Situation>({
  classification: fc.record({
    kind: fc.constantFrom(
      "question",
      "request",
      "greeting",
      "thanks",
      "notification",
      "automated",
      "spam",
      "other",
      "command",
    ),
    asks: fc.boolean(),
    priority: fc.constantFrom(...priorities),
    addressee: fc.constantFrom("me" as const, "room" as const, "other" as const, { name: "Ben" }),
    confidence: fc.double({ min: 0, max: 1, noNaN: true }),
    reasons: fc.constant([]),
  }),
  mode: fc.constantFrom(...modes),
  replyAction: fc.constantFrom(...replyActions),
  escalateFrom: fc.constantFrom(...priorities),
  sender: fc.record({
    role: fc.constantFrom("owner", "admin", "member", "guest", "blocked"),
    isVip: fc.boolean(),
    isOurs: fc.boolean(),
    isMachine: fc.boolean(),
  }),
  kind: fc.constantFrom("message", "edit", "deletion", "reaction", "command"),
  thread: fc.record({
    ownerHasAnswered: fc.boolean(),
    hasOpenDraft: fc.boolean(),
    isReplyToUs: fc.boolean(),
    hasPromise: fc.boolean(),
    exchangesWithoutHuman: fc.nat(5),
  }),
  pastHour: fc.record({ sender: fc.nat(5), thread: fc.nat(5), channel: fc.nat(12) }),
  limits: fc.constant(defaultLimits),
  quietMinutes: fc.nat(600),
  coolDownMinutes: fc.nat(10),
});

describe("whatever happens", () => {
  it("nothing is drafted or answered that asks nothing, comes from a machine, or is answered or drafted already", () => {
    fc.assert(
      fc.property(situations, (situation) => {
        const { classification, mode, replyAction, sender: from, thread: facts, pastHour } = situation;
        const { action, tellsOwner, reasons } = decideAction(situation);
        expect(reasons.length).toBeGreaterThan(0);
        if (action === "ignore" || action === "digest") expect(tellsOwner).toBe(false);
        if (!["reply", "draft", "ask-approval", "follow-up"].includes(action)) return;
        expect(
          from.isMachine || from.isOurs || from.role === "blocked" || mode === "off" || replyAction === "off",
        ).toBe(false);
        if (classification.kind === "command" && (classification.asks || situation.kind === "command")) return;
        expect(classification.asks).toBe(true);
        expect(classification.addressee).toBe("me");
        if (facts.hasOpenDraft) {
          expect(action).toBe("follow-up");
          return;
        }
        expect(facts.ownerHasAnswered || facts.exchangesWithoutHuman >= 3).toBe(false);
        expect(pastHour.sender >= 3 || pastHour.thread >= 3 || pastHour.channel >= 10).toBe(false);
        if (mode === "listen") expect(action).toBe("draft");
        if (action === "reply" && from.role !== "owner") expect(replyAction).toBe("auto");
      }),
      { numRuns: 2_000 },
    );
  });
});
