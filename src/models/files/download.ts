import { AppError } from "../../core/errors.ts";
import type { DownloadAnswer, OpenDownload } from "./open-download.ts";
import { openPart, type Part } from "./part.ts";
import { listenTo } from "./pieces.ts";
import type { FileProgress, PullProgress } from "./progress.ts";
import { describeStatus } from "./refusals.ts";
import { formatRange, pickStrongTag, planBody } from "./resume.ts";
import { withRetries, type RetryOptions } from "./retry.ts";
import { needSpace, type FreeBytes } from "./space.ts";

/** One file to fetch, and what is known of it beforehand. */
export interface WantedFile {
  readonly name: string;
  readonly url: string;
  readonly token?: string;
  /** Exact, where the server's own list says it. */
  readonly bytes?: number;
  readonly sha256?: string;
  /** The sha256 is what the server says now, not what was known before. */
  readonly isServersWord?: boolean;
  /** The sha256 is the one that the first pull recorded. */
  readonly isRecorded?: boolean;
  /** Of Hugging Face: for words about a licence to be accepted. */
  readonly repository?: string;
}

/** How its sha256 was known: before, from the server, or not at all before the first pull. */
export type Trust = "known" | "server" | "first-use";

export interface FetchedFile {
  readonly sha256: string;
  readonly bytes: number;
  readonly trust: Trust;
}

export interface DownloadDeps {
  readonly open: OpenDownload;
  readonly freeBytes: FreeBytes;
  readonly now: () => number;
  readonly wait?: RetryOptions["wait"];
  readonly onProgress: (progress: PullProgress) => void;
}

/** New tries are earned by so much data. */
const progressBytes = 1024 * 1024;
const spaceEveryBytes = 64 * 1024 * 1024;

/**
 * Fetches a file into the part at `path` and proves its sha256; goes on where an earlier try stopped. Throws AppError:
 * "aborted" and "unreachable" leave a part that the next try goes on with; "conflict" is the wrong file, which leaves
 * nothing.
 */
export async function downloadFile(
  file: WantedFile,
  path: string,
  signal: AbortSignal,
  deps: DownloadDeps,
): Promise<FetchedFile> {
  const part = await openPart(path);
  const tell = (phase: "checking" | "loading", doneBytes: number): void =>
    deps.onProgress({ phase, ...progressOf(file, part), doneBytes });
  try {
    const hadBytes = part.state().bytes > 0;
    for (let canBeginAnew = hadBytes; ; canBeginAnew = false) {
      const { bytes, total, linked } = part.state();
      const here = bytes > 0 ? await part.digest(signal, (read) => tell("checking", read)) : undefined;
      // A whole part with the right hash needs no server.
      if (here === undefined || bytes !== total || here !== (file.sha256 ?? linked)) {
        await withRetries(
          {
            signal,
            wait: deps.wait,
            onRetry: ({ message }, waitMs) =>
              deps.onProgress({ phase: "retrying", reason: message, waitMs, ...progressOf(file, part) }),
          },
          (progressed) => fetchRest(file, part, signal, deps, progressed),
        );
      }
      const digest = await part.digest(signal, (read) => tell("checking", read));
      const expected = file.sha256 ?? part.state().linked;
      if (expected === undefined || digest === expected) {
        await part.sync();
        const isKnown = file.sha256 !== undefined && file.isServersWord !== true;
        const trust: Trust = isKnown ? "known" : expected === undefined ? "first-use" : "server";
        return { sha256: digest, bytes: part.state().bytes, trust };
      }
      await part.begin(0, {});
      // What lay here from an earlier try may be to blame.
      if (!canBeginAnew) throw wrongHash(file, expected, digest);
    }
  } catch (error) {
    if (signal.aborted) throw new AppError("aborted", "Stopped; what came is kept.");
    throw error;
  } finally {
    await part.close();
  }
}

