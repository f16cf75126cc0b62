import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import type { CliCommand } from "../cli.ts";
import { AppError } from "../core/errors.ts";
import { namesOfFollowUps, shorten } from "./desk/show.ts";
import { withDesk } from "./desk/with-desk.ts";
import type { CommandDesk } from "../open-desk.ts";
import { commonOptions, commonUsage } from "./options.ts";
import { formatTable, formatTime, plain, printJson, printLine } from "./print.ts";

const maxListed = 500;

/** What is looked at again later, and what was promised. */
export const followUps: CliCommand = {
  summary: "Shows what is looked at again later and what was promised; writes it as a calendar.",
  usage: `follow-ups [--ics FILE] [options]

  --ics FILE     writes promises and follow-ups as a calendar (iCalendar); - prints it
${commonUsage}`,
  async run(args) {
    const { values } = parseArgs({ args: [...args], options: { ...commonOptions, ics: { type: "string" } } });
    const { ics } = values;
    return withDesk(values, (place) => (ics === undefined ? list(place, values.json) : save(place, ics, values.json)));
  },
};

async function list({ store }: CommandDesk, isJson: boolean): Promise<number> {
  const [later, promises] = await Promise.all([
    store.cdc.waitingFollowUps(maxListed),
    store.cdc.openPromises(maxListed),
  ]);
  if (isJson) printJson({ followUps: later, promises });
  else if (later.length + promises.length === 0) printLine("Nothing is planned, and nothing promised.");
  else {
    const planned = later.map(({ dueAt, kind, conversation, reason }) => [
      formatTime(dueAt),
      namesOfFollowUps[kind],
      plain(conversation),
      shorten(reason),
    ]);
    const promised = promises.map(({ due = "", madeBy, person, conversation, text }) => [
      due,
      madeBy === "owner" ? "you" : plain(person),
      plain(conversation),
      shorten(text),
    ]);
    const parts = [
      ...(planned.length === 0 ? [] : [formatTable(["WHEN", "WHAT", "WHERE", "WHY"], planned)]),
      ...(promised.length === 0 ? [] : [formatTable(["PROMISED BY", "WHO", "WHERE", "WHAT"], promised)]),
    ];
    printLine(parts.join("\n\n"));
  }
  return 0;
}

async function save({ formatCalendar }: CommandDesk, path: string, isJson: boolean): Promise<number> {
  const calendar = await formatCalendar();
  if (path === "-") {
    if (isJson) printJson({ calendar });
    else process.stdout.write(calendar);
    return 0;
  }
  try {
    await writeFile(path, calendar);
  } catch (cause) {
    throw new AppError("bad-input", `${path} cannot be written.`, { hint: "Is the folder there?", cause });
  }
  const entries = calendar.match(/^BEGIN:V(?:EVENT|TODO)/gm)?.length ?? 0;
  if (isJson) printJson({ file: path, entries });
  else
    printLine(
      `${entries} ${entries === 1 ? "entry" : "entries"} written to ${plain(path)}. Each keeps its id: read into a calendar again, nothing is there twice.`,
    );
  return 0;
}
