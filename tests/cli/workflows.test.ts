import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findFreePort } from "../doubles/free-port.ts";
import { createHome, type Home } from "./program.ts";

const head = (name: string) => `name: ${name}\ndescription: About ${name}.\ngroup: research\n`;
const files = {
  counted: `# A comment that a copy keeps.
${head("counted")}inputs:
  many: { type: number, default: 2, description: How many. }
trigger: { cron: "30 9 * * *", timeZone: Europe/Berlin }
steps:
  - { id: rest, wait: 1ms }
  - { id: again, each: "[1, 2]", as: one, steps: [{ id: nap, wait: 1ms }] }
outputs: { answer: "{{ inputs.many + 1 }}" }
`,
  slow: `${head("slow")}steps: [{ id: rest, wait: 1h }]\n`,
  gated: `${head("gated")}steps: [{ id: gate, approve: "Go on?" }]\n`,
  hooked: `${head("hooked")}trigger: { webhook: { verify: bearer, secret: "\${HOOK_SECRET}" } }\nsteps: [{ id: rest, wait: 1ms }]\n`,
  costly: `${head("costly")}steps:
  - { id: think, ask: general, prompt: "{{ 'x' }}" }
  - { id: keep, tool: file_write, with: { path: a, content: b } }
`,
  wrong: `${head("wrong")}steps:\n  - { id: a, wait: soon }\n`,
};
let home: Home;

beforeAll(async () => {
  const alias = `{ provider: openai-compatible, model: fake, baseUrl: "http://127.0.0.1:9/v1", apiKey: none, price: { input: 1, output: 2 } }`;
  home = await createHome(
    `http: { port: ${await findFreePort()} }\nowner: { timeZone: UTC }\nmodels: { aliases: { fake: ${alias} } }\nchannels: { web: { platform: webchat } }\ndigests: { daily: { when: "daily 08:00" } }\n`,
  );
  await mkdir(join(home.folder, "workflows"));
  for (const [name, text] of Object.entries(files))
    await writeFile(join(home.folder, "workflows", `${name}.yaml`), text);
  await home.start();
});
afterAll(() => home.remove());

const json = async (...args: string[]) => {
  const ran = await home.run([...args, "--json"]);
  return { ...ran, value: JSON.parse(ran.out === "" ? "null" : ran.out) };
};

