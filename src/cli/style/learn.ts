import { createReadStream } from "node:fs";
import { open, stat, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline/promises";
import { AppError } from "../../core/errors.ts";
import { showHidden } from "../../core/quote.ts";
import type { OwnMessage } from "../../core/style.ts";
import { learnStyle, leastMessages } from "../../style/learn.ts";
import { collectOwn, type Collected } from "../../style/sources/collect.ts";
import { bytesToDetect, detectKind } from "../../style/sources/detect-kind.ts";
import { sourceKinds, type SourceKind } from "../../style/sources/source.ts";

export interface LearnOptions {
  readonly from: readonly string[];
  readonly out: string;
  readonly kind?: string | undefined;
  readonly me: readonly string[];
  /** Of messages that do not say it themselves. */
  readonly to?: string | undefined;
  readonly channel?: string | undefined;
  /** Learns without asking. */
  readonly isAgreed: boolean;
}

export interface Read extends Collected {
  readonly path: string;
  readonly kind: SourceKind;
  /** The time given to messages that have none. */
  readonly undatedAt: number;
}

const names: Readonly<Record<SourceKind, string>> = {
  mbox: "a mailbox",
  slack: "an export of Slack",
  whatsapp: "a chat of WhatsApp",
  telegram: "an export of Telegram",
  text: "a text, all of it taken for yours",
  jsonl: "lines of JSON",
};

/** Reads the owner's messages, says what was found and what will be kept of it, and writes the profile. */
export async function learnFromFiles(options: LearnOptions): Promise<number> {
  const read: Read[] = [];
  for (const path of options.from) read.push(await readFileOf(path, options));
  process.stderr.write(showHidden(describe(read, options.out)));
  const { to, channel } = options;
  const messages = read.flatMap((each) =>
    each.messages.map((message): OwnMessage => ({
      ...(to !== undefined && { to }),
      ...(channel !== undefined && { channel }),
      ...message,
    })),
  );
  const profile = learnStyle(messages);
  if (profile === undefined)
    throw new AppError("bad-input", `There are too few messages: ${messages.length}.`, {
      hint: `At least ${leastMessages} with words of the owner's own are needed.`,
    });
  if (!options.isAgreed && process.stdin.isTTY && !(await agree())) {
    process.stderr.write("Nothing was learned, and nothing written.\n");
    return 1;
  }
  await writeFile(options.out, `${JSON.stringify(profile)}\n`);
  const leftOut = read.reduce((sum, { faults }) => sum + faults.count, 0);
  process.stderr.write(
    `Learned from ${profile.general.messages} messages${leftOut === 0 ? "" : `, ${leftOut} left out that cannot be read`}.\n`,
  );
  return 0;
}

/** The owner's messages in a file. Throws AppError that names the file. */
export async function readFileOf(path: string, { kind: named, me }: Pick<LearnOptions, "kind" | "me">): Promise<Read> {
  try {
    const { mtimeMs } = await stat(path);
    const kind = named === undefined ? await findKind(path) : parseKind(named);
    const chunks = createReadStream(path) as AsyncIterable<Uint8Array>;
    const undatedAt = Math.round(mtimeMs);
    return { path, kind, undatedAt, ...(await collectOwn(kind, { chunks, me, undatedAt })) };
  } catch (cause) {
    if (cause instanceof AppError)
      throw new AppError(cause.code, `${path}: ${cause.message}`, {
        ...(cause.hint !== undefined && { hint: cause.hint }),
        cause,
      });
    const isFolder = (cause as NodeJS.ErrnoException).code === "EISDIR";
    throw new AppError("not-found", `${path} cannot be read${isFolder ? ": it is a folder" : ""}.`, {
      hint: isFolder ? "Give a file; a Slack export as the ZIP archive that it came as." : "Is the path right?",
      cause,
    });
  }
}

function parseKind(named: string): SourceKind {
  const kind = sourceKinds.find((each) => each === named);
  if (kind !== undefined) return kind;
  throw new AppError("bad-input", `There is no kind "${named}".`, { hint: `One of: ${sourceKinds.join(", ")}.` });
}

/** A name that ends in .jsonl says what it is, also where its first line is broken. */
async function findKind(path: string): Promise<SourceKind> {
  if (/\.(?:jsonl|ndjson)$/i.test(path)) return "jsonl";
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytesToDetect), 0, bytesToDetect, 0);
    return detectKind(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

/** What was found where, in lines. */
export function describeRead(read: readonly Read[]): readonly string[] {
  return read.flatMap(({ path, kind, own, messages, others, faults }) => [
    `${path}: ${names[kind]}`,
    `  ${count(own, "message")} of yours${own > messages.length ? `, of which the newest ${messages.length} are read` : ""}`,
    ...(others.length === 0
      ? []
      : [
          `  ${count(
            others.reduce((sum, each) => sum + each.messages, 0),
            "message",
          )} of ${count(others.length, "other")}, not read`,
        ]),
    ...faults.first.map(({ where, what }) => `  ${path}, ${where}: ${what}`),
    ...(faults.count > faults.first.length ? [`  … and ${faults.count - faults.first.length} more like that`] : []),
  ]);
}

function describe(read: readonly Read[], out: string): string {
  return `${describeRead(read).join("\n")}
What is kept, in ${out} and nowhere else: how often you write what way (case, punctuation, length, contractions),
and greetings, sign-offs and emoji that you use again and again. No message, and nothing that others wrote.
To forget it, delete the file.
`;
}

export function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

async function agree(): Promise<boolean> {
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await asking.question("Learn from this? [y/N] ").catch(() => "");
  asking.close();
  return /^y(?:es)?$/i.test(answer.trim());
}
