import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { allKinds, small } from "../../scheduler/all-kinds.ts";
import { openBoardScene, type BoardScene } from "./board-scene.ts";

const head = (name: string, group = "research") => `name: ${name}\ndescription: About ${name}.\ngroup: ${group}\n`;
const harmless = `${head("weather")}inputs:
  place: { type: text, description: Where. }
  days: { type: number, default: 3 }
  isShort: { type: boolean, default: false }
steps:
  - { id: fetch, tool: fetch_weather, with: { place: "{{ inputs.place }}" } }
  - { id: tell, send: owner, text: "{{ steps.fetch.output.degrees }}" }
`;
const paying = `${head("paying", "operations")}steps: [{ id: pay, tool: pay, with: { amount: 5 } }]\n`;
const clocked = `${head("clocked", "daily-life")}trigger: { cron: "0 9 * * 1-5" }\nsteps: [{ id: w, wait: 1h }]\n`;
const shippedClock = `${head("shipped-clock")}trigger: { cron: "0 8 * * *" }\nsteps: [{ id: w, wait: 1h }]\n`;

let scene: BoardScene;
afterEach(() => scene.close());

const begin = async (workflows: readonly string[] = [harmless, paying, clocked], shipped = [shippedClock]) => {
  scene = await openBoardScene({ workflows, shipped });
};
const text = async (...said: Parameters<BoardScene["say"]>) => (await scene.say(...said)).text;
const countAudits = async () => (await scene.store.verifyAudit()).rows;
const runId = (answer: string) => /`([0-9a-z]{22})`/.exec(answer)?.[1] ?? "";

describe("/workflow", () => {
  it("lists by group, and one group with what each is about", async () => {
    await begin();
    const list = await text("/workflow");
    expect(list).toMatch(
      /- \*\*operations\*\*: `paying`\n- \*\*daily-life\*\*: `clocked`\n- \*\*research\*\*: `shipped-clock`, `weather`/,
    );
    expect(await text("/workflow operations")).toContain("- `paying`: About paying\\.");
  });

  it("shows one with its inputs, what starts it, and a picture in a code block", async () => {
    await begin();
    const one = await text("/workflow weather");
    expect(one).toContain("- `place` (text, required): Where\\.");
    expect(one).toContain("- `days` (number, default 3)");
    expect(one).toMatch(/```\n[^]*fetch\s+calls fetch_weather[^]*\n```/);
    expect(await text("/workflow clocked")).toContain("It starts at 0 9");
    expect(await text("/workflow shipped-clock")).toContain("by hand only");
  });

  it("guesses what was meant", async () => {
    await begin();
    expect(await text("/workflow wether")).toBe("There is no workflow wether. Did you mean `weather`?");
  });
});

