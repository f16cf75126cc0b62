import { z } from "zod";
import { AppError } from "../../core/errors.ts";
import type { Tool } from "../../core/tool.ts";
import { defineTool, words } from "../define.ts";
import { openFolder } from "../workspace/folder.ts";
import { parseWorkspacePath } from "../workspace/path.ts";
import { openRepository } from "./run-git.ts";

const revision = /^[A-Za-z0-9][\w./@{}^~+-]{0,199}$/;

interface GitCall {
  readonly revision: string | undefined;
  readonly file: string | undefined;
  readonly count: number;
}

/** What each command asks git for. No revision begins with a dash, and no path stands before "--". */
const commands = {
  status: () => ["status", "--short", "--branch", "--ignore-submodules=all", "--"],
  log: ({ revision: from, file, count }: GitCall) => [
    "log",
    `--max-count=${count}`,
    "--date=iso-strict",
    "--format=%h %ad %an: %s",
    "--no-show-signature",
    "--end-of-options",
    from ?? "HEAD",
    "--",
    ...list(file),
  ],
  diff: ({ revision: from, file }: GitCall) => [
    "diff",
    "--no-ext-diff",
    "--no-textconv",
    "--ignore-submodules=all",
    "--stat",
    "--patch",
    "--end-of-options",
    ...list(from),
    "--",
    ...list(file),
  ],
  show: ({ revision: which, file }: GitCall) => [
    "show",
    "--no-ext-diff",
    "--no-textconv",
    "--no-show-signature",
    "--stat",
    "--patch",
    "--end-of-options",
    which ?? "HEAD",
    "--",
    ...list(file),
  ],
  blame: ({ revision: which, file }: GitCall) => [
    "blame",
    "--date=short",
    "--no-textconv",
    ...list(which),
    "--",
    file ?? "",
  ],
  branches: () => [
    "for-each-ref",
    "--count=100",
    "--sort=-committerdate",
    "refs/heads",
    "refs/remotes",
    "--format=%(HEAD) %(refname:short) %(objectname:short) %(committerdate:short) %(subject)",
  ],
} satisfies Readonly<Record<string, (call: GitCall) => readonly string[]>>;

function list(value: string | undefined): readonly string[] {
  return value === undefined ? [] : [value];
}

/** Reads repositories that lie in the workspace; changes nothing. */
export function createGit({ workspace }: { readonly workspace: string }): Tool {
  return defineTool({
    name: "git_read",
    description:
      "Looks at a git repository in the workspace: its status, history, differences, authors of lines, branches.",
    input: z.strictObject({
      command: z.enum(["status", "log", "diff", "show", "blame", "branches"]),
      repository: z.string().max(1000).optional().describe("A folder; the workspace itself when absent."),
      revision: z.string().min(1).max(200).optional().describe("Such as HEAD~2, main, a hash, or a..b."),
      file: z.string().min(1).max(1000).optional().describe("Only this file, relative to the repository folder."),
      count: z.int().min(1).max(200).optional().describe("Of log; 20 when absent."),
    }),
    effect: "read",
    // "Commit" and "branch" alone are words of everyday life.
    keywords: [
      ...words("git repo repos repository diff commits branches"),
      "the commit",
      "this commit",
      "last commit",
      "which commit",
      "the branch",
      "main branch",
      "merge conflict",
      "pull request",
      "letzter commit",
      "welcher commit",
    ],
    timeoutMs: 30_000,
    maxOutputChars: 24_000,
    async run({ command, repository = "", revision: which, file, count = 20 }, { signal }) {
      if (which !== undefined && !which.split(/\.{2,3}/).every((part) => revision.test(part)))
        throw new AppError("bad-input", "This is no revision that can be asked for.");
      if (command === "blame" && file === undefined) throw new AppError("bad-input", "Blame needs a file.");
      const path = file === undefined ? undefined : parseWorkspacePath(file).join("/");
      const names = parseWorkspacePath(repository);
      await (await openFolder(workspace, names)).close(); // no link on the way
      const git = await openRepository(workspace, [workspace, ...names].join("/"), signal);
      const text = await git(commands[command]({ revision: which, file: path, count }));
      return { text: text.trim() === "" ? "(nothing)" : text.trimEnd().toWellFormed(), isOutside: true };
    },
  });
}
