import { parseArgs } from "node:util";
import { stringify } from "yaml";
import type { CliCommand } from "../cli.ts";
import { commonOptions, commonUsage, loadConfigOf, pickAction } from "./options.ts";
import { paint, printJson, printLine } from "./print.ts";

const hidden = "(hidden)";

/** The configuration as Parlance understands it. */
export const config: CliCommand = {
  summary: "Checks the configuration, or shows all of it, defaults included, with its secrets hidden.",
  usage: `config check|show [options]\n\n${commonUsage}`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: commonOptions,
      allowPositionals: true,
    });
    const action = pickAction(positionals[0], ["check", "show"]);
    // What is wrong is thrown, in words that name the place.
    const loaded = await loadConfigOf(values);
    const { source, dataFolder } = loaded;
    if (action === "check") {
      if (values.json) printJson({ isValid: true, source, dataFolder });
      else
        printLine(
          `${paint("green", "✔")} ${source === undefined ? "There is no parlance.yaml; the defaults hold." : `${source} is valid.`}`,
        );
      return 0;
    }
    const shown = hideSecrets(loaded.config, loaded.secrets);
    if (values.json) printJson({ source, dataFolder, config: shown });
    else {
      printLine(paint("dim", `# ${source ?? "no parlance.yaml: defaults"}\n# data folder: ${dataFolder}`));
      process.stdout.write(stringify(shown));
    }
    return 0;
  },
};

function hideSecrets(value: unknown, secrets: readonly string[]): unknown {
  if (typeof value === "string")
    return secrets.some((secret) => secret !== "" && value.includes(secret)) ? hidden : value;
  if (Array.isArray(value)) return value.map((item) => hideSecrets(item, secrets));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, hideSecrets(inner, secrets)]));
}