describe("/run and /jobs", () => {
  it("reads typed inputs, and says in plain words what is wrong with them", async () => {
    await begin();
    const answer = await text("/run weather place='New York' days=5 isShort=yes");
    await scene.workThrough();
    expect(await scene.sent()).toEqual(["8"]);
    expect((await scene.run(runId(answer))).inputs).toEqual({ place: "New York", days: 5, isShort: true });
    expect(await text("/run weather")).toMatch(/The input "place" is required\\: a text/);
    expect(await text("/run weather place=Oslo days=many")).toMatch(/The input "days" must be a number/);
    expect(await text("/run weather place=Oslo town=x")).toMatch(/There is no input "town"/);
    expect(await text("/run weather Oslo")).toMatch(/is not an input/);
    expect(await text("/run wether")).toMatch(/Did you mean "weather"/);
    expect(await scene.workflows.board.runs({ limit: 9 })).toHaveLength(1);
  });

  it("begins one run for one message, however often the command is carried out", async () => {
    await begin();
    const first = await text("/run clocked", { messageId: "same" });
    expect(await text("/run clocked", { messageId: "same" })).toBe(first);
    expect(await scene.workflows.board.runs({ limit: 9 })).toHaveLength(1);
    await text("/run clocked", { messageId: "other" });
    expect(await scene.workflows.board.runs({ limit: 9 })).toHaveLength(2);
  });

  it("lets members begin only what asks nobody's leave, and see only what they began", async () => {
    await begin();
    const member = { role: "member", id: "test:bob" } as const;
    expect(await text("/run paying", member)).toMatch(/only an owner or admin/);
    const theirs = runId(await text("/run weather place=Oslo", member));
    const mine = runId(await text("/run weather place=Rome"));
    expect(theirs).not.toBe("");
    expect(await text("/jobs", member)).toContain(theirs);
    expect(await text("/jobs", member)).not.toContain(mine);
    expect(await text(`/jobs ${mine}`, member)).toBe(`There is no run ${mine}.`);
    expect(await text(`/jobs cancel ${theirs}`, member)).toMatch(/Only owners and admins/);
    expect(await text("/jobs", { isGroup: true })).not.toContain(theirs);
    expect(await text("/schedule", member)).toMatch(/is for owners/);
    expect(await text("/jobs")).toContain(theirs);
  });

  it("shows a run's steps with what went in, what came out and how long it took", async () => {
    await begin();
    const id = runId(await text("/run weather place=Oslo"));
    expect(await text("/jobs")).toMatch(/^\*\*Under way\*\*/);
    await scene.workThrough();
    const shown = await text(`/jobs ${id}`);
    expect(shown).toMatch(/✔ \*\*fetch\*\* \(tool, done, 0s\)\n {2}- in: .*Oslo.*\n {2}- out: .*4/);
    expect(await text("/jobs")).toContain("Nothing is under way.");
  });

  it("halts, goes on, ends and repeats", async () => {
    await begin();
    const id = runId(await text("/run clocked"));
    await scene.work();
    expect(await text(`/jobs pause ${id}`)).toMatch(/halts/);
    await scene.work();
    expect((await scene.run(id)).state).toBe("paused");
    expect((await scene.say(`/jobs ${id}`)).choices?.map(({ command }) => command)).toEqual([
      `/jobs resume ${id}`,
      `/jobs cancel ${id}`,
    ]);
    expect(await text(`/jobs resume ${id}`)).toMatch(/goes on/);
    expect(await text(`/jobs cancel ${id}`)).toMatch(/ends/);
    await scene.work();
    expect((await scene.run(id)).state).toBe("cancelled");
    expect(await text(`/jobs cancel ${id}`)).toMatch(/cannot be cancelled/);
    expect(await text(`/jobs retry ${id} nothing`)).toMatch(/has not come to a step/);
    expect(await text(`/jobs retry ${id}`)).toMatch(/done again/);
    expect((await scene.run(id)).state).toBe("active");
    expect(await text("/jobs retry")).toContain("Write it as");
    expect(await text("/jobs cancel nobody")).toMatch(/There is no run/);
  });

  it("shows what waits for a person", async () => {
    await begin([allKinds, small], []);
    const id = runId(await text("/run all-kinds"));
    await scene.work();
    const [asked] = await scene.pending();
    expect(await text(`/jobs ${id}`)).toContain(`/approve ${asked?.id}`);
  });
});

