import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DraftView } from "../../core/desk.ts";
import { AppError } from "../../core/errors.ts";

/** What stands below this line is for reading only, as git has it. */
const scissors = "# ------------------------ >8 ------------------------";

/**
 * Lets the owner change a draft in their editor, in a file that only they can read. Resolves with what they wrote.
 * Throws AppError "aborted" when the editor fails, "not-found" when there is none.
 */
export async function writeInEditor(draft: DraftView, editor: string | undefined): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "parlance-draft-"));
  const path = join(folder, "DRAFT.md");
  try {
    await writeFile(path, formatDraftFile(draft), { mode: 0o600 });
    await runEditor(editor ?? (process.platform === "win32" ? "notepad" : "vi"), path);
    return parseDraftFile(await readFile(path, "utf8"));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export function formatDraftFile({
  text,
  senderName,
  question,
}: Pick<DraftView, "text" | "senderName" | "question">): string {
  const below = [
    "Change the text above this line; it is what will be sent. Nothing is sent when it is empty or stays as it is.",
    "",
    `${senderName} wrote:`,
    ...question.split("\n"),
  ];
  return `${text.trimEnd()}\n\n${scissors}\n${below.map((line) => `# ${line}`.trimEnd()).join("\n")}\n`;
}

export function parseDraftFile(file: string): string {
  const lines = file.split(/\r?\n/);
  const end = lines.indexOf(scissors);
  return (end === -1 ? lines : lines.slice(0, end)).join("\n").trim();
}

/** The editor may be a command with options, such as "code --wait": a shell reads it, as git does. */
async function runEditor(editor: string, path: string): Promise<void> {
  const child =
    process.platform === "win32"
      ? spawn(`${editor} "${path}"`, { shell: true, stdio: "inherit" })
      : spawn("/bin/sh", ["-c", `${editor} "$1"`, "sh", path], { stdio: "inherit" });
  const [status] = (await once(child, "close")) as [number | null];
  if (status === 127)
    throw new AppError("not-found", `The editor "${editor}" cannot be started.`, {
      hint: "Set EDITOR, or give the words: parlance drafts edit ID TEXT.",
    });
  if (status !== 0) throw new AppError("aborted", "The editor failed, so nothing was sent.");
}
