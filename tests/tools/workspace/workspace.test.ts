import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import type { Tool } from "../../../src/core/tool.ts";
import { createFileTools } from "../../../src/tools/workspace/index.ts";
import { formatDiff } from "../../../src/tools/workspace/edit.ts";
import { openFolder } from "../../../src/tools/workspace/folder.ts";
import { createToolContext, testTool } from "../../contracts/tool.ts";

const place = mkdtempSync(join(tmpdir(), "parlance-files-"));
afterAll(() => rmSync(place, { recursive: true, force: true }));

let count = 0;
/** A workspace with a few files, and links that lead out of it; beside it what must stay untouched and unread. */
function createWorkspace() {
  count += 1;
  const home = join(place, String(count));
  const workspace = join(home, "workspace");
  const outside = join(home, "outside");
  mkdirSync(join(workspace, "notes", "old"), { recursive: true });
  mkdirSync(join(workspace, ".git"));
  mkdirSync(join(outside, "deep"), { recursive: true });
  writeFileSync(join(outside, "secret.txt"), "the secret word");
  writeFileSync(join(outside, "deep", "secret.txt"), "the secret word");
  for (const folder of ["", "deep"]) writeFileSync(join(outside, folder, "vault.txt"), "");
  writeFileSync(join(workspace, "readme.md"), "one\ntwo\nthree\n");
  writeFileSync(join(workspace, "notes", "today.md"), "buy rope\nbuy paint\n");
  writeFileSync(join(workspace, ".git", "config"), "[core]\n");
  writeFileSync(join(workspace, "picture.bin"), Buffer.from([1, 0, 2]));
  symlinkSync(outside, join(workspace, "out"));
  symlinkSync(join(outside, "secret.txt"), join(workspace, "link.txt"));
  symlinkSync("../../outside", join(workspace, "notes", "up"));
  symlinkSync("loop", join(workspace, "loop"));
  const tools = new Map(createFileTools({ workspace }).map((tool) => [tool.name.replace("file_", ""), tool]));
  const run = async (name: string, input: object) => (await tools.get(name)!.run(input, createToolContext())).text;
  return { workspace, outside, tools, run };
}

const tool = (name: string) => (): Tool => createWorkspace().tools.get(name)!;
testTool("file_list", {
  create: tool("list"),
  good: [{}, { path: "notes", depth: 1 }],
  refused: [{ path: "../outside" }],
});
testTool("file_read", {
  create: tool("read"),
  good: [{ path: "readme.md" }, { path: "./notes//today.md", from: 2, lines: 1 }],
  refused: [{ path: "/etc/passwd" }, { path: "." }, { path: "notes" }, { path: "picture.bin" }, { path: "none.txt" }],
});
testTool("file_search", {
  create: tool("search"),
  good: [{ text: "buy" }, { text: "^b.y", regex: true, path: "notes" }, { text: "not there" }],
  refused: [
    { text: "(", regex: true },
    { text: "x", path: "out" },
  ],
});
testTool("file_write", {
  create: tool("write"),
  good: [{ path: "new.txt", text: "hello" }],
  refused: [
    { path: "readme.md", text: "x" },
    { path: ".git/hooks/x", text: "x" },
    { path: "a/.GIT/x", text: "x" },
  ],
});
testTool("file_edit", {
  create: tool("edit"),
  good: [{ path: "readme.md", old: "two", new: "2" }],
  refused: [
    { path: "readme.md", old: "four", new: "4" },
    { path: "readme.md", old: "e", new: "E" },
  ],
});
testTool("file_delete", {
  create: tool("delete"),
  good: [{ path: "readme.md" }],
  refused: [{ path: "notes" }, { path: "." }, { path: "gone.md" }, { path: ".git/config" }],
});