/** One try. Throws an AppError with retryAfterMs where another one may get further. */
async function fetchRest(
  file: WantedFile,
  part: Part,
  signal: AbortSignal,
  deps: DownloadDeps,
  progressed: () => void,
): Promise<void> {
  for (;;) {
    const before = part.state();
    const answer = await deps.open(file.url, { headers: formatRange(before), token: file.token, signal });
    try {
      if (![200, 206, 416].includes(answer.status)) throw describeStatus(answer, file, deps.now());
      const pieces = listenTo(answer.body);
      const linked = readLinkedHash(answer);
      needSameFile(file, answer, linked);
      const etag = pickStrongTag(answer.headers["etag"]);
      const length = answer.headers["content-length"];
      const contentRange = answer.headers["content-range"];
      const plan = planBody(before, {
        status: answer.status,
        ...(etag === undefined ? {} : { etag }),
        ...(contentRange === undefined ? {} : { contentRange }),
        ...(length === undefined ? {} : { contentLength: Number(length) }),
      });
      if (plan.kind === "failed")
        throw new AppError("unreachable", `The server's answer makes no sense (status ${answer.status}).`);
      const isOther = before.linked !== undefined && linked !== undefined && linked !== before.linked;
      if (plan.kind === "restart" || (isOther && (plan.kind === "complete" || plan.at > 0))) {
        await part.begin(0, {});
        continue;
      }
      if (plan.kind === "complete") return;
      const total = plan.total ?? file.bytes;
      if (file.bytes !== undefined && total !== file.bytes)
        throw new AppError("conflict", `The server has ${total} bytes of ${file.name}; ${file.bytes} were expected.`);
      await needSpace((total ?? 0) - plan.at, deps.freeBytes);
      await part.begin(plan.at, {
        ...(etag === undefined ? {} : { etag }),
        ...(total === undefined ? {} : { total }),
        ...(linked === undefined ? {} : { linked }),
      });
      await readBody(file, part, pieces, plan.skip, deps, progressed);
      const { bytes } = part.state();
      if (bytes !== (total ?? bytes)) throw cutOff();
      return;
    } catch (error) {
      if (error instanceof AppError || signal.aborted) throw error;
      throw isFromDisk(error) ? error : cutOff(error);
    } finally {
      answer.body.destroy();
    }
  }
}

async function readBody(
  file: WantedFile,
  part: Part,
  pieces: AsyncIterable<Buffer>,
  skip: number,
  deps: DownloadDeps,
  progressed: () => void,
): Promise<void> {
  const { total } = part.state();
  let toSkip = skip;
  let fresh = 0;
  let sinceCheck = 0;
  deps.onProgress({ phase: "loading", ...progressOf(file, part) });
  for await (const chunk of pieces) {
    const rest = chunk.subarray(Math.min(toSkip, chunk.length));
    toSkip -= chunk.length - rest.length;
    if (rest.length === 0) continue;
    if (total !== undefined && part.state().bytes + rest.length > total) {
      await part.begin(0, {});
      throw new AppError("unreachable", "The server sent more than it had announced.", { retryAfterMs: 1_000 });
    }
    await part.append(rest);
    fresh += rest.length;
    sinceCheck += rest.length;
    if (fresh >= progressBytes) progressed();
    if (total === undefined && sinceCheck >= spaceEveryBytes) {
      sinceCheck = 0;
      await needSpace(spaceEveryBytes, deps.freeBytes);
    }
    deps.onProgress({ phase: "loading", ...progressOf(file, part) });
  }
}

/** What Hugging Face says of a large file before it leads elsewhere: its sha256. */
function readLinkedHash({ onTheWay }: DownloadAnswer): string | undefined {
  return /^"?([0-9a-f]{64})"?$/.exec(onTheWay["x-linked-etag"] ?? "")?.[1];
}

/** Before gigabytes have come for nothing. */
function needSameFile(file: WantedFile, { headers }: DownloadAnswer, linked: string | undefined): void {
  const encoding = headers["content-encoding"] ?? "identity";
  if (encoding !== "identity")
    throw new AppError("unsupported", `The server packs ${file.name} (${encoding}), which was not asked for.`);
  if (headers["content-type"]?.startsWith("text/html") === true)
    throw new AppError("conflict", `The server sends a web page instead of ${file.name}.`, {
      hint: "The network may want you to log in first, or the address leads to a page about the file.",
    });
  if (file.sha256 !== undefined && linked !== undefined && linked !== file.sha256)
    throw wrongHash(file, file.sha256, linked);
}

function wrongHash({ name, isRecorded }: WantedFile, expected: string, found: string): AppError {
  return new AppError(
    "conflict",
    `${name} is not the file that was expected: its sha256 is ${found}, not ${expected}. Nothing of it was kept.`,
    {
      hint: `It was changed at its source or on the way. Find out which before you trust it${isRecorded === true ? "; `parlance models remove` forgets what was recorded at the first pull" : ""}.`,
    },
  );
}

function cutOff(cause?: unknown): AppError {
  return new AppError("unreachable", "The connection broke off.", {
    retryAfterMs: 1_000,
    ...(cause === undefined ? {} : { cause }),
  });
}

function isFromDisk(error: unknown): boolean {
  return (
    error instanceof Error && "syscall" in error && ["write", "fsync", "ftruncate"].includes(String(error.syscall))
  );
}

function progressOf(file: WantedFile, part: Part): FileProgress {
  const { bytes, total } = part.state();
  return { file: file.name, doneBytes: bytes, totalBytes: total ?? file.bytes };
}
