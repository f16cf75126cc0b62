import { parseArgs } from "node:util";
import type { CliCommand } from "../cli.ts";
import { AppError } from "../core/errors.ts";
import { formatOwnText } from "./desk/show.ts";
import { withDesk } from "./desk/with-desk.ts";
import { commonOptions, commonUsage } from "./options.ts";
import { printJson, printLine } from "./print.ts";

const maxHours = 14 * 24;

/** What happened and what waits. */
export const digest: CliCommand = {
  summary: "Tells what happened, what needs you and what waits, as of now. Nothing counts as told by that.",
  usage: `digest [--hours N] [--last] [options]

  --hours N      of the past N hours (default: 24, at most ${maxHours})
  --last         the latest digest that was written at its time
${commonUsage}`,
  async run(args) {
    const { values } = parseArgs({
      args: [...args],
      options: { ...commonOptions, hours: { type: "string" }, last: { type: "boolean", default: false } },
    });
    const hours = parseHours(values.hours);
    return withDesk(values, async ({ store, previewDigest }) => {
      const [last] = values.last ? await store.cdc.digests(1) : [];
      if (values.last && last === undefined)
        throw new AppError("not-found", "There was no digest yet.", {
          hint: "`digests` in the configuration sets their times.",
        });
      const text = last?.text ?? (await previewDigest(hours));
      if (values.json) printJson(last ?? { hours, text });
      else printLine(formatOwnText(text));
      return 0;
    });
  },
};

function parseHours(word: string | undefined): number {
  const hours = word === undefined ? 24 : Number(/^(\d{1,3})h?$/.exec(word)?.[1]);
  if (Number.isInteger(hours) && hours >= 1 && hours <= maxHours) return hours;
  throw new AppError("bad-input", `--hours takes a number from 1 to ${maxHours}.`);
}
