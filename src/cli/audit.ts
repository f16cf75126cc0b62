import { parseArgs } from "node:util";
import type { CliCommand } from "../cli.ts";
import { openForCommands } from "../open-store.ts";
import { commonOptions, commonUsage, loadConfigOf, pickAction } from "./options.ts";
import { paint, printJson, printLine } from "./print.ts";

/** Recomputes the audit's chains of hashes. */
export const audit: CliCommand = {
  summary: "Proves that no row of the audit was changed, removed or put in. Exit status 1 when one was.",
  usage: `audit verify [options]\n\n${commonUsage}`,
  async run(args) {
    const { values, positionals } = parseArgs({ args: [...args], options: commonOptions, allowPositionals: true });
    pickAction(positionals[0], ["verify"], "verify");
    const store = await openForCommands(await loadConfigOf(values));
    try {
      const verdict = await store.verifyAudit();
      if (values.json) printJson(verdict);
      else if (verdict.isIntact) {
        printLine(
          `${paint("green", "✔")} The audit is intact: ${count(verdict.rows, "row")} in ${count(verdict.chains, "chain")}.`,
        );
      } else {
        printLine(
          `${paint("red", "✘")} The audit is broken at row ${verdict.seq} of chain ${verdict.chain}: ${verdict.reason}.`,
        );
        printLine("  Somebody or something changed the database behind Parlance's back. Compare with a backup.");
      }
      return verdict.isIntact ? 0 : 1;
    } finally {
      await store.close();
    }
  },
};

function count(value: number, what: string): string {
  return `${value} ${what}${value === 1 ? "" : "s"}`;
}
