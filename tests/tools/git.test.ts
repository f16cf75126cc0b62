import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createGit } from "../../src/tools/git/git.ts";
import { createToolContext, testTool } from "../contracts/tool.ts";

const home = mkdtempSync(join(tmpdir(), "parlance-git-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const workspace = join(home, "workspace");
const repository = join(workspace, "project");
const mark = join(home, "ran"); // what a program that must not run would leave behind

function git(folder: string, ...args: readonly string[]): void {
  const names = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false"];
  execFileSync("git", [...names, ...args], {
    cwd: folder,
    stdio: "pipe",
    env: { PATH: process.env["PATH"] ?? "", HOME: home },
  });
}

function createRepository(folder: string): void {
  mkdirSync(folder, { recursive: true });
  git(folder, "init", "--quiet", "--initial-branch=main");
  writeFileSync(join(folder, "a.txt"), "one\n");
  git(folder, "add", ".");
  git(folder, "commit", "--quiet", "--message=First line");
  writeFileSync(join(folder, "a.txt"), "one\ntwo\n");
  git(folder, "commit", "--quiet", "--all", "--message=Second line");
  git(folder, "branch", "side", "HEAD~1");
}

createRepository(repository);
createRepository(join(home, "elsewhere"));
writeFileSync(join(repository, "a.txt"), "one\ntwo\nthree\n");
writeFileSync(join(repository, "new.txt"), "new\n");

const tool = createGit({ workspace });
const run = async (input: object) => (await tool.run({ repository: "project", ...input }, createToolContext())).text;

testTool("git_read", {
  create: () => createGit({ workspace }),
  good: [
    { command: "status", repository: "project" },
    { command: "log", repository: "project", revision: "side..main", count: 1 },
    { command: "blame", repository: "project", file: "a.txt" },
  ],
  refused: [
    { command: "status" },
    { command: "blame", repository: "project" },
    { command: "log", repository: "project", revision: "--output=x" },
    { command: "diff", repository: "project", file: "../../elsewhere/a.txt" },
    { command: "status", repository: "../elsewhere" },
    { command: "show", repository: "project", revision: "no-such-branch" },
  ],
});

describe("git_read", () => {
  it("tells status, history, differences, authors and branches", async () => {
    expect(await run({ command: "status" })).toBe("## main\n M a.txt\n?? new.txt");
    expect(await run({ command: "log" })).toMatch(
      /^[0-9a-f]{7,} \d{4}-\S+ Ada: Second line\n[0-9a-f]{7,} \S+ Ada: First line$/,
    );
    expect(await run({ command: "log", count: 1, file: "a.txt" })).toContain("Second line");
    expect(await run({ command: "diff" })).toContain("+three");
    expect(await run({ command: "diff", revision: "side..main" })).toContain("+two");
    expect(await run({ command: "show", revision: "HEAD~1" })).toContain("First line");
    expect(await run({ command: "blame", file: "a.txt" })).toMatch(/Ada +\d{4}-\d\d-\d\d 2\) two/);
    expect(await run({ command: "branches" })).toMatch(/^\* main \S+ \S+ Second line\n {2}side \S+ \S+ First line$/);
    expect(await run({ command: "diff", revision: "main", file: "new.txt" })).toBe("(nothing)");
  });

  it("writes nothing, not even the index", async () => {
    const before = execFileSync("find", [repository, "-newer", join(repository, "new.txt"), "-type", "f"]).toString();
    await run({ command: "status" });
    await run({ command: "diff" });
    expect(execFileSync("find", [repository, "-newer", join(repository, "new.txt"), "-type", "f"]).toString()).toBe(
      before,
    );
  });

  it("runs no program that the repository names", async () => {
    const trap = join(home, "trap.sh");
    writeFileSync(trap, `#!/bin/sh\ntouch ${mark}\ncat\n`);
    chmodSync(trap, 0o755);
    const folder = join(workspace, "trapped");
    createRepository(folder);
    const settings = [
      "core.fsmonitor",
      "core.pager",
      "diff.external",
      "diff.evil.textconv",
      "diff.evil.command",
      "filter.evil.clean",
      "filter.evil.process",
      "gpg.program",
    ];
    const included = join(folder, ".git", "more");
    for (const name of settings)
      git(folder, "config", ...(name.startsWith("filter") ? ["--file", included] : []), name, trap);
    git(folder, "config", "include.path", "more");
    git(folder, "config", "log.showSignature", "true");
    for (const hook of ["post-index-change", "fsmonitor-watchman", "reference-transaction"]) {
      writeFileSync(join(folder, ".git/hooks", hook), `#!/bin/sh\ntouch ${mark}\n`);
      chmodSync(join(folder, ".git/hooks", hook), 0o755);
    }
    writeFileSync(join(folder, ".gitattributes"), "*.txt diff=evil filter=evil\n");
    writeFileSync(join(folder, "a.txt"), "changed\n");
    execFileSync("git", ["status"], { cwd: folder, stdio: "pipe" });
    expect(existsSync(mark)).toBe(true); // the trap works
    rmSync(mark);
    for (const command of ["status", "log", "diff", "show", "branches"]) await run({ command, repository: "trapped" });
    await run({ command: "blame", repository: "trapped", file: "a.txt" });
    expect(existsSync(mark)).toBe(false);
  });

  it("opens no repository whose data lie elsewhere, and none around the workspace", async () => {
    const elsewhere = join(home, "elsewhere");
    mkdirSync(join(workspace, "pointer"));
    writeFileSync(join(workspace, "pointer", ".git"), `gitdir: ${elsewhere}/.git\n`);
    symlinkSync(elsewhere, join(workspace, "linked"));
    mkdirSync(join(workspace, "borrowed"));
    git(workspace, "clone", "--quiet", "--shared", elsewhere, "borrowed");
    git(home, "init", "--quiet");
    for (const [name, code] of [
      ["pointer", "not-found"],
      ["linked", "forbidden"],
      ["borrowed", "forbidden"],
      ["", "not-found"],
    ] as const)
      await expect(run({ command: "log", repository: name }), name).rejects.toMatchObject({ code });
  });
});