describe("parlance workflows", () => {
  it("lists and shows them, with what starts them and what they take", async () => {
    const { value } = await json("workflows", "list");
    const own = value.workflows.filter(({ isOwn }: { isOwn: boolean }) => isOwn);
    expect(own.map(({ name }: { name: string }) => name)).toEqual(["costly", "counted", "gated", "hooked", "slow"]);
    const wrong = { file: "wrong.yaml", line: 5, problem: expect.stringContaining("duration") };
    expect(value.faults).toContainEqual(expect.objectContaining(wrong));
    const list = await home.run(["workflows"]);
    expect(list.out).toMatch(/counted +yours +next \d{4}-/);
    expect(list.err).toContain("parlance workflows check");
    const shown = await home.run(["workflows", "show", "counted"]);
    expect(shown.out).toContain("many   number  no: 2   How many.");
    expect(shown.out).toMatch(/○ rest +waits 1ms/);
    expect(await home.run(["workflows", "show", "cuonted"])).toMatchObject({
      status: 1,
      err: expect.stringContaining('Did you mean "counted"?'),
    });
  });

  it("checks files: place, line, mend, and an exit status of 1", async () => {
    const all = await home.run(["workflows", "check"]);
    expect(all.status).toBe(1);
    expect(all.out).toMatch(/wrong\.yaml:5:20 steps\[0\]\.wait .*"10m"/);
    const [place] = all.out.split("\n");
    expect(place).toContain(join(home.folder, "workflows", "wrong.yaml"));
    const other = join(home.folder, "other.yaml");
    await writeFile(other, `${head("other")}steps: [{ id: a, tool: file_wirte }, { id: b, ask: genral, prompt: x }]\n`);
    const { status, value } = await json("workflows", "check", other);
    expect(status).toBe(1);
    expect(value.faults).toMatchObject([
      { file: other, line: 4, problem: expect.stringContaining('Did you mean "file_write"?') },
      { file: other, line: 4, problem: expect.stringContaining('Did you mean "general"?') },
    ]);
    await writeFile(other, `${head("other")}steps: [{ id: a, tool: github_read }]\n`);
    expect((await json("workflows", "check", other)).value.faults).toMatchObject([
      { problem: expect.stringContaining('a service of kind "github" under services') },
    ]);
    await writeFile(other, `${head("other")}trigger: { event: rnu }\nsteps: [{ id: a, wait: 1s }]\n`);
    expect((await home.run(["workflows", "check", other])).out).toMatch(
      /other\.yaml:4:19 trigger\.event must be decision, draft, .* or run\. Did you mean "run"\?/,
    );
    expect(await home.run(["workflows", "check", join(home.folder, "workflows", "counted.yaml")])).toMatchObject({
      status: 0,
      out: "✔ 1 workflow, nothing wrong.\n",
    });
  });

  it("says which service a tool needs that is not there", async () => {
    const other = join(home.folder, "services.yaml");
    const steps = "[{ id: a, tool: prometheus_state, with: {} }, { id: b, tool: pagerduty_trigger, with: {} }]";
    await writeFile(other, `${head("services")}steps: ${steps}\n`);
    const { value } = await json("workflows", "check", other);
    expect(value.faults.map(({ problem }: { problem: string }) => problem)).toEqual([
      'names the tool "prometheus_state": it needs a service of kind "prometheus" under services in parlance.yaml.',
      'names the tool "pagerduty_trigger": it needs a service of kind "pagerduty" with the url https://events.pagerduty.com/v2/enqueue under services in parlance.yaml.',
    ]);
  });

  it("draws one here, and as a picture", async () => {
    expect((await home.run(["workflows", "graph", "counted"])).out).toMatch(/counted: About counted\./);
    const file = join(home.folder, "picture.svg");
    expect((await home.run(["workflows", "graph", "counted", "--svg", file])).status).toBe(0);
    expect(await readFile(file, "utf8")).toMatch(/^<svg [^]*<\/svg>\n$/);
    expect((await home.run(["workflows", "graph", "counted", "--svg", "-"])).out).toMatch(/^<svg /);
  });

  it("tells what would be done, and at what cost, and does nothing", async () => {
    const { value, status } = await json("workflows", "simulate", "costly");
    expect(status).toBe(0);
    expect(value.steps).toMatchObject([
      { path: "think", kind: "ask", costMicros: expect.any(Number) },
      { path: "keep", kind: "tool", effect: "write", asksPerson: false },
    ]);
    expect(value.maxCostMicros).toBeGreaterThan(1_200);
    expect((await home.run(["workflows", "simulate", "costly"])).out).toMatch(
      /It would cost at most \$0\.00\d\d\. Nothing was done\./,
    );
    expect((await json("runs", "list", "--workflow", "costly")).value).toEqual([]);
    expect(await home.run(["workflows", "simulate", "counted", "many=lots"])).toMatchObject({ status: 2 });
  });

  it("copies one with its comments, and never over another", async () => {
    const { value } = await json("workflows", "new", "mine", "--from", "counted");
    expect(value).toMatchObject({ name: "mine", startsByItself: true });
    expect(await readFile(value.path, "utf8")).toBe(files.counted.replace("name: counted", "name: mine"));
    expect(await home.run(["workflows", "new", "slow", "--from", "counted"])).toMatchObject({ status: 1 });
    expect(await home.run(["workflows", "new", "mine2"])).toMatchObject({
      status: 2,
      err: expect.stringContaining("--from"),
    });
    expect(await home.run(["workflows", "new", "../mine", "--from", "counted"])).toMatchObject({ status: 2 });
    expect((await json("workflows", "new", "mine3", "--from", "hooked")).value.secrets).toEqual(["HOOK_SECRET"]);
  });

  it("runs one in the running service and follows it to its end", async () => {
    const ran = await home.run(["workflows", "run", "counted", "many=4"]);
    expect({ status: ran.status, err: ran.err }).toEqual({ status: 0, err: "" });
    expect(ran.out).toMatch(/done +rest \(wait/);
    expect(ran.out).toContain('"answer": 5');
    expect(await home.run(["workflows", "run", "counted", "many=x"])).toMatchObject({ status: 2 });
  });
});

describe("parlance schedule", () => {
  it("lists what starts by itself, the soonest first", async () => {
    const { value } = await json("schedule", "list");
    expect(value.timeZone).toBe("UTC");
    expect(value.schedule[0]).toMatchObject({
      triggers: ["at 30 9 * * * (Europe/Berlin)"],
      nextAt: expect.any(Number),
    });
    expect(value.schedule.at(-1)).not.toHaveProperty("nextAt");
    const names = value.schedule.map(({ name }: { name: string }) => name);
    expect(names).toEqual(expect.arrayContaining(["counted", "hooked"]));
    expect(names).not.toContain("slow");
    expect(value.digests).toEqual([{ name: "daily", when: "daily 08:00", nextAt: expect.any(Number) }]);
    const { out } = await home.run(["schedule"]);
    expect(out).toContain("when it happens");
    expect(out).toMatch(/08:00 +digest daily/);
  });
});

describe("an order said in a direct chat", () => {
  it("becomes a proposal without a command or a model, and a workflow when it is agreed to", async () => {
    const said = await json("chat", "every weekday at nine tell me what I missed");
    expect(said.value.text).toContain("cron: 0 9 * * 1-5");
    const [, code = ""] = /\/schedule save (\w+)/.exec(said.value.text) ?? [];
    const names = async () => (await json("schedule")).value.schedule.map(({ name }: { name: string }) => name);
    expect(await names()).not.toContain("tell-me-what-i-missed");
    const saved = await json("chat", "--chat", said.value.chat, `/schedule save ${code}`);
    expect(saved.value.text).toMatch(/^Saved as \*\*tell-me-what-i-missed\*\*/);
    expect(await names()).toContain("tell-me-what-i-missed");
  });

  it("is taken back beside the running service, which forgets it without a restart; other files stay", async () => {
    const name = "tell-me-what-i-missed";
    expect(await home.run(["schedule", "remove", "counted"])).toMatchObject({
      status: 1,
      err: expect.stringContaining("file of your own"),
    });
    expect(await home.run(["schedule", "remove"])).toMatchObject({ status: 2, err: expect.stringContaining("NAME") });
    expect((await json("schedule", "remove", name)).value).toEqual({ name, endedRuns: 0 });
    expect(await readdir(join(home.folder, "workflows"))).not.toContain(`${name}.yaml`);
    await expect
      .poll(async () => (await json("chat", "/schedule")).value.text, { timeout: 20_000 })
      .not.toContain(name);
    expect(await home.run(["schedule", "remove", name])).toMatchObject({ status: 1 });
    expect((await home.run(["audit"])).status).toBe(0);
  });
});

describe("parlance runs", () => {
  it("shows one, halts it, lets it go on, ends it and repeats it", async () => {
    const { value: begun } = await json("workflows", "run", "slow", "--detach");
    const { id } = begun;
    expect(begun).toMatchObject({ workflow: "slow", isServiceRunning: true });
    const untilState = async (state: string) =>
      expect.poll(async () => (await json("runs", "show", id)).value.state, { timeout: 20_000 }).toBe(state);
    await expect.poll(async () => (await json("runs", "show", id)).value.steps.length, { timeout: 20_000 }).toBe(1);
    expect((await json("runs", "list", "--open")).value.map((run: { id: string }) => run.id)).toContain(id);
    expect((await home.run(["runs", "pause", id])).out).toContain("It halts");
    await untilState("paused");
    expect((await home.run(["runs", "resume", id])).status).toBe(0);
    await untilState("active");
    expect((await json("runs", "cancel", id)).value).toMatchObject({ id, isServiceRunning: true });
    await untilState("cancelled");
    expect(await home.run(["runs", "cancel", id])).toMatchObject({
      status: 1,
      err: expect.stringContaining("cancelled"),
    });
    expect(await home.run(["runs", "retry", id, "nowhere"])).toMatchObject({ status: 1 });
    expect((await home.run(["runs", "retry", id, "rest"])).status).toBe(0);
    await untilState("active");
    expect((await home.run(["runs", "show", id])).out).toMatch(/slow .* under way/);
    expect((await home.run(["runs", "cancel", id])).status).toBe(0);
    expect(await home.run(["runs", "show", "nobody"])).toMatchObject({
      status: 1,
      err: expect.stringContaining("There is no run"),
    });
  }, 90_000);

  it("says which question a run waits for", async () => {
    const { value: begun } = await json("workflows", "run", "gated", "--detach");
    await expect
      .poll(async () => (await json("runs", "show", begun.id)).value.approvals.length, { timeout: 20_000 })
      .toBe(1);
    expect((await home.run(["runs", "show", begun.id])).out).toMatch(/parlance approvals approve \w+/);
  }, 60_000);
});