describe("/schedule", () => {
  it("lists what starts by itself, with the next time on the owner's clock", async () => {
    await begin();
    const list = await text("/schedule");
    expect(list).toMatch(/- \*\*\w{3},? \d+ \w+,? 09:00\*\* `clocked`/);
    expect(list).not.toContain("shipped-clock");
    expect(list).toContain("Europe/Berlin");
  });

  it("lists digests with them, and says of one that its time cannot be kept", async () => {
    const digests = { daily: { when: "daily 07:15" }, never: { when: "daily 25:00" } };
    scene = await openBoardScene({ workflows: [clocked], digests });
    const list = await text("/schedule");
    expect(list).toMatch(/- \*\*[^*]+07:15\*\* the digest `daily`/);
    expect(list).toMatch(/the digest `never`: .* no time/);
    expect((await scene.workflows.board.list()).digests.map(({ name }) => name)).toEqual(["daily", "never"]);
  });

  it("proposes, and keeps nothing before the owner has said yes", async () => {
    await begin([], []);
    const card = await scene.say("/schedule every weekday at nine tell me what I missed");
    expect(card.text).toContain("cron: 0 9 * * 1-5");
    expect(card.text.match(/09:00/g)).toHaveLength(3);
    expect(await readdir(scene.own).catch(() => [])).toEqual([]);
    const [yes, no] = card.choices ?? [];
    expect([yes?.label, no?.label]).toEqual(["Save", "Drop"]);
    const shown = /```\n([^]*?)\n```/.exec(card.text)?.[1] ?? "";
    expect(await text(yes?.command ?? "")).toMatch(
      /^Saved as \*\*tell-me-what-i-missed\*\*\. It starts next on .*09:00/,
    );
    expect((await readFile(join(scene.own, "tell-me-what-i-missed.yaml"), "utf8")).trim()).toBe(shown);
    expect(await text("/schedule")).toContain("`tell-me-what-i-missed`");
    expect(await text(yes?.command ?? "")).toMatch(/no such proposal/);
    expect(await scene.workflows.board.runs({ limit: 9 })).toEqual([]);
  });

  it("drops, and forgets a proposal that nobody answered for a week", async () => {
    await begin([], []);
    const drop = (await scene.say("/schedule every day at 8 tell me the news")).choices?.[1]?.command ?? "";
    expect(await text(drop)).toMatch(/^Dropped/);
    const late = (await scene.say("/schedule every day at 8 tell me the news")).choices?.[0]?.command ?? "";
    scene.clock.advance(8 * 86_400_000);
    expect(await text(late)).toMatch(/no such proposal/);
    expect(await readdir(scene.own).catch(() => [])).toEqual([]);
  });

  it("does once what is to be done once, however often it is saved", async () => {
    await begin([], []);
    const card = await scene.say("/schedule in 2 hours remind me to water the plants");
    const context = card.choices?.[0]?.command ?? "";
    // The answer is lost, and the button pressed again.
    await Promise.all([scene.say(context), scene.say(context)]);
    expect(await scene.workflows.board.runs({ limit: 9 })).toHaveLength(1);
    await scene.work();
    expect(await scene.sent()).toEqual([]);
    scene.clock.advance(2 * 3_600_000 + 60_000);
    await scene.workThrough();
    expect(await scene.sent()).toEqual(["water the plants"]);
  });

  it("takes back what was saved, for good and with an audit, and may do so twice", async () => {
    await begin([], []);
    const card = await scene.say("/schedule every weekday at nine tell me what I missed");
    await scene.say(card.choices?.[0]?.command ?? "");
    const name = "tell-me-what-i-missed";
    // The answer is lost the first time, and the command carried out again.
    const before = await countAudits();
    await Promise.all([scene.say(`/schedule remove ${name}`), scene.say(`/schedule remove ${name}`)]);
    expect(await readdir(scene.own)).toEqual([]);
    expect(await countAudits()).toBeGreaterThan(before);
    expect(await text("/schedule")).toMatch(/^Nothing starts by itself/);
    expect(await text(`/schedule remove ${name}`)).toMatch(/There is no workflow/);
  });

  it("ends a reminder that is taken back before its time", async () => {
    await begin([], []);
    const card = await scene.say("/schedule in 2 hours remind me to water the plants");
    const saved = await text(card.choices?.[0]?.command ?? "");
    const [, remove = ""] = /`(\/schedule remove [a-z-]+)`/.exec(saved) ?? [];
    await scene.work();
    expect(await text(remove)).toMatch(/^Removed .* run .* ends/);
    scene.clock.advance(3 * 3_600_000);
    await scene.workThrough();
    expect(await scene.sent()).toEqual([]);
    expect((await scene.workflows.board.runs({ limit: 9 })).map(({ state }) => state)).toEqual(["cancelled"]);
  });

  it("removes no file of a person's own, none that was changed, none that another one calls", async () => {
    await begin();
    expect(await text("/schedule remove clocked")).toMatch(/file of your own/);
    expect(await text("/schedule remove clokced")).toMatch(/Did you mean "clocked"/);
    expect(await text("/schedule remove shipped-clock")).toMatch(/shipped/);
    const card = await scene.say("/schedule every day at 8 tell me the news");
    await scene.say(card.choices?.[0]?.command ?? "");
    const file = join(scene.own, "tell-me-the-news.yaml");
    const saved = await readFile(file, "utf8");
    const calling = `${head("calling")}steps: [{ id: a, workflow: tell-me-the-news }]\n`;
    await scene.workflows.saveOwn("calling", calling);
    expect(await text("/schedule remove tell-me-the-news")).toMatch(/called by calling/);
    await scene.workflows.removeOwn("calling", calling);
    await writeFile(file, `${saved}# mine`);
    expect(await text("/schedule remove tell-me-the-news")).toMatch(/changed by hand/);
    expect((await readdir(scene.own)).toSorted()).toContain("tell-me-the-news.yaml");
    await writeFile(file, saved);
    expect(await text("/schedule remove tell-me-the-news")).toMatch(/^Removed/);
    expect(await text("/schedule remove clocked", { isGroup: true })).toMatch(/direct chat/);
  });

  it("says so when it finds no time, and is no business of groups", async () => {
    await begin([], []);
    expect(await text("/schedule tell me what I missed")).toMatch(/found no time/);
    for (const said of ["every other day at 8 tell me the news", "jeden zweiten Freitag um 10 sag mir, was ansteht"])
      expect(await text(`/schedule ${said}`)).toMatch(/cannot count .* Possible are .* Nothing was planned/);
    expect(await text("/schedule every day at 8 tell me", { isGroup: true })).toMatch(/direct chat/);
  });
});
