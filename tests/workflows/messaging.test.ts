import { describe, expect, it } from "vitest";
import type { RunCause } from "../../src/core/workflow-run.ts";
import { addDecision, decisionOf, threadOf } from "../web/api/desk-rows.ts";
import { bySchedule, play, start, type PlayWorld } from "./play.ts";
import { readShipped } from "./shipped.ts";

const cause = bySchedule;
const hour = 3_600_000;
const group = (chat: string) => ({ channel: "slack", chat });
const person = (name: string) => ({ id: `slack:${name}`, name, isBot: false });

/** The cause of a message, where the workflow's own pattern is met by it. */
function byMessage(name: string, text: string): RunCause {
  const [trigger] = readShipped(name).triggers;
  if (trigger?.kind !== "message" || !new RegExp(trigger.pattern, "iu").test(text)) throw new Error("starts nothing");
  const payload = { id: "m1", address: group("garden"), sender: person("Lea"), text, sentAt: start };
  return { kind: "message", by: "slack:Lea", role: "member", payload, isOutside: true };
}

describe("daily-digest", () => {
  const prepare = ({ store }: PlayWorld) =>
    addDecision(store, decisionOf("d1", { at: start - hour, tellsOwner: true, asks: false, action: "escalate" }));

  it("tells what happened, without a model, and nothing of a day on which nothing did", async () => {
    const played = await play("daily-digest", { cause, prepare });
    expect(played.sent).toEqual([
      expect.stringMatching(/^owner: \*\*.*\*\*\n\n1 message from 1 sender\. 1 needs you\.[\s\S]*`\/why d1`/),
    ]);
    const quiet = await play("daily-digest", { cause });
    expect(quiet.run).toMatchObject({ state: "done", outputs: { isTold: false } });
    expect(quiet.sent).toEqual([]);
  });
});

describe("stand-up", () => {
  const onRest = async (world: PlayWorld, rests: number) => {
    if (rests !== 1) return;
    await world.receive({
      address: group("stand-up"),
      sender: person("Lea"),
      text: "The pump is done, I need a ladder",
    });
    await world.receive({
      address: group("stand-up"),
      sender: { ...person("Bot"), isBot: true },
      text: "Build is green",
    });
    await world.receive({ address: group("garden"), sender: person("Noor"), text: "Elsewhere" });
  };
  const decide = (question: string) => (question.startsWith("Ask the team") ? "ignore" : "approved");

  it("asks, waits for the answers, and posts the summary that the owner saw", async () => {
    const prepare = (world: PlayWorld) => world.receive({ address: group("stand-up"), text: "from before" });
    const played = await play("stand-up", { cause, prepare, onRest, decide, answer: () => "Lea needs a ladder." });
    expect(played.prompts[0]).toContain("Lea: The pump is done, I need a ladder");
    for (const other of ["from before", "Build is green", "Elsewhere"]) expect(played.prompts[0]).not.toContain(other);
    expect(played.sent).toEqual([
      "slack/stand-up: Good morning! What did you finish, what is next, and what is in your way?",
      "slack/stand-up: **Stand-up of 2026-01-05**\n\nLea needs a ladder.",
    ]);
    expect(played.hours).toBeGreaterThanOrEqual(2);
  });

  it("asks nobody when the owner objects, and tells the owner when nobody answers", async () => {
    const denied = await play("stand-up", { cause, decide: () => "denied" });
    expect(denied.run).toMatchObject({ state: "failed", reason: expect.stringMatching(/^allow: /) });
    expect(denied.sent).toEqual([]);
    const silent = await play("stand-up", { cause });
    expect(silent.sent.at(-1)).toBe("owner: Nobody answered the stand-up today.");
  });
});

