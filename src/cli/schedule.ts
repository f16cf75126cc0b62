import { parseArgs } from "node:util";
import type { LoadedConfig } from "../../config/load.ts";
import type { CliCommand } from "../cli.ts";
import { openRuns } from "../open-runs.ts";
import { openWorkflows } from "../open-workflows.ts";
import { commonOptions, commonUsage, loadConfigOf, needWord, pickAction } from "./options.ts";
import { formatTable, plain, printJson, printLine } from "./print.ts";

/** What starts by itself. */
export const schedule: CliCommand = {
  summary: "Lists what starts by itself, by what, and when next; takes back what was saved from a chat.",
  usage: `schedule list
  parlance schedule remove NAME

  list    what starts by itself: your own workflows and digests; "parlance workflows new" copies a shipped workflow
  remove  takes back one that was proposed in a chat and saved there, and ends its runs; your own files stay

${commonUsage}`,
  async run(args) {
    const { values, positionals } = parseArgs({ args: [...args], options: commonOptions, allowPositionals: true });
    const action = pickAction(positionals[0], ["list", "remove"], "list");
    const loaded = await loadConfigOf(values);
    if (action === "list") return list(loaded, values.json);
    const name = needWord(positionals[1], "The name", 'schedule remove NAME   ("parlance schedule" shows them)');
    return remove(loaded, name, values.json);
  },
};

async function list(loaded: LoadedConfig, isJson: boolean): Promise<number> {
  const { board } = await openWorkflows(loaded);
  const { workflows, digests, timeZone } = await board.list();
  const own = workflows
    .filter(({ isOwn, triggers }) => isOwn && triggers.length > 0)
    .toSorted((a, b) => (a.nextAt ?? Infinity) - (b.nextAt ?? Infinity));
  if (isJson)
    printJson({
      timeZone,
      schedule: own.map(({ name, description, triggers, nextAt }) => ({
        name,
        description,
        triggers,
        ...(nextAt === undefined ? {} : { nextAt }),
      })),
      digests,
    });
  else if (own.length + digests.length === 0) printLine("Nothing starts by itself.");
  else {
    const format = new Intl.DateTimeFormat("en-GB", { timeZone, dateStyle: "medium", timeStyle: "short" });
    printLine(
      formatTable(
        ["NEXT", "WHAT", "WHAT STARTS IT"],
        [
          ...own.map(({ name, triggers, nextAt }) => [
            nextAt === undefined ? "when it happens" : format.format(nextAt),
            name,
            triggers.map(plain).join("; "),
          ]),
          ...digests.map(({ name, when, nextAt }) => [
            nextAt === undefined ? "never" : format.format(nextAt),
            `digest ${name}`,
            plain(when),
          ]),
        ],
      ),
    );
    printLine(`\nTimes are those of ${timeZone}.`);
  }
  return 0;
}

async function remove(loaded: LoadedConfig, name: string, isJson: boolean): Promise<number> {
  const opened = await openRuns(loaded);
  try {
    const endedRuns = await opened.removeSaved(name, { id: "terminal:owner", name: "the terminal" });
    if (isJson) printJson({ name, endedRuns });
    else {
      printLine(`Removed ${name}: it starts no more.`);
      if (endedRuns > 0)
        printLine(`${endedRuns === 1 ? "Its run" : `Its ${endedRuns} runs`} under way: ended before the next step.`);
    }
    return 0;
  } finally {
    await opened.close();
  }
}
