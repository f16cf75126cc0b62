import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import type { Classification, MessageToClassify, Surroundings } from "../cdc/classification.ts";
import { createClassifier, type Classify } from "../cdc/classify.ts";
import type { CliCommand } from "../cli.ts";
import { AppError } from "../core/errors.ts";
import { showHidden } from "../core/quote.ts";

/** Longer lines are refused; a message is a few kilobytes. */
const maxLineChars = 1_000_000;

type Answer = Classification | { readonly error: string; readonly line: number };

/*
 * Imports next to nothing, not even the configuration: other programs start it for a handful of messages, and want the
 * answer at once.
 */
export const cdc: CliCommand = {
  summary:
    "Tells what each message is and whether it asks something of you: without a model, a store or a configuration.",
  usage: `cdc classify [options] < MESSAGES

  Reads one message from each line, as JSON {"text", "isGroup"?, "isAddressed"?, "sender"?, "channel"?}
  (also "subject", "isAutomated", and "people" for the names of who speaks there), and answers each with a line.

  --json            print JSON: {"kind", "asks", "priority", "addressee", "deadline"?, "confidence", "reasons"}
  --now TIME        count deadlines from here, such as 2026-03-02T09:00:00Z (default: now)
  --time-zone ZONE  the reader's time zone, such as Europe/Berlin (default: this machine's)
  --name NAME       what you are called; may be given several times`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        json: { type: "boolean", default: false },
        now: { type: "string" },
        "time-zone": { type: "string" },
        name: { type: "string", multiple: true, default: [] },
      },
      allowPositionals: true,
    });
    if (positionals[0] !== "classify")
      throw new AppError("bad-input", "What shall be done?", {
        hint: "Such as: parlance cdc classify --json < messages",
      });
    const surroundings = parseSurroundings(values.now, values["time-zone"], values.name);
    const classify = createClassifier();
    let line = 0;
    for await (const text of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
      line += 1;
      if (text.trim() === "") continue;
      const answer = answerLine(classify, text, line, surroundings);
      const written = values.json ? JSON.stringify(answer) : formatAnswer(answer);
      if (!process.stdout.write(`${written}\n`)) await new Promise((resolve) => process.stdout.once("drain", resolve));
    }
    return 0;
  },
};

/** Throws AppError "bad-input". */
function parseSurroundings(
  now: string | undefined,
  zone: string | undefined,
  ownNames: readonly string[],
): Surroundings {
  const at = now === undefined ? Date.now() : Date.parse(now);
  if (Number.isNaN(at))
    throw new AppError("bad-input", `"${now}" is no time.`, { hint: "Such as: --now 2026-03-02T09:00:00Z" });
  const timeZone = zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  try {
    new Intl.DateTimeFormat("en", { timeZone });
  } catch {
    throw new AppError("bad-input", `There is no time zone "${timeZone}".`, {
      hint: "Such as: --time-zone Europe/Berlin",
    });
  }
  return { now: at, timeZone, ownNames };
}

function answerLine(classify: Classify, text: string, line: number, surroundings: Surroundings): Answer {
  if (text.length > maxLineChars) return { error: `The line is longer than ${maxLineChars} characters.`, line };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { error: 'This is no JSON. A line looks like {"text": "Can you come?"}.', line };
  }
  const message = parseMessage(value);
  if (typeof message === "string") return { error: message, line };
  return classify(message, { ...surroundings, ...parsePeople(value) });
}

/** The message, or what is wrong with it. */
function parseMessage(value: unknown): MessageToClassify | string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "This is no JSON object.";
  const { text, isGroup, isAddressed, isAutomated, channel, subject, sender } = value as Record<string, unknown>;
  if (typeof text !== "string") return "`text` must be there, and be a text.";
  for (const [name, flag] of Object.entries({ isGroup, isAddressed, isAutomated }))
    if (flag !== undefined && flag !== null && typeof flag !== "boolean") return `\`${name}\` must be true or false.`;
  return {
    text,
    ...(typeof isGroup === "boolean" && { isGroup }),
    ...(typeof isAddressed === "boolean" && { isAddressed }),
    ...(typeof isAutomated === "boolean" && { isAutomated }),
    ...(typeof channel === "string" && { channel }),
    ...(typeof subject === "string" && { subject }),
    ...parseSender(sender),
  };
}

/** A sender is a name, or a person as Parlance knows them. */
function parseSender(sender: unknown): Pick<MessageToClassify, "sender"> {
  if (typeof sender === "string") return { sender: { name: sender } };
  if (typeof sender !== "object" || sender === null) return {};
  const { name, isBot } = sender as Record<string, unknown>;
  return { sender: { ...(typeof name === "string" && { name }), ...(typeof isBot === "boolean" && { isBot }) } };
}

function parsePeople(value: unknown): Pick<Surroundings, "people"> {
  const { people } = value as { readonly people?: unknown };
  return Array.isArray(people) ? { people: people.filter((name) => typeof name === "string") } : {};
}

function formatAnswer(answer: Answer): string {
  if ("error" in answer) return `line ${answer.line}: ${answer.error}`;
  const { kind, asks, priority, addressee, deadline, confidence, reasons } = answer;
  const said = [
    kind,
    asks ? "asks something of you" : "asks nothing of you",
    ...(priority === "normal" ? [] : [priority]),
    `for ${typeof addressee === "object" ? addressee.name : formatAddressee[addressee]}`,
    ...(deadline === undefined
      ? []
      : [`until ${deadline.date}${deadline.time === undefined ? "" : ` ${deadline.time}`}`]),
  ];
  const why = reasons.length === 0 ? "" : `, because of ${reasons.join(", ")}`;
  return showHidden(`${said.join(", ")} (${Math.round(confidence * 100)}% sure${why})`);
}

const formatAddressee = { me: "you", room: "everybody here", other: "somebody else" } as const;
