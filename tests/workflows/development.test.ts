import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bySchedule, git, play, type PlayWorld } from "./play.ts";
import { byHook } from "./hook.ts";
import { found, githubIssue, pull, startServices } from "./outside.ts";

const services = startServices();
const at = () => ({ origin: services.origin() });
const repo = "/github/repos/example/garden";

describe("pull-request-digest", () => {
  it("tells the owner of open pull requests and what holds up the oldest, and nobody else", async () => {
    services.serve({
      "/github/search/issues": found(githubIssue(7, "Water at dawn", pull), githubIssue(9, "Paint the shed", pull)),
      [`${repo}/pulls/7`]: { number: 7, head: { sha: "abc", ref: "dawn" }, mergeable_state: "blocked" },
      [`${repo}/commits/abc/check-runs`]: {
        total_count: 1,
        check_runs: [{ name: "lint", status: "completed", conclusion: "failure", html_url: "https://x/1" }],
      },
    });
    const played = await play("pull-request-digest", {
      ...at(),
      cause: bySchedule,
      answer: (prompt) =>
        prompt.startsWith("In at most") ? "#7: lint fails" : "#7 waits for its lint. #9 for a review.",
    });
    expect(played.run).toMatchObject({ state: "done", outputs: { digest: "#7 waits for its lint. #9 for a review." } });
    expect(played.sent).toEqual([
      "owner: **Pull requests of example/garden**\n\n#7 waits for its lint. #9 for a review.",
    ]);
    expect(services.seen()[0]?.query.get("q")).toBe("repo:example/garden is:pr is:open draft:false sort:created-asc");
    const last = played.prompts.at(-1) ?? "";
    expect(last).toContain("#9 Paint the shed [pull request, open] by grace, 2025-12-20 08:00 UTC");
    expect(last).toContain("#7: lint fails");
    expect(last).toContain("today is 2026-01-05");
    // Of #9 the checks could not be read: it is in the digest all the same.
    expect(played.prompts).toHaveLength(2);
    expect(played.asked).toEqual([]);
  });

  it("sends the bare list when there is no model, and nothing when there is nothing", async () => {
    services.serve({
      "/github/search/issues": found(githubIssue(7, "Water at dawn", pull)),
      [`${repo}/pulls/7`]: { number: 7, head: { sha: "abc", ref: "dawn" } },
      [`${repo}/commits/abc/check-runs`]: { total_count: 0, check_runs: [] },
    });
    const played = await play("pull-request-digest", { ...at(), cause: bySchedule });
    expect(played.run.state).toBe("done");
    expect(played.sent).toEqual([expect.stringMatching(/^owner: .*\n\nFound: 1\n#7 Water at dawn/)]);
    services.serve({ "/github/search/issues": found() });
    expect(await play("pull-request-digest", { ...at(), answer: () => "" })).toMatchObject({ sent: [], prompts: [] });
  });
});

describe("release-notes", () => {
  const prepare = async ({ workspace }: PlayWorld) => {
    git(workspace, "2025-11-01", "init", "--quiet", "--initial-branch=main");
    git(workspace, "2025-11-01", "commit", "--quiet", "--allow-empty", "--message=Start");
    git(workspace, "2025-11-01", "tag", "v1.0");
    writeFileSync(join(workspace, "pump.txt"), "on");
    git(workspace, "2025-11-02", "add", ".");
    git(workspace, "2025-11-02", "commit", "--quiet", "--message=Switch the pump on at dawn");
  };
  const inputs = { from: "v1.0", version: "1.1.0" };
  const notes = "## New\n- The pump runs at dawn";

  it("are written from the commits in between, kept in a file, and shown to the team when the owner agrees", async () => {
    const played = await play("release-notes", { prepare, inputs: { ...inputs, announce: true }, answer: () => notes });
    expect(played.run).toMatchObject({ state: "done", outputs: { notes, isAnnounced: true } });
    expect(played.prompts[0]).toContain("Ada: Switch the pump on at dawn");
    expect(played.prompts[0]).toContain("pump.txt");
    expect(played.prompts[0]).not.toContain("Start");
    expect(played.file("releases/1.1.0.md")).toBe(`# 1.1.0\n\n${notes}\n`);
    expect(played.asked).toEqual([
      expect.stringContaining("Write the file"),
      `Show these release notes of 1.1.0 to the team?\n\n${notes}`,
    ]);
    expect(played.sent).toEqual([
      expect.stringContaining(`owner: Release notes of 1.1.0`),
      `slack/general: **1.1.0 is out**\n\n${notes}`,
    ]);
  });

  it("stay with the owner when they say no or nothing, and are none where there are no commits", async () => {
    const decide = (question: string) => (question.startsWith("Show") ? "denied" : "approved");
    const denied = await play("release-notes", {
      prepare,
      inputs: { ...inputs, announce: true },
      answer: () => notes,
      decide,
    });
    const ignored = await play("release-notes", {
      prepare,
      inputs: { ...inputs, announce: true },
      answer: () => notes,
      decide: (question) => (question.startsWith("Show") ? "ignore" : "approved"),
    });
    for (const { run, sent } of [denied, ignored]) {
      expect(run).toMatchObject({ state: "done", outputs: { isAnnounced: false } });
      expect(sent).toHaveLength(1);
    }
    const none = await play("release-notes", { prepare, inputs: { ...inputs, from: "HEAD" } });
    expect(none.sent).toEqual([expect.stringContaining("There are no commits between HEAD and HEAD")]);
    expect(none.file("releases/1.1.0.md")).toBeUndefined();
  });
});

describe("stale-branches", () => {
  const prepare = async ({ workspace }: PlayWorld) => {
    git(workspace, "2024-01-01", "init", "--quiet", "--initial-branch=main");
    git(workspace, "2024-01-01", "commit", "--quiet", "--allow-empty", "--message=Old but kept");
    for (const [name, day] of [
      ["tomatoes", "2025-01-10"],
      ["compost", "2025-12-30"],
    ] as const) {
      git(workspace, day, "switch", "--quiet", "--create", name, "main");
      git(workspace, day, "commit", "--quiet", "--allow-empty", `--message=About ${name}`);
    }
  };

  it("names old branches by git's own days, without a model, and leaves young and kept ones out", async () => {
    const played = await play("stale-branches", { prepare, cause: bySchedule });
    expect(played.sent).toEqual([
      expect.stringMatching(
        /^owner: \*\*Branches untouched for 90 days or more\*\*\n\n- tomatoes \w{7,} 2025-01-10 About tomatoes$/,
      ),
    ]);
    const quiet = await play("stale-branches", { prepare, inputs: { days: 700 } });
    expect(quiet.run).toMatchObject({ state: "done", outputs: { isTold: false } });
    expect(quiet.sent).toEqual([]);
  });
});

describe("build-watch", () => {
  const runs = (...results: readonly string[]) => ({
    [`${repo}/actions/runs`]: {
      total_count: results.length,
      workflow_runs: results.map((conclusion, index) => ({
        name: "CI",
        display_title: `Commit ${index}`,
        head_branch: "main",
        event: "push",
        status: "completed",
        conclusion,
        created_at: `2026-01-05T0${8 - index}:00:00Z`,
        html_url: `https://ci.example.org/${index}`,
      })),
    },
  });
  const verdict = {
    state: "broken",
    what: "CI failed three times",
    since: "2026-01-05 06:00",
    link: "https://ci.example.org/0",
  };

  it("tells of a broken build with its link", async () => {
    services.serve(runs("failure", "failure", "success"));
    const played = await play("build-watch", { ...at(), cause: bySchedule, answer: () => verdict });
    expect(played.sent).toEqual([
      "owner: **main of example/garden is broken** since 2026-01-05 06:00: CI failed three times\nhttps://ci.example.org/0",
    ]);
    expect(services.seen()[0]?.query.get("branch")).toBe("main");
    // It rests, and so begins no other run that would tell the same.
    expect(played.hours).toBeGreaterThanOrEqual(8);
    expect(played.prompts[0]).toContain(
      "failure: CI: Commit 0 (main, push, 2026-01-05 08:00 UTC) https://ci.example.org/0",
    );
  });

  it("tells of a flaky one, says nothing of one that was mended, and asks no model about green ones", async () => {
    services.serve(runs("success", "failure", "success"));
    const flaky = await play("build-watch", {
      ...at(),
      cause: bySchedule,
      answer: () => ({ ...verdict, state: "flaky" }),
    });
    expect(flaky.sent).toEqual([expect.stringMatching(/^owner: A build of example\/garden is flaky/)]);
    const fixed = await play("build-watch", { ...at(), answer: () => ({ ...verdict, state: "fixed" }) });
    expect(fixed.sent).toEqual([]);
    expect(fixed.hours).toBe(0);
    services.serve(runs("success", "success"));
    const green = await play("build-watch", at());
    expect(green.run).toMatchObject({ state: "done", outputs: { state: "green" } });
  });
});

describe("issue-triage", () => {
  const payload = {
    action: "opened",
    issue: { number: 12, title: "Hose leaks" },
    repository: { full_name: "example/garden" },
  };
  const triage = { kind: "bug", priority: "high", why: "Water is lost.", answer: "Thanks! Which hose is it?" };
  const routes = (comments: object[]) => ({
    [`${repo}/issues/12`]: githubIssue(12, "Hose leaks"),
    "/github/search/issues": found(githubIssue(3, "Old hose leaks")),
    [`${repo}/issues/12/comments`]: ({ method, body }: { method: string; body: string }) => {
      if (method === "GET") return { body: comments };
      comments.push({ ...(JSON.parse(body) as object), html_url: "https://github.example.org/c/1" });
      return { status: 201, body: comments.at(-1) };
    },
  });
  const answer = (prompt: string) => (prompt.startsWith("Give the two") ? "leaking hose repo:evil/x" : triage);

  it("begins with the webhook, and comments what the owner agreed to, once", async () => {
    services.serve(routes([]));
    const played = await play("issue-triage", { ...at(), ...byHook("issue-triage", "issues", payload), answer });
    expect(played.run).toMatchObject({ state: "done", inputs: { repository: "example/garden", number: 12 } });
    expect(played.sent).toEqual([
      "owner: example/garden#12 is a bug of high priority: Water is lost. An answer waits for you.",
    ]);
    expect(played.asked).toEqual([expect.stringContaining("Thanks! Which hose is it?")]);
    expect(services.sentTo(`${repo}/issues/12/comments`)).toEqual([
      { body: expect.stringMatching(/^Thanks! Which hose is it\?\n\n<!-- parlance:\w+ -->$/) },
    ]);
    // What the model says is searched for cannot lead to another repository.
    const search = services.seen().find(({ path }) => path === "/github/search/issues");
    expect(search?.query.get("q")).toBe("repo:example/garden is:issue leaking hose repo evil/x");
    expect(played.prompts[1]).toContain("#3 Old hose leaks");
  });

  it("comments nothing when the owner says no, and ignores other deliveries", async () => {
    services.serve(routes([]));
    const played = await play("issue-triage", { ...at(), inputs: { number: 12 }, answer, decide: () => "denied" });
    expect(played.run).toMatchObject({ state: "done", outputs: { kind: "bug", priority: "high", isAnswered: false } });
    expect(services.sentTo(`${repo}/issues/12/comments`)).toEqual([]);
    expect(() => byHook("issue-triage", "issues", { ...payload, action: "closed" })).toThrow("starts nothing");
  });

  it("does without the search where it fails", async () => {
    const { [`${repo}/issues/12`]: issue = {} } = routes([]);
    services.serve({ [`${repo}/issues/12`]: issue });
    const played = await play("issue-triage", { ...at(), inputs: { number: 12 }, answer, decide: () => "denied" });
    expect(played.run).toMatchObject({ state: "done", outputs: { kind: "bug" } });
    expect(played.prompts[1]).toContain("none were found");
  });
});

describe("dependency-advisories", () => {
  const dependencies = {
    leftpad: "^1.0.0",
    "@garden/shed": "~12.1.0",
    hose: "git+https://example.org/hose",
    rake: "*",
  };
  const files = { "package.json": JSON.stringify({ dependencies }, null, 2) };
  const report = { isSerious: true, title: "leftpad has a hole", report: "- GHSA-1: leftpad, high, mended in 1.0.1" };
  const advisory = [{ ghsa_id: "GHSA-1", severity: "high", summary: "Pads too much", html_url: "https://x/GHSA-1" }];
  const known = ({ query }: { query: URLSearchParams }) => ({
    body: query.get("affects")?.startsWith("leftpad@") === true ? advisory : [],
  });
  const post = ({ method }: { method: string }) =>
    method === "GET" ? { body: [] } : { status: 201, body: { html_url: "https://github.example.org/i/1", body: "" } };

  it("looks up the packages of the project, and opens an issue when the owner agrees", async () => {
    services.serve({ "/advisories": known, [`${repo}/issues`]: post });
    const inputs = { database: `${services.origin()}/advisories` };
    const played = await play("dependency-advisories", { ...at(), files, inputs, answer: () => report });
    expect(services.seen().flatMap(({ query }) => query.get("affects") ?? [])).toEqual([
      "leftpad@1.0.0",
      "@garden/shed@12.1.0",
    ]);
    expect(played.prompts[0]?.match(/status 200/g)).toHaveLength(1);
    expect(played.prompts[0]).toContain("GHSA-1");
    expect(played.sent).toEqual([`owner: **leftpad has a hole**\n\n${report.report}`]);
    expect(played.asked).toEqual([expect.stringMatching(/Open an issue in .*leftpad has a hole/s)]);
    expect(services.sentTo(`${repo}/issues`)).toEqual([
      { title: "leftpad has a hole", body: expect.stringContaining(report.report) },
    ]);
  });

  it("opens none when the owner says no or it is not serious, and asks nobody when nothing is known", async () => {
    services.serve({ "/advisories": known, [`${repo}/issues`]: post });
    const inputs = { database: `${services.origin()}/advisories` };
    const denied = await play("dependency-advisories", {
      ...at(),
      files,
      inputs,
      answer: () => report,
      decide: () => "denied",
    });
    expect(denied.run).toMatchObject({ state: "done", outputs: { isSerious: true } });
    const mild = await play("dependency-advisories", {
      ...at(),
      files,
      inputs,
      answer: () => ({ ...report, isSerious: false }),
    });
    expect(mild.asked).toEqual([]);
    expect(services.sentTo(`${repo}/issues`)).toEqual([]);
    services.serve({ "/advisories": [] });
    const none = await play("dependency-advisories", { ...at(), files, inputs });
    expect(none.run).toMatchObject({ state: "done", outputs: { isSerious: false } });
    expect(none.sent).toEqual([]);
  });

  it("calls nothing safe that it could not look up", async () => {
    services.serve({
      "/advisories": ({ query }: { query: URLSearchParams }) =>
        query.get("affects")?.startsWith("@") === true
          ? { status: 403, body: { message: "rate limit" } }
          : { body: [] },
    });
    const inputs = { database: `${services.origin()}/advisories` };
    const played = await play("dependency-advisories", { ...at(), files, inputs });
    expect(played.sent).toEqual([expect.stringContaining("did not answer for 1 of 2 packages of package.json")]);
    const gone = await play("dependency-advisories", { files, inputs: { database: "http://127.0.0.1:9/advisories" } });
    expect(gone.run.state).toBe("done");
    expect(gone.sent).toEqual([expect.stringContaining("did not answer for 2 of 2 packages")]);
  });
});

describe("changelog-check", () => {
  const comments = `${repo}/issues/7/comments`;
  const routes = (diff: string) => ({
    [`${repo}/pulls/7`]: () => ({ body: diff }),
    [comments]: ({ method }: { method: string }) =>
      method === "GET" ? { body: [] } : { status: 201, body: { html_url: "https://github.example.org/c/2" } },
  });
  const fixture = new URL("../fixtures/webhooks/github-pull-request.json", import.meta.url);
  const payload = JSON.parse(readFileSync(fixture, "utf8")) as { pull_request: object };
  const hook = () => byHook("changelog-check", "pull_request", payload);

  it("proposes the entry that is missing", async () => {
    services.serve(routes("diff --git a/src/pump.ts b/src/pump.ts\n+on\n"));
    const played = await play("changelog-check", { ...at(), ...hook(), answer: () => "Add watering at dawn\n" });
    expect(played.run).toMatchObject({ state: "done", inputs: { repository: "example/garden", number: 7 } });
    expect(services.sentTo(comments)).toEqual([
      { body: expect.stringContaining("has no entry in CHANGELOG.md yet. How about:\n\n> Add watering at dawn\n") },
    ]);
  });

  it("comments nothing when the owner says no, and waits for drafts to be ready", async () => {
    services.serve(routes("diff --git a/src/pump.ts b/src/pump.ts\n+on\n"));
    const options = { ...at(), ...hook(), answer: () => "Add watering at dawn", decide: () => "denied" as const };
    const played = await play("changelog-check", options);
    expect(played.run).toMatchObject({ state: "done", outputs: { isMissing: true } });
    expect(played.prompts[0]).toContain("+on");
    expect(services.sentTo(comments)).toEqual([]);
    const draft = { ...payload, pull_request: { ...payload.pull_request, draft: true } };
    for (const other of [draft, { ...payload, action: "closed" }])
      expect(() => byHook("changelog-check", "pull_request", other)).toThrow("starts nothing");
  });

  it("says nothing where there is an entry, no code, or nothing that a user notices", async () => {
    for (const diff of [
      "diff --git a/src/a b/src/a\ndiff --git a/CHANGELOG.md b/CHANGELOG.md\n",
      "diff --git a/docs/a b/docs/a\n",
    ]) {
      services.serve(routes(diff));
      expect((await play("changelog-check", { ...at(), inputs: { number: 7 } })).run.outputs).toEqual({
        isMissing: false,
      });
    }
    services.serve(routes("diff --git a/src/a b/src/a\n"));
    const played = await play("changelog-check", { ...at(), inputs: { number: 7 }, answer: () => "None" });
    expect(played.asked).toEqual([]);
    expect(services.sentTo(comments)).toEqual([]);
  });
});

describe("review-reminder", () => {
  const text =
    "#7 Water at dawn [pull request, open] by grace, 2025-12-20 08:00 UTC\nhttps://github.example.org/example/garden/pull/7";

  it("reminds the team when the owner agrees, and not when they say no or nothing", async () => {
    services.serve({ "/github/search/issues": found(githubIssue(7, "Water at dawn", pull)) });
    const played = await play("review-reminder", { ...at(), cause: bySchedule });
    expect(services.seen()[0]?.query.get("q")).toContain("review:required updated:<2026-01-03");
    expect(played.asked).toEqual([`Remind the team of these?\n\n${text}`]);
    expect(played.sent).toEqual([
      `slack/general: These pull requests have waited for a review for 2 days or more. Who takes one?\n\n${text}`,
    ]);
    for (const decide of [() => "denied" as const, () => "ignore" as const]) {
      const left = await play("review-reminder", { ...at(), decide });
      expect(left.run).toMatchObject({ state: "done", outputs: { isReminded: false } });
      expect(left.sent).toEqual([]);
    }
    services.serve({ "/github/search/issues": found() });
    expect((await play("review-reminder", at())).asked).toEqual([]);
  });
});
