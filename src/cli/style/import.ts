import { basename } from "node:path";
import { AppError } from "../../core/errors.ts";
import { showHidden } from "../../core/quote.ts";
import { openStyleForCommands, readOwnAccount, type CommandStyle, type OwnHistory } from "../../open-style.ts";
import { leastMessages } from "../../style/learn.ts";
import { createLiveText } from "../chat/live-text.ts";
import { agree } from "../desk/agree.ts";
import { terminalPerson } from "../desk/with-desk.ts";
import { loadConfigOf } from "../options.ts";
import { plain, printJson, printLine } from "../print.ts";
import { count, describeRead, readFileOf } from "./learn.ts";

const defaultDays = 365;
/** What is older is not kept. */
const maxDays = 730;
/** As many as a profile is made of. */
const maxMessages = 5_000;
const accountMs = 1_800_000;

export interface ImportOptions {
  readonly config: string | undefined;
  readonly files: readonly string[];
  readonly kind: string | undefined;
  readonly me: readonly string[];
  /** Of messages that do not say it themselves. */
  readonly to: string | undefined;
  /** Of messages in files; without files: the account to read. */
  readonly channel: string | undefined;
  readonly days: string | undefined;
  readonly isAgreed: boolean;
  readonly isJson: boolean;
}

/** Reads what the owner has written into the store, says what was found and what is kept, and asks before it is. */
export async function importOwn(options: ImportOptions): Promise<number> {
  const { files, channel, isAgreed, isJson } = options;
  if (files.length === 0 && channel === undefined)
    throw new AppError("bad-input", "What shall be read?", {
      hint: "A file (parlance style import chat.txt), or what you sent from a mail account (parlance style import --channel mail).",
    });
  const style = await openStyleForCommands(await loadConfigOf(options));
  try {
    const found = files.length === 0 ? [await readAccount(options, channel ?? "")] : await readFiles(options);
    const isFirst = (await style.consent()) === undefined;
    process.stderr.write(explain(found, isFirst));
    if (!isAgreed && process.stdin.isTTY && !(await agree("Learn from this?"))) {
      process.stderr.write("Nothing was learned, and nothing kept.\n");
      return 1;
    }
    if (!isAgreed && !process.stdin.isTTY && isFirst)
      throw new AppError("forbidden", "You have not agreed yet to be learned from, so nothing was kept.", {
        hint: "--yes agrees.",
      });
    await take(style, found, isJson);
    return 0;
  } finally {
    await style.close();
  }
}

async function readFiles({ files, to, channel, ...how }: ImportOptions): Promise<readonly OwnHistory[]> {
  const found: OwnHistory[] = [];
  for (const path of files) {
    const read = await readFileOf(path, how);
    process.stderr.write(`${showHidden(describeRead([read]).join("\n"))}\n`);
    const messages = read.messages.map((message) => ({
      ...(to !== undefined && { to }),
      ...(channel !== undefined && { channel }),
      ...message,
    }));
    found.push({ source: `file:${basename(path)}`, messages, undatedAt: read.undatedAt });
  }
  return found;
}

async function readAccount(options: ImportOptions, channel: string): Promise<OwnHistory> {
  const days = parseDays(options.days);
  const live = process.stderr.isTTY ? createLiveText(process.stderr) : undefined;
  const messages = await readOwnAccount(await loadConfigOf(options), {
    channel,
    days,
    maxMessages,
    signal: AbortSignal.timeout(accountMs),
    onProgress: (read, of) => live?.update([`${read} of ${count(of, "mail")} read`]),
  }).finally(() => live?.clear());
  process.stderr.write(
    `${channel}: ${count(messages.length, "mail")} of yours, sent in the past ${count(days, "day")}\n`,
  );
  return { source: `channel:${channel}`, messages };
}

function parseDays(word: string | undefined): number {
  const days = word === undefined ? defaultDays : Number(/^\d{1,3}$/.exec(word)?.[0]);
  if (Number.isInteger(days) && days >= 1 && days <= maxDays) return days;
  throw new AppError("bad-input", `--days takes a number from 1 to ${maxDays}.`);
}

function explain(found: readonly OwnHistory[], isFirst: boolean): string {
  const lines = [
    "What is kept, in Parlance's own store: how you write (case, punctuation, length, greetings), for two years; your words",
    "themselves for seven days. Drafts in your name are written by it: a short guide and up to three of your messages go",
    "into the prompt of the model that you configured. Nothing that others wrote is kept.",
    ...(isFirst
      ? [
          "Agreeing also lets Parlance learn from what you write on the channels that it watches for you; /style learn off ends that.",
        ]
      : []),
    `To forget it: parlance style forget ${found.map(({ source }) => plain(source)).join(", or ")}`,
  ];
  return `${lines.join("\n")}\n`;
}

async function take(style: CommandStyle, found: readonly OwnHistory[], isJson: boolean): Promise<void> {
  const sources: object[] = [];
  let total = 0;
  let isKnown = false;
  for (const history of found) {
    const { source } = history;
    const { total: all, profile, ...taken } = await style.take(history, terminalPerson.id);
    [total, isKnown] = [all, profile !== undefined];
    sources.push({ source, ...taken });
    if (isJson) continue;
    const left = [
      ...(taken.known === 0 ? [] : [`${taken.known} there already`]),
      ...(taken.tooOld === 0 ? [] : [`${taken.tooOld} older than two years`]),
      ...(taken.empty === 0 ? [] : [`${taken.empty} without words of your own`]),
    ];
    printLine(
      `${plain(source)}: ${count(taken.added, "message")} taken${left.length === 0 ? "" : `; left out: ${left.join(", ")}`}.`,
    );
  }
  if (isJson) printJson({ sources, total, isKnown });
  else
    printLine(
      isKnown
        ? `Your manner is known from ${count(total, "message")}, and used from now on. "parlance style show" draws it.`
        : `Too little is known to be used: ${total} of ${leastMessages} messages.`,
    );
}
