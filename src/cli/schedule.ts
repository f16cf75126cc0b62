import { parseArgs } from "node:util";
import type { CliCommand } from "../cli.ts";
import { openWorkflows } from "../open-workflows.ts";
import { commonOptions, commonUsage, loadConfigOf, pickAction } from "./options.ts";
import { formatTable, plain, printJson, printLine } from "./print.ts";

/** What starts by itself. */
export const schedule: CliCommand = {
  summary: "Lists which workflows and digests start by themselves, by what, and when next.",
  usage: `schedule list [options]

  Only your own workflows start by themselves; "parlance workflows new" makes one of those that are shipped.

${commonUsage}`,
  async run(args) {
    const { values, positionals } = parseArgs({ args: [...args], options: commonOptions, allowPositionals: true });
    pickAction(positionals[0], ["list"], "list");
    const { board } = await openWorkflows(await loadConfigOf(values));
    const { workflows, digests, timeZone } = await board.list();
    const own = workflows
      .filter(({ isOwn, triggers }) => isOwn && triggers.length > 0)
      .toSorted((a, b) => (a.nextAt ?? Infinity) - (b.nextAt ?? Infinity));
    if (values.json)
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
  },
};
