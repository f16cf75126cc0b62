import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import type { CliCommand } from "../cli.ts";
import { AppError } from "../core/errors.ts";
import { showHidden } from "../core/quote.ts";
import type { OwnMessage, StyleProfile } from "../core/style.ts";
import { createStyleMeter, type StyleMeter } from "../style/measure.ts";
import { parseProfile } from "../style/parse-profile.ts";
import { drawMeasure, drawProfile } from "../style/picture.ts";
import { paint } from "./print.ts";
import { learnFromFiles } from "./style/learn.ts";

/** Longer lines are refused. */
const maxLineChars = 4_000_000;

/* Imports next to nothing, not even the configuration: other programs start it, and want the answer at once. */
export const style: CliCommand = {
  summary:
    "Learns a manner of writing from messages, and measures how near texts are to it: without a model, a store or a configuration.",
  usage: `style learn --from FILE... [--kind KIND] [--me ID]... --out PROFILE.json
  parlance style import FILE... [--kind KIND] [--me ID]... [--yes]
  parlance style import --channel MAIL [--days N] [--yes]
  parlance style show|export [--profile PROFILE.json]
  parlance style compare [--profile PROFILE.json] [--json] < TEXTS
  parlance style forget [SOURCE] [--yes]

  learn    reads your own messages from a mailbox (mbox), an export of Slack (ZIP), a chat of WhatsApp (txt), an export of
           Telegram (result.json), a text, or lines of JSON {"at", "text", "to"?, "channel"?, "from"?}; says what it found
           and what is kept; what cannot be read is named and left out
  import   reads the same, or what you have sent from a mail account, into Parlance's own store, so that drafts are
           written as you write; asks first, and takes nothing twice
  show     draws a profile: the one given, or what Parlance knows, and from where
  export   prints what Parlance knows as a profile
  compare  reads a JSON array of texts from each line and answers each with a line
  forget   takes what Parlance knows out of its store, of one source or all of it

  --kind KIND        mbox, slack, whatsapp, telegram, text or jsonl (default: as the file looks)
  --me ID            who you are there: address, user id or name; may be given several times
  --days N           import: of the past N days (default: 365)
  --yes              learn or forget without asking
  --config FILE      import, forget, export, and the others without --profile: the configuration
  --json             print JSON: {"score", "inRange", "features"}
  --to WHO           learn: whom the messages went to, where they do not say; compare: with how is written to this person,
                     whom --channel tells from namesakes elsewhere
  --channel CHANNEL  learn, import FILE: where they were written; import: the mail account to read; compare: with how is
                     written on this channel`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        from: { type: "string", multiple: true, default: [] },
        kind: { type: "string" },
        me: { type: "string", multiple: true, default: [] },
        yes: { type: "boolean", default: false },
        out: { type: "string" },
        profile: { type: "string" },
        to: { type: "string" },
        channel: { type: "string" },
        json: { type: "boolean", default: false },
        days: { type: "string" },
        config: { type: "string" },
      },
      allowPositionals: true,
    });
    const { to, channel, kind, me, yes: isAgreed } = values;
    if (positionals[0] === "learn") {
      need(values.from[0], "--from");
      return learnFromFiles({ from: values.from, out: need(values.out, "--out"), kind, me, to, channel, isAgreed });
    }
    const [action, ...words] = positionals;
    const audience = { ...(to !== undefined && { to }), ...(channel !== undefined && { channel }) };
    const { profile: path, config, json: isJson } = values;
    if (action === "show" && path !== undefined) return show(parseProfile(await loadText(path)));
    if (action === "compare" && path !== undefined)
      return compare(parseProfile(await loadText(path)), audience, isJson);
    // Loaded only where they are asked for: what knows the store takes longer to begin.
    if (action === "compare") {
      const { loadStoredProfile } = await import("./style/stored.ts");
      return compare(await loadStoredProfile({ config }), audience, isJson);
    }
    if (action === "show" || action === "export" || action === "forget") {
      const stored = await import("./style/stored.ts");
      if (action === "forget") return stored.forgetStored({ config, source: words.join(" "), isAgreed, isJson });
      return action === "show" ? stored.showStored({ config, isJson }) : stored.exportStored({ config });
    }
    if (action === "import") {
      const { importOwn } = await import("./style/import.ts");
      return importOwn({ config, files: words, kind, me, to, channel, days: values.days, isAgreed, isJson });
    }
    throw new AppError("bad-input", "What shall be done?", {
      hint: "`parlance style learn`, `import`, `show`, `export`, `compare` or `forget`; `parlance help style` tells more.",
    });
  },
};

function need(value: string | undefined, option: string): string {
  if (value === undefined || value === "")
    throw new AppError("bad-input", `${option} is missing.`, { hint: "`parlance style --help` shows how." });
  return value;
}

function show(profile: StyleProfile): number {
  process.stdout.write(`${drawProfile(profile, paint)}\n`);
  return 0;
}

async function compare(
  profile: StyleProfile,
  audience: Pick<OwnMessage, "to" | "channel">,
  isJson: boolean,
): Promise<number> {
  const meter = createStyleMeter(profile, audience);
  if (!isJson) process.stdout.write(`${drawProfile(profile, paint)}\n`);
  if (!isJson && process.stdin.isTTY) return 0;
  let number = 0;
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    number += 1;
    if (line.trim() === "") continue;
    const texts = parseTexts(line);
    const written = isJson ? JSON.stringify(answer(meter, texts, number)) : describe(meter, texts, number);
    if (!process.stdout.write(`${written}\n`)) await new Promise((resolve) => process.stdout.once("drain", resolve));
  }
  return 0;
}

function answer(meter: StyleMeter, texts: readonly string[] | string, line: number) {
  return typeof texts === "string" ? { error: texts, line } : meter.measure(texts);
}

function describe(meter: StyleMeter, texts: readonly string[] | string, line: number): string {
  const said = typeof texts === "string" ? `line ${line}: ${texts}` : drawMeasure(meter.measure(texts), texts.length);
  return `\n${showHidden(said)}`;
}

function parseTexts(line: string): readonly string[] | string {
  if (line.length > maxLineChars) return `The line is longer than ${maxLineChars} characters.`;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return 'This is no JSON. A line looks like ["see you there", "ok, thanks"].';
  }
  if (!Array.isArray(value) || !value.every((each) => typeof each === "string"))
    return "This is no JSON array of texts.";
  return value;
}

async function loadText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new AppError("not-found", `${path} cannot be read.`, { hint: "Is the path right?", cause });
  }
}
