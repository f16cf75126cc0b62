import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { InboundMessage } from "../../../src/core/message.ts";
import type { PipelineDeps } from "../../../src/pipeline/deps.ts";
import { proposeWorkflow } from "../../../src/pipeline/runs/propose-workflow.ts";
import { findSpokenSchedule } from "../../../src/pipeline/runs/spoken-schedule.ts";
import { parseWorkflow } from "../../../src/scheduler/language/parse-workflow.ts";
import { inbound } from "../../store/mail.ts";

const timeZone = "Europe/Berlin";
const now = Date.UTC(2026, 10, 26, 12);
const deps = (isForgeable = false) =>
  ({
    workflows: async () => undefined,
    policy: () => ({ forgeableSenders: isForgeable }),
    settings: () => ({ timeZone }),
    now: () => now,
  }) as unknown as PipelineDeps;
const clean = { isTainted: false, isJournalled: false };
const find = (text: string, extra: Partial<InboundMessage> = {}) =>
  findSpokenSchedule(deps(), inbound("m", { text, ...extra }), "owner", clean);

const orders = [
  "every weekday at nine tell me what I missed",
  "Tell me the weather every Monday at 8:30",
  "remind me every Friday at noon to water the plants",
  "please remind me tomorrow at 7 to call Ada",
  "Every 2 hours check whether example.org is up.",
  "jeden Werktag um neun sag mir, was ich verpasst habe",
  "Erinnere mich morgen um 8 an die Blumen",
  "chaque lundi à 8h rappelle-moi de sortir les poubelles",
  "todos los días a las 9 dime qué tiempo hace",
  // Refused by the command, in words.
  "every other day at 8 tell me the news",
];
const talk = [
  "We meet every Monday at nine",
  "Why does it fail every day at nine?",
  "tell me, does it rain every Monday at nine?",
  "Tell me about the meeting every Monday at nine with Bob",
  "Show me what happens every 5 minutes in the log of yesterday",
  "I am away tomorrow at 7",
  "every man tells me the same",
  "Every second counts, tell me more",
  "tell me a story",
  "Hello",
  "Jeden Montag um neun treffen wir uns",
];

describe("an order at a time", () => {
  it.each(orders)("is one without a command: %s", async (text) => {
    expect(await find(text)).toEqual({ name: "schedule", argument: text });
  });

  it.each(talk)("is none: %s", async (text) => {
    expect(await find(text)).toBeUndefined();
  });

  it("is one only from an owner, in a direct chat, in their own words", async () => {
    const [text = ""] = orders;
    expect(await find(text, { isGroup: true })).toBeUndefined();
    expect(await find(text, { isAutomated: true })).toBeUndefined();
    expect(await find(text, { kind: "edit" })).toBeUndefined();
    expect(await find(`${text}\nand more`)).toBeUndefined();
    const message = inbound("m", { text });
    for (const role of ["admin", "member", "guest"] as const)
      expect(await findSpokenSchedule(deps(), message, role, clean)).toBeUndefined();
    expect(await findSpokenSchedule(deps(true), message, "owner", clean)).toBeUndefined();
    expect(await findSpokenSchedule(deps(), message, "owner", { ...clean, isTainted: true })).toBeUndefined();
    expect(await findSpokenSchedule(deps(), message, "owner", { ...clean, isJournalled: true })).toBeUndefined();
  });
});

describe("a proposal", () => {
  const propose = (text: string, known: Parameters<typeof proposeWorkflow>[1]["known"] = new Map()) =>
    proposeWorkflow(text, { now, timeZone, known });

  it("is a workflow without faults whose words are no expressions, whatever was said", () => {
    const word = fc.oneof(
      fc.constantFrom("{{", "}}", "{{ 1 + 1 }}", "x: y", "- a", "# no", '"', "'", "\\", "|", "&a", "*a", "!!js"),
      fc.string(),
    );
    fc.assert(
      fc.property(
        fc.array(word, { minLength: 1, maxLength: 6 }),
        fc.constantFrom("tell me", "remind me to"),
        (words, verb) => {
          const proposed = propose(`every day at 9 ${verb} ${words.join(" ")}`);
          if (proposed === undefined) return;
          const { workflow } = proposed;
          expect(parseWorkflow(workflow.name, workflow.text).faults).toEqual([]);
          const [first] = workflow.steps;
          const said = first?.kind === "ask" ? first.prompt : first?.kind === "send" ? first.text : "";
          expect(said).not.toContain("{{");
          expect(workflow.triggers).toEqual([{ kind: "cron", cron: "0 9 * * *", timeZone, catchUp: "once" }]);
        },
      ),
    );
  });

  it("only sends what is a reminder, asks for the rest, and takes a workflow that is there", () => {
    expect(propose("every day at 9 remind me to stretch")?.workflow.steps).toMatchObject([
      { kind: "send", to: "owner", text: "stretch" },
    ]);
    expect(propose("every day at 9 tell me the news")?.workflow.steps.map(({ kind }) => kind)).toEqual(["ask", "send"]);
    const briefing = parseWorkflow(
      "morning-briefing",
      "name: morning-briefing\ndescription: d\ngroup: daily-life\nsteps: [{ id: a, wait: 1s }]\n",
    ).workflow;
    if (briefing === undefined) throw new Error("The fixture has faults.");
    const known = new Map([["morning-briefing", { workflow: briefing, isOwn: false, isOld: false }]]);
    for (const text of ["every day at 9 send me the morning briefing", "every day at 9 tell me what I missed"])
      expect(propose(text, known)?.workflow.steps).toMatchObject([{ kind: "workflow", workflow: "morning-briefing" }]);
    expect(propose("every day at 9 brief me in the morning", known)?.workflow.steps).toHaveLength(2);
  });

  it("takes a name that is free", () => {
    const first = propose("every day at 9 tell me the news");
    if (first === undefined) throw new Error("Nothing was proposed.");
    const known = new Map([[first.workflow.name, { workflow: first.workflow, isOwn: true, isOld: false }]]);
    expect([first.workflow.name, propose("every day at 8 tell me the news", known)?.workflow.name]).toEqual([
      "tell-me-the-news",
      "tell-me-the-news-2",
    ]);
    expect(propose("каждый day at 9 расскажи")?.workflow.name).toMatch(/^[a-z0-9-]+$/);
  });

  it("waits for its time where it is to be done once", () => {
    const once = propose("tomorrow at 7 remind me to call Ada");
    expect(once).toMatchObject({ isOnce: true, nextTimes: [Date.UTC(2026, 10, 27, 6)] });
    expect(once?.workflow.triggers).toEqual([]);
    expect(once?.workflow.steps).toMatchObject([{ kind: "wait", until: 'timestamp("2026-11-27T06:00:00.000Z")' }, {}]);
    expect(propose("tell me what I missed")).toBeUndefined();
    expect(propose("every day at nine")).toBeUndefined();
  });
});