describe("the workspace's files", () => {
  it("are listed without following links", async () => {
    const { run } = createWorkspace();
    expect((await run("list", {})).split("\n")).toEqual([
      ".git/",
      "link.txt (a link or device)",
      "loop (a link or device)",
      "notes/",
      "notes/old/",
      "notes/today.md (19 bytes)",
      "notes/up (a link or device)",
      "out (a link or device)",
      "picture.bin (3 bytes)",
      "readme.md (14 bytes)",
    ]);
    expect(await run("list", { path: "notes/old" })).toBe("The folder is empty.");
  });

  it("are read in ranges", async () => {
    const { run } = createWorkspace();
    expect(await run("read", { path: "readme.md", from: 2, lines: 1 })).toBe("[lines 2-2 of 3]\ntwo");
    expect(await run("read", { path: "readme.md", from: 9 })).toBe("[no lines of 3]");
  });

  it("are searched by words and patterns, names included", async () => {
    const { run } = createWorkspace();
    expect(await run("search", { text: "BUY" })).toBe("notes/today.md:1: buy rope\nnotes/today.md:2: buy paint");
    expect(await run("search", { text: "^t", regex: true })).toBe("readme.md:2: two\nreadme.md:3: three");
    expect(await run("search", { text: "today" })).toBe("notes/today.md (its name)");
    expect(await run("search", { text: "secret word" })).toMatch(/^Nothing found/);
    expect(await run("search", { text: "a.b(" })).toMatch(/^Nothing found/);
  });

  it("are searched for a while and no longer", async () => {
    const { workspace, run, tools } = createWorkspace();
    writeFileSync(join(workspace, "a.txt"), `${"a".repeat(40)}!`);
    const signal = AbortSignal.timeout(1000);
    const endless = tools.get("search")!.run({ text: "(a+)+$", regex: true }, createToolContext({ signal }));
    await expect(endless).rejects.toMatchObject({ code: "aborted" });
    expect(await run("list", { path: "notes", depth: 1 })).toContain("today.md");
  });

  it("are written whole or not at all, with folders on the way, and never over another by accident", async () => {
    const { workspace, run } = createWorkspace();
    await run("write", { path: "a/b/c.txt", text: "äöü\n" });
    expect(readFileSync(join(workspace, "a/b/c.txt"), "utf8")).toBe("äöü\n");
    expect(statSync(join(workspace, "a/b/c.txt")).mode & 0o077).toBe(0);
    await expect(run("write", { path: "a/b/c.txt", text: "x" })).rejects.toMatchObject({ code: "conflict" });
    await run("write", { path: "a/b/c.txt", text: "new", replace: true });
    expect(readFileSync(join(workspace, "a/b/c.txt"), "utf8")).toBe("new");
    expect(readdirSync(join(workspace, "a/b"))).toEqual(["c.txt"]);
    await expect(run("write", { path: "notes", text: "x", replace: true })).rejects.toMatchObject({
      code: "bad-input",
    });
  });

  it("are changed where the text stands once, or everywhere when asked", async () => {
    const { workspace, run } = createWorkspace();
    await run("edit", { path: "notes/today.md", old: "rope\nbuy", new: "$& rope\nsell" });
    expect(readFileSync(join(workspace, "notes/today.md"), "utf8")).toBe("buy $& rope\nsell paint\n");
    expect(await run("edit", { path: "readme.md", old: "e", new: "E", all: true })).toBe("Replaced 3 times.");
    expect(readFileSync(join(workspace, "readme.md"), "utf8")).toBe("onE\ntwo\nthrEE\n");
  });

  it("are deleted one by one; of a link the link goes, not what it leads to", async () => {
    const { workspace, outside, run } = createWorkspace();
    await run("delete", { path: "notes/old" });
    await run("delete", { path: "link.txt" });
    expect(readdirSync(workspace)).not.toContain("link.txt");
    expect(readFileSync(join(outside, "secret.txt"), "utf8")).toBe("the secret word");
  });

  it("may be pipes: nobody waits for them", async () => {
    const { workspace, run } = createWorkspace();
    execFileSync("mkfifo", [join(workspace, "pipe")]);
    await expect(run("read", { path: "pipe" })).rejects.toMatchObject({ code: "forbidden" });
    expect(await run("search", { text: "buy" })).toContain("today.md");
  });
});

describe("cards", () => {
  it("show a change as a diff, and hidden characters", () => {
    const { tools } = createWorkspace();
    expect(formatDiff("a\nb\nc", "a\nB\nX\nc")).toBe("  a\n- b\n+ B\n+ X\n  c");
    expect(formatDiff("a", "")).toBe("- a\n+ ");
    expect(tools.get("edit")!.describe?.({ path: "a.md", old: "x", new: "y\u202e ```" })).toBe(
      "Change the file a\\.md:\n\n````\n- x\n+ y⟨U+202E⟩ ```\n````",
    );
    expect(tools.get("write")!.describe?.({ path: "a.md", text: "x", replace: true })).toContain("replacing");
  });
});

describe("the way out of the workspace", () => {
  const hostile = fc
    .array(
      fc.constantFrom(
        "..",
        ".",
        "",
        "out",
        "link.txt",
        "loop",
        "notes",
        "up",
        "deep",
        "secret.txt",
        "outside",
        "a",
        "~",
        "C:",
        "..\\..",
        "%2e%2e",
        "．．",
        "\u0000",
        "/",
        "old",
      ),
      { minLength: 1, maxLength: 6 },
    )
    .map((names) => names.join("/"));
  const anyPath = fc.oneof({ weight: 4, arbitrary: hostile }, { weight: 1, arbitrary: fc.string({ minLength: 1 }) });

  it("is found by no path, whatever is done with it", async () => {
    const { outside, tools } = createWorkspace();
    const snapshot = () =>
      readdirSync(outside, { recursive: true, withFileTypes: true })
        .map(
          (entry) =>
            `${entry.parentPath}/${entry.name}: ${entry.isFile() ? readFileSync(join(entry.parentPath, entry.name), "utf8") : ""}`,
        )
        .toSorted();
    const before = snapshot();
    const inputs = (path: string): readonly (readonly [string, object])[] => [
      ["list", { path }],
      ["read", { path }],
      ["write", { path, text: "broken in", replace: true }],
      ["edit", { path, old: "secret", new: "public" }],
      ["delete", { path }],
    ];
    let tried = 0;
    await fc.assert(
      fc.asyncProperty(anyPath, async (path) => {
        for (const [name, input] of inputs(path)) {
          tried += 1;
          const result = await tools
            .get(name)!
            .run(input, createToolContext())
            .then(
              ({ text }) => text,
              (error: unknown) => error,
            );
          if (result instanceof Error) expect(result).toMatchObject({ name: "AppError" });
          else if (name !== "list") expect(result).not.toContain("secret");
          else expect(result).not.toContain("vault");
        }
      }),
      { numRuns: 300 },
    );
    expect(tried).toBe(1500);
    expect(snapshot()).toEqual(before);
  });

  it("is not found by swapping a folder for a link while it is in use", async () => {
    const { workspace, outside } = createWorkspace();
    if (process.platform !== "linux") return;
    const folder = await openFolder(workspace, ["notes"]);
    rmSync(join(workspace, "notes"), { recursive: true });
    symlinkSync(outside, join(workspace, "notes"));
    expect(() => readFileSync(`${folder.base}/secret.txt`)).toThrow("ENOENT");
    await folder.close();
    await expect(openFolder(workspace, ["notes"])).rejects.toMatchObject({ code: "forbidden" });
  });
});