describe("email-triage", () => {
  const mail = (from: string, about: string, heap: string) => ({ from, about, heap, why: "because" });

  it("sorts the mail of the day, and of no other channel", async () => {
    const played = await play("email-triage", {
      cause,
      prepare: async (world) => {
        await world.receive({
          address: { channel: "mail", chat: "1" },
          sender: person("Gil"),
          text: "Sign it?",
          subject: "Contract",
        });
        await world.receive({ address: group("garden"), text: "a chat" });
      },
      answer: () => ({
        mails: [mail("Gil", "Contract", "answer"), mail("Bank", "Odd", "read"), mail("Shop", "Sale", "leave")],
      }),
    });
    expect(played.prompts[0]).toContain("# mail/1: Contract\n");
    expect(played.prompts[0]).toContain("Gil: Sign it?");
    expect(played.prompts[0]).not.toContain("a chat");
    expect(played.sent).toEqual([
      "owner: **To answer**\n- Gil: Contract (because)\n\n**To read**\n- Bank: Odd (because)\n\n1 more can be left.",
    ]);
    expect(played.run.outputs).toEqual({ toAnswer: 1 });
    expect((await play("email-triage", { cause })).sent).toEqual([]);
  });
});

describe("follow-up-chaser", () => {
  const prepare = async ({ store }: PlayWorld) => {
    await addDecision(store, decisionOf("d1", { conversation: "mail/a%2Fb", senderName: "Grace", subject: "Roof" }));
    await store.write(async ({ cdc }) => {
      const waiting = { status: "awaiting-reply", theyWroteAt: 0, ownerWroteAt: start - 5 * 24 * hour } as const;
      await cdc.saveThread(threadOf("mail/a%2Fb", waiting));
      await cdc.saveThread(threadOf("chat/room/topic", waiting));
      await cdc.saveThread(threadOf("mail/young", { ...waiting, ownerWroteAt: start - hour }));
    });
  };

  it("sends each reminder to its own thread after the owner agreed to it, and none that is not needed", async () => {
    const played = await play("follow-up-chaser", {
      cause,
      prepare,
      answer: (prompt) => (prompt.includes("Roof") ? "Did you get to the roof?" : "Any news?"),
      decide: (question) => (question.includes("Any news") ? "denied" : "approved"),
    });
    expect(played.asked.toSorted()).toEqual([
      'Send this reminder to Grace "Roof" on mail?\n\nDid you get to the roof?',
      "Send this reminder to room on chat?\n\nAny news?",
    ]);
    expect(played.sent).toEqual(["mail/a%2Fb: Did you get to the roof?"]);
    const all = await play("follow-up-chaser", { cause, prepare, answer: () => "Any news?" });
    expect(all.sent.toSorted()).toEqual(["chat/room/topic: Any news?", "mail/a%2Fb: Any news?"]);
    const none = await play("follow-up-chaser", {
      cause,
      prepare,
      answer: (_, call) => (call === 0 ? "None" : "For you: ask by phone"),
    });
    expect(none.asked).toEqual([]);
    expect((await play("follow-up-chaser", { cause })).run).toMatchObject({ state: "done", outputs: { threads: 0 } });
  });
});

describe("meeting-notes", () => {
  const sorted = {
    decisions: ["We paint it green"],
    tasks: [
      { who: "Ada", what: "Buy paint", due: "2026-01-07", isOwners: true },
      { who: "Lea", what: "Find a ladder", due: "2026-01-06", isOwners: false },
      { who: "nobody", what: "Clean up", due: "", isOwners: true },
    ],
  };

  it("posts decisions and tasks when the owner agrees, and reminds of the owner's only", async () => {
    const text = "Meeting notes\nGreen it is. Ada buys paint.";
    const played = await play("meeting-notes", { cause: byMessage("meeting-notes", text), answer: () => sorted });
    expect(played.prompts[0]).toContain("Green it is. Ada buys paint.");
    expect(played.asked[0]).toContain(
      "- Ada: Buy paint, until 2026-01-07\n- Lea: Find a ladder, until 2026-01-06\n- nobody: Clean up",
    );
    expect(played.sent).toEqual([
      expect.stringMatching(/^slack\/general: \*\*Decided\*\*\n- We paint it green\n\n\*\*To do\*\*\n- Ada: Buy paint/),
      "owner: Until 2026-01-07: Buy paint",
    ]);
    expect(played.hours).toBeCloseTo(23, 0);
  });

  it("takes notes by hand, and begins with no other message", async () => {
    const played = await play("meeting-notes", {
      inputs: { notes: "Red it is." },
      answer: () => sorted,
      decide: () => "denied",
    });
    expect(played.prompts[0]).toContain("Red it is.");
    expect(played.sent).toEqual(["owner: Until 2026-01-07: Buy paint"]);
    expect(() => byMessage("meeting-notes", "Where are the meeting notes?")).toThrow("starts nothing");
  });
});

