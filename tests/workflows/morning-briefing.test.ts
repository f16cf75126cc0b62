import fc from "fast-check";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { ModelRequest } from "../../src/core/model.ts";
import { addDecision, addDraft, decisionOf, draftOf } from "../web/api/desk-rows.ts";
import { bySchedule, play, type PlayWorld } from "./play.ts";
import { calendar, startServices } from "./outside.ts";
import { monday, receiveWeek } from "./week.ts";

const services = startServices();
const golden = (file: string) => readFileSync(new URL(`../fixtures/workflows/${file}`, import.meta.url), "utf8");
const today = calendar(
  "DTSTART:20260309T080000Z\nDTEND:20260309T083000Z\nSUMMARY:Stand-up\nLOCATION:Room 1",
  "DTSTART:20260309T130000Z\nDTEND:20260309T140000Z\nSUMMARY:Offer with Fay",
  "DTSTART:20260310T130000Z\nDTEND:20260310T140000Z\nSUMMARY:Not today",
);
/** Of the whole request, at four characters to a token. */
const budgetTokens = 3_000;
const countTokens = ({ system, messages }: ModelRequest): number =>
  Math.ceil(
    (
      system +
      messages.flatMap(({ content }) => content.map((part) => (part.type === "text" ? part.text : ""))).join("")
    ).length / 4,
  );
const briefing = "Gil waits for the contract until today.";
const week = () => {
  services.serve({ "/calendar.ics": today });
  // Five days, and the two of the weekend before a Monday.
  return { origin: services.origin(), cause: bySchedule, now: monday, inputs: { hours: 120 }, prepare: receiveWeek };
};

describe("morning-briefing", () => {
  it("gives the model a week of mail and chat as it stands in the golden file, within its budget", async () => {
    const played = await play("morning-briefing", { ...week(), answer: () => briefing });
    expect(played.run).toMatchObject({ state: "done", outputs: { isWritten: true } });
    expect(played.sent).toEqual([`owner: ${briefing}`]);
    expect(played.asked).toEqual([]);
    expect(`${played.prompts[0] ?? ""}\n`).toBe(golden("morning-briefing.prompt.txt"));
    const [request] = played.requests;
    expect(played.requests).toHaveLength(1);
    expect(request?.tools).toEqual([]);
    expect(request && countTokens(request)).toBeLessThanOrEqual(budgetTokens);
    // All of the prompt that others wrote is marked as theirs.
    expect(request?.messages[0]?.content).toEqual([expect.objectContaining({ type: "text", isOutside: true })]);
  });

  it("sends the digest of the golden file by its template when no model answers", async () => {
    const played = await play("morning-briefing", week());
    expect(played.run).toMatchObject({ state: "done", outputs: { isWritten: false } });
    expect(`${played.sent.join("\n").replace(/^owner: /, "")}\n`).toBe(golden("morning-briefing.digest.md"));
  });

  it("keeps to its budget however much came in, and whatever it says", async () => {
    const flood =
      (words: string, count: number) =>
      async (world: PlayWorld): Promise<void> => {
        for (let index = 0; index < count; index += 1) {
          const conversation = `mail/t${index}`;
          await world.receive({
            address: { channel: "mail", chat: `t${index}` },
            subject: words.slice(0, 200),
            text: words,
          });
          await addDecision(
            world.store,
            decisionOf(`d${index}`, {
              conversation,
              excerpt: words,
              subject: words.slice(0, 200),
              tellsOwner: true,
              at: monday - index,
            }),
          );
          await addDraft(world.store, draftOf(`f${index}`, { expiresAt: monday * 2, createdAt: monday - index }));
        }
      };
    services.serve({
      "/calendar.ics": calendar(
        ...Array.from(
          { length: 60 },
          () => `DTSTART:20260309T080000Z\nDTEND:20260309T083000Z\nSUMMARY:${"Long ".repeat(50)}`,
        ),
      ),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 }),
        fc.integer({ min: 20, max: 60 }),
        async (words, count) => {
          const prepare = flood(words.repeat(60), count);
          const played = await play("morning-briefing", { ...week(), prepare, answer: () => briefing });
          const [request] = played.requests;
          expect(request && countTokens(request)).toBeLessThanOrEqual(budgetTokens);
          expect(played.sent).toEqual([`owner: ${briefing}`]);
        },
      ),
      { numRuns: 8 },
    );
  });

  it("looks back over the weekend on Mondays only, and does without a calendar that does not answer", async () => {
    services.serve({});
    const hours = async (now: number) => {
      const played = await play("morning-briefing", { origin: services.origin(), now, answer: () => briefing });
      expect(played.prompts[0]).toContain("Calendar of today:\nnot known");
      return played.steps.find(({ path }) => path === "digest")?.input;
    };
    expect(await hours(monday)).toMatchObject({ hours: 72 });
    expect(await hours(monday + 86_400_000)).toMatchObject({ hours: 24 });
  });
});
