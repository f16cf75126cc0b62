import { parseArgs } from "node:util";
import type { LoadedConfig } from "../../config/load.ts";
import type { CliCommand } from "../cli.ts";
import { AppError } from "../core/errors.ts";
import type { Finding } from "./doctor/finding.ts";
import { checkChannels, checkService } from "./doctor/connections.ts";
import { checkDataFolder, checkNode, checkPages } from "./doctor/machine.ts";
import { checkMcp } from "./doctor/mcp.ts";
import { checkMemory } from "./doctor/memory.ts";
import { checkPlugins } from "./doctor/plugins.ts";
import { checkModel } from "./doctor/model.ts";
import { checkDatabase } from "./doctor/database.ts";
import { checkDesk } from "./doctor/desk.ts";
import { commonOptions, commonUsage, loadConfigOf } from "./options.ts";
import { formatTable, paint, plain, printJson, printLine } from "./print.ts";

const marks: Readonly<Record<Finding["state"], string>> = { ok: "✔", warning: "!", broken: "✘", skipped: "·" };
const colours = { ok: "green", warning: "yellow", broken: "red", skipped: "dim" } as const;

/** Looks at everything that a running Parlance needs. Mends nothing by itself. */
export const doctor: CliCommand = {
  summary: "Finds out what is wrong, and how to mend it. Exit status 1 when something is broken.",
  usage: `doctor [options]\n\n${commonUsage}`,
  async run(args) {
    const { values } = parseArgs({ args: [...args], options: commonOptions });
    const findings: Finding[] = [checkNode(process.versions.node)];
    const { finding, loaded } = await checkConfig(values);
    findings.push(finding);
    if (loaded !== undefined) {
      findings.push(await checkDataFolder(loaded.dataFolder), await checkPages());
      const database = await checkDatabase(loaded);
      findings.push(...database);
      const service = await checkService(loaded.config);
      findings.push(service.finding, ...(await checkChannels(loaded.config, service.health)), await checkModel(loaded));
      findings.push(checkMemory(loaded), ...checkMcp(loaded), ...(await checkPlugins(loaded)));
      if (database.every(({ state }) => state !== "broken")) findings.push(...(await checkDesk(loaded)));
    }
    const isHealthy = findings.every(({ state }) => state !== "broken");
    if (values.json) printJson({ isHealthy, findings });
    else print(findings);
    return isHealthy ? 0 : 1;
  },
};

async function checkConfig(values: {
  readonly config?: string | undefined;
}): Promise<{ readonly finding: Finding; readonly loaded?: LoadedConfig }> {
  const name = "configuration";
  try {
    const loaded = await loadConfigOf(values);
    const detail =
      loaded.source === undefined ? "there is no parlance.yaml; the defaults hold" : `${loaded.source} is valid`;
    return { finding: { name, state: "ok", detail }, loaded };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return {
      finding: {
        name,
        state: "broken",
        detail: error.message,
        hint: error.hint ?? "Mend these places; config/example.yaml explains every key.",
      },
    };
  }
}

function print(findings: readonly Finding[]): void {
  const rows = findings.flatMap(({ name, state, detail, hint }) => {
    const [first = "", ...more] = detail.split("\n");
    const lines = [...more.map((line) => plain(line)), ...(hint === undefined ? [] : [`→ ${plain(hint)}`])];
    return [[paint(colours[state], marks[state]), name, plain(first)], ...lines.map((line) => ["", "", line])];
  });
  printLine(formatTable(["", "", ""], rows));
  const count = (state: Finding["state"]): number => findings.filter((finding) => finding.state === state).length;
  const broken = count("broken");
  const warnings = count("warning");
  const warned = warnings === 0 ? "" : warnings === 1 ? " 1 thing to look at." : ` ${warnings} things to look at.`;
  printLine(
    `\n${broken === 0 ? paint("green", "Nothing is broken.") : paint("red", broken === 1 ? "1 thing is broken." : `${broken} things are broken.`)}${warned}`,
  );
}
