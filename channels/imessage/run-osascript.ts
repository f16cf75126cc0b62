import { execFile } from "node:child_process";
import { AppError } from "../../src/core/errors.ts";

const timeoutMs = 90_000;

/** Says to Messages what its first argument names: the words never become part of a script. */
export const sendScript = [
  "on run argv",
  "set theKind to item 1 of argv",
  "set theTarget to item 2 of argv",
  "set theContent to item 3 of argv",
  'if theKind contains "file" then set theContent to (POSIX file theContent)',
  'tell application "Messages"',
  'if theKind starts with "chat" then',
  "send theContent to chat id theTarget",
  "else",
  "send theContent to participant theTarget of (1st account whose service type = iMessage)",
  "end if",
  "end tell",
  "end run",
] as const;

/**
 * Runs the script with arguments. Throws AppError: what AppleScript's error number means, and "send-uncertain" where
 * Messages may have sent all the same.
 */
export async function runOsascript(
  script: readonly string[],
  args: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) throw new AppError("aborted", "Nothing was sent.");
  const options = { timeout: timeoutMs, signal, maxBuffer: 65_536, encoding: "utf8" } as const;
  await new Promise<void>((resolve, reject) => {
    execFile("osascript", [...script.flatMap((line) => ["-e", line]), ...args], options, (error, _out, words) => {
      if (error === null) resolve();
      else reject(translateFailure(error, words));
    });
  });
}

/** osascript ends its words with the number: "execution error: … (-1728)". They may hold the text, and are not told. */
function translateFailure(error: Error & { code?: unknown; killed?: boolean }, words: string): AppError {
  if (error.code === "ENOENT")
    return new AppError("unsupported", "There is no osascript here.", { hint: "Only a Mac has it." });
  if (error.code === "E2BIG") return new AppError("send-rejected", "The text is too long for osascript.");
  const number = Number(/\((-?\d+)\)\s*$/.exec(words)?.[1] ?? Number.NaN);
  switch (number) {
    case -1743:
      return new AppError("forbidden", "macOS does not let Parlance control Messages.", {
        hint: "Allow it: System Settings > Privacy & Security > Automation.",
      });
    case -1728:
    case -1719:
      return new AppError("not-found", "Messages does not know this chat or person.");
    case -600:
    case -609:
      return new AppError("unreachable", "Messages does not run.", { retryAfterMs: 1_500 });
    default:
      return new AppError("send-uncertain", "Nobody can tell whether Messages has sent it.");
  }
}
