import { parseArgs } from "node:util";
import type { CliCommand } from "../cli.ts";
import { formatApproval } from "./desk/show.ts";
import { terminalPerson, withDesk } from "./desk/with-desk.ts";
import { commonOptions, commonUsage, needWord, pickAction } from "./options.ts";
import { printJson, printLine } from "./print.ts";

/** Tool calls that wait for a yes or no. */
export const approvals: CliCommand = {
  summary: "Shows what Parlance wants to do and asks you first, and takes your answer.",
  usage: `approvals list|approve ID|deny ID [options]

  list     the questions that wait, with exactly what would be done
  approve  lets it be done
  deny     nothing is done

${commonUsage}`,
  async run(args) {
    const { values, positionals } = parseArgs({ args: [...args], options: commonOptions, allowPositionals: true });
    const action = pickAction(positionals[0], ["list", "approve", "deny"], "list");
    const id =
      action === "list"
        ? ""
        : needWord(positionals[1], "The id", `approvals ${action} ID   ("parlance approvals" shows them)`);
    return withDesk(values, async ({ desk, store }) => {
      if (action === "list") {
        const { approvals: waiting } = await desk.inbox();
        if (values.json) printJson(waiting);
        else if (waiting.length === 0) printLine("No question waits.");
        else printLine(waiting.map((each) => formatApproval(each).join("\n")).join("\n\n"));
        return 0;
      }
      const isApproved = action === "approve";
      const { text } = await desk.answerApproval(id, isApproved, terminalPerson);
      const isRunning = await store.hasLiveOwner();
      if (values.json) printJson({ id, state: isApproved ? "approved" : "denied", text, isServiceRunning: isRunning });
      else
        printLine(
          isRunning
            ? `${text} The running service goes on within seconds.`
            : `${text} No service is running: it goes on when you start one with "parlance start".`,
        );
      return 0;
    });
  },
};
