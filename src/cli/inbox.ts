import { parseArgs } from "node:util";
import type { CliCommand } from "../cli.ts";
import type { DeskInbox } from "../core/desk.ts";
import { formatDecision, shorten } from "./desk/show.ts";
import { withDesk } from "./desk/with-desk.ts";
import { commonOptions, commonUsage } from "./options.ts";
import { formatTable, formatTime, paint, plain, printJson, printLine } from "./print.ts";

/** What needs the owner now, as the page and /inbox have it. */
export const inbox: CliCommand = {
  summary: "Shows what needs you now: drafts, questions and threads to answer, and what you were told.",
  usage: `inbox [options]

${commonUsage}`,
  async run(args) {
    const { values } = parseArgs({ args: [...args], options: commonOptions });
    return withDesk(values, async ({ desk }) => {
      const found = await desk.inbox();
      if (values.json) printJson(found);
      else print(found);
      return 0;
    });
  },
};

function print({ drafts, snoozed, approvals, threads, told, followUps, promises, style }: DeskInbox): void {
  const parts = [
    section(
      "Drafts that wait",
      ["ID", "FOR", "ON", "ANSWER"],
      drafts.map(({ id, senderName, channel, text }) => [id, plain(senderName), plain(channel), shorten(text)]),
      '"parlance drafts show ID" shows one in full.',
    ),
    section(
      "Questions",
      ["ID", "TOOL", "WHERE"],
      approvals.map(({ id, tool, conversation }) => [id, plain(tool), plain(conversation)]),
      '"parlance approvals" shows what would be done.',
    ),
    section(
      "Threads to answer",
      ["SINCE", "WHERE", "WHY"],
      threads.map(({ conversation, theyWroteAt, reason, latest }) => [
        formatTime(theyWroteAt),
        plain(conversation),
        shorten(latest === undefined ? reason : `${latest.senderName}: ${latest.excerpt}`),
      ]),
    ),
    section("What you were told today", ["ID", "FROM", "MESSAGE"], told.map(formatDecision)),
  ].filter((part) => part !== "");
  printLine(parts.length === 0 ? "Nothing needs you now." : parts.join("\n\n"));
  const later = [
    ...(snoozed.length === 0 ? [] : [`${snoozed.length} put off (parlance drafts)`]),
    ...(followUps.length + promises.length === 0
      ? []
      : [`${followUps.length + promises.length} planned or promised (parlance follow-ups)`]),
  ];
  if (later.length > 0) printLine(`\nLater: ${later.join(", ")}.`);
  const score =
    style.score === undefined ? "" : `; your latest drafts: ${Math.round(style.score * 100)} of 100 like you`;
  if (style.messages > 0) printLine(paint("dim", `\nYour manner: ${style.messages} messages of yours${score}.`));
}

/** Nothing where nothing is. */
function section(title: string, head: readonly string[], rows: readonly (readonly string[])[], more?: string): string {
  if (rows.length === 0) return "";
  const table = formatTable(head, rows);
  return `${paint("bold", `${title} (${rows.length})`)}\n${table}${more === undefined ? "" : `\n${paint("dim", more)}`}`;
}