describe("unanswered-questions", () => {
  const prepare = (world: PlayWorld) =>
    world.receive({ address: group("support"), sender: person("Noor"), text: "Why is it wet?" });
  const open = { questions: [{ who: "Noor", at: "04:00", question: "Why is it wet?" }] };

  it("passes open questions on when the owner agrees", async () => {
    const played = await play("unanswered-questions", { cause, prepare, answer: () => open });
    expect(played.prompts[0]).toContain("It is\n2026-01-05 10:00.");
    expect(played.prompts[0]).toContain("Noor: Why is it wet?");
    expect(played.sent).toEqual([
      "slack/general: Nobody has answered these for 3 hours or more. Who knows?\n\n- Noor (04:00): Why is it wet?",
    ]);
    const denied = await play("unanswered-questions", { cause, prepare, answer: () => open, decide: () => "ignore" });
    expect(denied.run).toMatchObject({ state: "done", outputs: { open: 1 } });
    expect(denied.sent).toEqual([]);
    const answered = await play("unanswered-questions", { cause, prepare, answer: () => ({ questions: [] }) });
    expect(answered.asked).toEqual([]);
  });
});

describe("weekly-summary", () => {
  const talk = (count: number) => async (world: PlayWorld) => {
    for (let index = 0; index < count; index += 1)
      await world.receive({ address: group("general"), sender: person("Lea"), text: `Thing ${index}` });
  };

  it("posts the summary of a busy week when the owner agrees, and leaves a quiet one alone", async () => {
    const played = await play("weekly-summary", { cause, prepare: talk(12), answer: () => "**Decided** all" });
    expect(played.prompts[0]).toContain("Lea: Thing 11");
    expect(played.sent).toEqual(["slack/general: **Our week until 2026-01-05**\n\n**Decided** all"]);
    const quiet = await play("weekly-summary", { cause, prepare: talk(9) });
    expect(quiet.run).toMatchObject({ state: "done", outputs: { isPosted: false } });
    expect(quiet.asked).toEqual([]);
  });
});

describe("welcome", () => {
  const files = { "welcome.md": "Tools are in the shed. Read https://example.org/start" };

  it("answers where the newcomer wrote, from the handbook, when the owner agrees", async () => {
    const newcomer = byMessage("welcome", "Hello all, I'm new here and like sheds");
    const played = await play("welcome", { cause: newcomer, files, answer: () => "Welcome, Lea!" });
    expect(played.prompts[0]).toMatch(/Welcome Lea in at most[\s\S]*like sheds[\s\S]*Tools are in the shed/);
    expect(played.sent).toEqual(["slack/garden: Welcome, Lea!"]);
    for (const decide of [() => "denied" as const, () => "ignore" as const]) {
      const left = await play("welcome", { cause: newcomer, files, decide, answer: () => "Welcome!" });
      expect(left.run).toMatchObject({ state: "done", outputs: { isWelcomed: false } });
      expect(left.sent).toEqual([]);
    }
    const byHand = await play("welcome", { inputs: { newcomer: "Noor" }, files, answer: () => "Hi Noor" });
    expect(byHand.sent).toEqual(["slack/general: Hi Noor"]);
    expect(() => byMessage("welcome", "Hello, is there anything new?")).toThrow("starts nothing");
  });
});
