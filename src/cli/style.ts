import { readFile, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import type { CliCommand } from "../cli.ts";
import { AppError } from "../core/errors.ts";
import { showHidden } from "../core/quote.ts";
import type { OwnMessage } from "../core/style.ts";
import { learnStyle, leastMessages } from "../style/learn.ts";
import { createStyleMeter, type StyleMeter } from "../style/measure.ts";
import { parseProfile } from "../style/parse-profile.ts";
import { drawMeasure, drawProfile } from "../style/picture.ts";
import { paint } from "./print.ts";

/** Longer lines are refused. */
const maxLineChars = 4_000_000;
const maxNamedFaults = 20;

/* Imports next to nothing, not even the configuration: other programs start it, and want the answer at once. */
export const style: CliCommand = {
  summary:
    "Learns a manner of writing from messages, and measures how near texts are to it: without a model, a store or a configuration.",
  usage: `style learn --from FILE.jsonl --out PROFILE.json
  parlance style compare --profile PROFILE.json [--json] < TEXTS

  learn    reads one message from each line, as JSON {"at", "text", "to"?, "channel"?}; bad lines are named and left out
  compare  reads a JSON array of texts from each line and answers each with a line

  --json             print JSON: {"score", "inRange", "features"}
  --to WHO           compare with how is written to this person
  --channel CHANNEL  compare with how is written on this channel`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        from: { type: "string" },
        out: { type: "string" },
        profile: { type: "string" },
        to: { type: "string" },
        channel: { type: "string" },
        json: { type: "boolean", default: false },
      },
      allowPositionals: true,
    });
    if (positionals[0] === "learn") return learn(need(values.from, "--from"), need(values.out, "--out"));
    if (positionals[0] === "compare") {
      const { to, channel } = values;
      const audience = { ...(to !== undefined && { to }), ...(channel !== undefined && { channel }) };
      return compare(need(values.profile, "--profile"), audience, values.json);
    }
    throw new AppError("bad-input", "What shall be done?", {
      hint: "`parlance style learn` or `parlance style compare`.",
    });
  },
};

function need(value: string | undefined, option: string): string {
  if (value === undefined || value === "")
    throw new AppError("bad-input", `${option} is missing.`, { hint: "`parlance style --help` shows how." });
  return value;
}

async function learn(from: string, out: string): Promise<number> {
  const messages: OwnMessage[] = [];
  let faults = 0;
  (await loadText(from)).split("\n").forEach((line, index) => {
    if (line.trim() === "") return;
    const message = parseMessage(line);
    if (typeof message !== "string") {
      messages.push(message);
      return;
    }
    faults += 1;
    if (faults <= maxNamedFaults) process.stderr.write(`${from}:${index + 1} ${message}\n`);
  });
  if (faults > maxNamedFaults)
    process.stderr.write(`… and ${faults - maxNamedFaults} more lines that cannot be read.\n`);
  const profile = learnStyle(messages);
  if (profile === undefined)
    throw new AppError("bad-input", `There are too few messages: ${messages.length}.`, {
      hint: `At least ${leastMessages} with words of the owner's own are needed.`,
    });
  await writeFile(out, `${JSON.stringify(profile)}\n`);
  process.stderr.write(
    `Learned from ${profile.general.messages} messages${faults === 0 ? "" : `, ${faults} lines left out`}.\n`,
  );
  return 0;
}

/** The message, or what is wrong with the line. */
function parseMessage(line: string): OwnMessage | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return 'This is no JSON. A line looks like {"at": "2026-03-02T09:00:00Z", "text": "see you there"}.';
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "This is no JSON object.";
  const { text, at, to, channel } = value as Readonly<Record<string, unknown>>;
  if (typeof text !== "string") return "`text` must be there, and be a text.";
  const time = typeof at === "number" ? at : typeof at === "string" ? Date.parse(at) : Number.NaN;
  if (!Number.isFinite(time)) return "`at` must be a time, such as 2026-03-02T09:00:00Z.";
  return {
    text,
    at: time,
    ...(typeof to === "string" && { to }),
    ...(typeof channel === "string" && { channel }),
  };
}

async function compare(path: string, audience: Pick<OwnMessage, "to" | "channel">, isJson: boolean): Promise<number> {
  const profile = parseProfile(await loadText(path));
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
