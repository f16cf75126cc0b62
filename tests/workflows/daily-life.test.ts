import { describe, expect, it } from "vitest";
import { addDraft, draftOf, threadOf } from "../web/api/desk-rows.ts";
import { bySchedule, play, start, type PlayWorld } from "./play.ts";
import { calendar, startServices } from "./outside.ts";

const services = startServices();
const at = () => ({ origin: services.origin(), cause: bySchedule });
const hour = 3_600_000;
const mail = { channel: "mail", chat: "t1" };
const from = (name: string) => ({ id: `mail:${name}`, name, isBot: false });

describe("evening-review", () => {
  const prepare = async ({ store }: PlayWorld) => {
    await addDraft(store, draftOf("3f9a2c", { createdAt: start - hour, expiresAt: start + 100 * hour }));
    await store.write(({ cdc }) => cdc.saveThread(threadOf("mail/roof", { theyWroteAt: start - 50 * hour })));
  };

  it("tells what is open and how tomorrow begins", async () => {
    services.serve({ "/calendar.ics": calendar("DTSTART:20260106T090000Z\nDTEND:20260106T100000Z\nSUMMARY:Review") });
    const played = await play("evening-review", { ...at(), prepare, answer: () => "The roof first." });
    const [prompt = ""] = played.prompts;
    for (const part of [
      "3f9a2c to Ada",
      "roof on mail",
      "Tuesday 2026-01-06 10:00-11:00: Review",
      "Free, in Europe/Berlin",
    ])
      expect(prompt).toContain(part);
    expect(played.sent).toEqual(["owner: The roof first."]);
  });

  it("says nothing when nothing is open, and the bare lists without a model", async () => {
    services.serve({ "/calendar.ics": calendar() });
    expect((await play("evening-review", at())).sent).toEqual([]);
    const bare = await play("evening-review", { ...at(), prepare });
    expect(bare.sent).toEqual([
      expect.stringMatching(/^owner: Threads: 1\n\[mail\/roof\] roof on mail[\s\S]*Drafts: 1/),
    ]);
    expect(bare.run).toMatchObject({ state: "done", outputs: { isTold: true } });
  });
});

describe("meeting-prep", () => {
  const meetings = {
    meetings: [
      { title: "Review with Grace", time: "10:00", words: "roof" },
      { title: "Dentist", time: "15:00", words: "rhubarb" },
    ],
  };

  it("prepares for each meeting from what was written about it", async () => {
    services.serve({
      "/calendar.ics": calendar("DTSTART:20260105T090000Z\nDTEND:20260105T100000Z\nSUMMARY:Review with Grace"),
    });
    const played = await play("meeting-prep", {
      ...at(),
      prepare: async (world) => {
        await world.receive({ address: mail, sender: from("Grace"), text: "The roof leaks again", subject: "Roof" });
        await world.receive({ address: mail, sender: from("Lea"), text: "Lunch?" });
      },
      answer: (prompt) => (prompt.startsWith("Which of these") ? meetings : "**10:00 Review**\n- It leaks again"),
    });
    expect(played.prompts[0]).toContain("Monday 2026-01-05 10:00-11:00: Review with Grace");
    expect(played.prompts[1]).toContain("Grace: The roof leaks again");
    expect(played.prompts[1]).not.toContain("Lunch?");
    expect(played.prompts).toHaveLength(2);
    expect(played.sent).toEqual(["owner: **10:00 Review**\n- It leaks again"]);
  });

  it("asks no model on a day without meetings", async () => {
    services.serve({ "/calendar.ics": calendar() });
    expect((await play("meeting-prep", at())).run).toMatchObject({ state: "done", outputs: { isTold: false } });
  });
});

describe("bills-and-deadlines", () => {
  const item = { what: "Electricity", due: "2026-01-08", from: "City Power", amount: "80 €", isOdd: false };

  it("lists what is due, and reminds the day before, days later", async () => {
    const played = await play("bills-and-deadlines", {
      cause: bySchedule,
      prepare: async (world) => {
        await world.receive({
          address: mail,
          sender: from("City Power"),
          text: "Your invoice of 80 € is due on 8 January",
        });
        await world.receive({ address: mail, sender: from("Lea"), text: "Lunch?" });
        await world.receive({ address: { channel: "chat", chat: "x" }, text: "an invoice in a chat" });
      },
      answer: () => ({
        items: [
          item,
          { ...item, what: "Club", due: "", amount: "" },
          { ...item, what: "Odd", due: "2026-99-99", isOdd: true },
        ],
      }),
    });
    expect(played.prompts[0]).toContain("Messages: 1\n");
    expect(played.sent).toEqual([
      "owner: **Bills and deadlines**\n\n- 2026-01-08: Electricity, 80 € (City Power)\n- no day: Club (City Power)\n" +
        "- 2026-99-99: Odd, 80 € (City Power) – look twice before you pay",
      "owner: Due on 2026-01-08: Electricity, 80 € (City Power)",
    ]);
    expect(played.hours).toBeGreaterThanOrEqual(47);
    expect(played.hours).toBeLessThan(48);
  });

  it("asks no model when there is no such mail", async () => {
    const played = await play("bills-and-deadlines", { cause: bySchedule });
    expect(played.run).toMatchObject({ state: "done", outputs: { found: 0 } });
  });
});

