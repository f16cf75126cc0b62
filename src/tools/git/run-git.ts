import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { AppError } from "../../core/errors.ts";

const maxBytes = 2 * 1_048_576;
const timeoutMs = 15_000;
/** A repository's own settings that name a program, or another file of settings. */
const programKey =
  /^(?:filter\..*\.(?:clean|smudge|process)|diff\..*\.(?:command|textconv)|diff\.external|core\.(?:fsmonitor|sshcommand|pager|editor|askpass|hookspath|gitproxy|alternaterefscommand)|gpg\..*|credential\..*|interactive\..*|pager\..*|alias\..*)$/i;

export type RunGit = (args: readonly string[]) => Promise<string>;

/**
 * Git on the repository that a folder of the workspace belongs to: nothing of the user's or the system's settings, no
 * hooks, no pager, no network, no locks; programs that the repository's own settings name are switched off. Throws
 * AppError "not-found" when there is no repository, or its data lie outside the workspace; "unsupported" without git.
 */
export async function openRepository(workspace: string, folder: string, signal: AbortSignal): Promise<RunGit> {
  const root = await realpath(workspace);
  const place = await realpath(folder);
  const base = ["--no-optional-locks", "--no-pager", "--literal-pathspecs"];
  const env = {
    PATH: "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin",
    LC_ALL: "C.UTF-8",
    HOME: "/nonexistent",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CEILING_DIRECTORIES: dirname(root), // a repository around the workspace is not ours
    GIT_TERMINAL_PROMPT: "0",
    GIT_ALLOW_PROTOCOL: "none",
    GIT_NO_LAZY_FETCH: "1",
    GIT_ATTR_NOSYSTEM: "1",
  };
  // This only tells where things lie, and runs nothing, whoever the repository belongs to.
  const where = ["-c", "safe.directory=*", "rev-parse", "--show-toplevel", "--absolute-git-dir", "--git-common-dir"];
  const paths = (await run([...base, ...where], { cwd: place, env, signal })).trim().split("\n");
  const [tree = "", gitFolder = "", common = ""] = await Promise.all(
    paths.map((path) => realpath(resolve(place, path))),
  );
  if (![tree, gitFolder, common].every((path) => path === root || path.startsWith(root + sep))) throw noRepository();
  if (existsSync(join(common, "objects/info/alternates")))
    throw new AppError("forbidden", "This repository borrows its data from another one; it is not opened.");
  const exact = [...base, "-c", `safe.directory=${tree}`];
  const settings = await run([...exact, "config", "--includes", "--list", "--name-only", "-z"], {
    cwd: tree,
    env,
    signal,
  });
  const names = new Set(settings.split("\0").filter((name) => programKey.test(name)));
  const off = [...names, "core.fsmonitor", "core.hooksPath", "diff.external"].flatMap((name) => [
    "-c",
    `${name}=${/fsmonitor/i.test(name) ? "false" : /hookspath/i.test(name) ? "/dev/null" : ""}`,
  ]);
  return (args) => run([...exact, ...off, ...args], { cwd: place, env, signal });
}

interface RunOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

function run(args: readonly string[], { cwd, env, signal }: RunOptions): Promise<string> {
  return new Promise((done, reject) => {
    const options = { cwd, env, signal, maxBuffer: maxBytes, timeout: timeoutMs, killSignal: "SIGKILL" as const };
    const child = execFile("git", args, options, (error, stdout, stderr) => {
      if (error === null) done(stdout);
      else if (error.code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER") done(`${stdout}\n[cut here]`);
      else reject(explain(error, stderr, signal));
    });
    child.stdin?.end();
  });
}

function explain(error: Error & { code?: unknown; killed?: boolean }, stderr: string, signal: AbortSignal): AppError {
  if (signal.aborted) return new AppError("aborted", "The call was stopped.", { cause: error });
  if (error.code === "ENOENT")
    return new AppError("unsupported", "Git is not installed on this machine.", { hint: "Install git." });
  if (error.killed === true) return new AppError("timeout", "Git took too long.", { cause: error });
  if (/not a git repository|dubious ownership|must be run in a work tree/.test(stderr)) return noRepository();
  const said = stderr
    .replace(/^(?:fatal|error): /gm, "")
    .trim()
    .slice(0, 300);
  return new AppError("tool-failed", `Git says: ${said === "" ? "nothing" : said}`, { cause: error });
}

function noRepository(): AppError {
  return new AppError("not-found", "There is no git repository in this folder of the workspace.");
}