describe("meal-plan", () => {
  const plan = {
    dinners: [{ name: "Pea curry", minutes: 30, how: "Cook it." }],
    shopping: [
      { shelf: "frozen", thing: "Peas, 500 g" },
      { shelf: "dry goods", thing: "Rice, 300 g" },
    ],
  };

  it("sends dinners and a list, and keeps the list as a file without asking: nothing of it comes from outside", async () => {
    const inputs = { avoid: ["nuts"], have: "half a pumpkin" };
    const played = await play("meal-plan", { cause: bySchedule, inputs, answer: () => plan });
    expect(played.prompts[0]).toMatch(/Plan 5 dinners for 2 people[\s\S]*Never: nuts\.[\s\S]*half a pumpkin/);
    expect(played.asked).toEqual([]);
    expect(played.file("shopping-list.md")).toBe(
      "# Shopping list of 2026-01-05\n\n- [ ] frozen: Peas, 500 g\n- [ ] dry goods: Rice, 300 g\n",
    );
    expect(played.sent).toEqual([
      "owner: **Dinners**\n- Pea curry (30 min): Cook it.\n\n**To buy** (also in shopping-list.md)\n- frozen: Peas, 500 g\n- dry goods: Rice, 300 g",
    ]);
  });

  it("warns when the model forgot what must not be in it, and asks it again for what has the wrong form", async () => {
    const answers = [{ dinners: [] }, { ...plan, dinners: [{ ...plan.dinners[0], name: "Nuts in a pan" }] }];
    const played = await play("meal-plan", {
      inputs: { avoid: ["NUTS"] },
      answer: (_prompt, call) => answers[call] ?? "",
    });
    expect(played.prompts).toHaveLength(2);
    expect(played.sent[0]).toBe("owner: The meal plan has something in it that you avoid (NUTS). Read it with care.");
  });
});

describe("birthday-reminders", () => {
  const files = { "birthdays.csv": "01-05,Grace,likes gardening\n01-12,Lea\n01-12,Noor\n03-14,Gil\n" };

  it("tells of today with a greeting, and of those in a week", async () => {
    const played = await play("birthday-reminders", {
      cause: bySchedule,
      files,
      answer: () => "Happy birthday, Grace!",
    });
    expect(played.prompts[0]).toContain("from Ada to Grace");
    expect(played.prompts[0]).toContain("likes gardening");
    expect(played.sent).toEqual([
      "owner: **Today is Grace's birthday.**\n\nPerhaps:\n\nHappy birthday, Grace!",
      "owner: In 7 days it is the birthday of Lea and Noor.",
    ]);
  });

  it("says nothing on other days, and tells without a model", async () => {
    expect((await play("birthday-reminders", { files, now: start + 24 * hour })).sent).toEqual([]);
    const [today] = (await play("birthday-reminders", { files })).sent;
    expect(today).toMatch(/^owner: \*\*Today is Grace's birthday\.\*\*/);
  });
});

describe("commute-note", () => {
  const early = start - 4 * hour;
  const day = calendar(
    "DTSTART;VALUE=DATE:20260105\nDTEND;VALUE=DATE:20260106\nSUMMARY:Fair\nLOCATION:Office",
    "DTSTART:20260105T070000Z\nDTEND:20260105T080000Z\nSUMMARY:Call",
    "DTSTART:20260105T090000Z\nDTEND:20260105T100000Z\nSUMMARY:Review\nLOCATION:Office\\, 2nd floor",
    "DTSTART:20260105T120000Z\nDTEND:20260105T130000Z\nSUMMARY:Photos\nLOCATION:Studio",
  );

  it("tells when to leave for the first place away from home, and again ten minutes before", async () => {
    services.serve({ "/calendar.ics": day });
    const played = await play("commute-note", { ...at(), now: early });
    expect(played.sent).toEqual([
      "owner: Leave at 9:25 for Review (at Office, 2nd floor).",
      "owner: Ten minutes until you leave for Review (at Office, 2nd floor).",
    ]);
    // From six to a quarter past nine in Berlin.
    expect(played.hours).toBeCloseTo(3.25, 1);
  });

  it("says nothing on a day at home, and nothing of what is over", async () => {
    services.serve({ "/calendar.ics": day });
    expect((await play("commute-note", { ...at(), now: start + 6 * hour })).sent).toEqual([]);
    services.serve({ "/calendar.ics": calendar() });
    expect((await play("commute-note", at())).sent).toEqual([]);
  });
});
