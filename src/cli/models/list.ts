import type { Config } from "../../../config/schema.ts";
import type { ModelFiles } from "../../model-files.ts";
import { formatBytes, formatTable, formatTime, paint, plain, printJson, printLine } from "../print.ts";

/** What is installed, what is configured, and what the registry offers. */
export async function listModels(files: ModelFiles, config: Config, isJson: boolean): Promise<number> {
  const [installed, registry] = await Promise.all([files.installed(), files.registry()]);
  const references = new Set(installed.map(({ reference }) => reference));
  const models = installed.map(({ reference, kind, installedAt, usedAt, files: own }) => ({
    name: registry.find((entry) => entry.reference === reference)?.name ?? reference,
    reference,
    kind,
    bytes: own.reduce((sum, { bytes }) => sum + bytes, 0),
    installedAt,
    ...(usedAt === undefined ? {} : { usedAt }),
    files: own,
  }));
  const aliases = Object.entries(config.models.aliases).map(([alias, { provider, model }]) => ({
    alias,
    provider,
    model,
  }));
  const offered = registry.map(({ name, reference, kind, files: own = [] }) => ({
    name,
    reference,
    kind,
    ...(own.length > 0 && own.every(({ bytes }) => bytes !== undefined)
      ? { bytes: own.reduce((sum, { bytes = 0 }) => sum + bytes, 0) }
      : {}),
    isInstalled: references.has(reference),
  }));
  if (isJson) {
    printJson({ installed: models, aliases, registry: offered });
    return 0;
  }
  if (models.length === 0) printLine("No model is installed on this machine.");
  else {
    const rows = models.map(({ name, kind, bytes, usedAt, reference }) => [
      plain(name),
      kind,
      formatBytes(bytes),
      usedAt === undefined ? "never" : formatTime(usedAt),
      plain(reference),
    ]);
    printLine(formatTable(["INSTALLED", "KIND", "SIZE", "LAST USED", "FROM"], rows));
  }
  if (aliases.length > 0) {
    const rows = aliases.map(({ alias, provider, model }) => [alias, provider, plain(model)]);
    printLine(`\n${formatTable(["CONFIGURED", "PROVIDER", "MODEL"], rows)}`);
  }
  const open = offered.filter(({ isInstalled }) => !isInstalled);
  if (open.length > 0) {
    const rows = open.map(({ name, kind, bytes, reference }) => [
      plain(name),
      kind,
      bytes === undefined ? "" : formatBytes(bytes),
      plain(reference),
    ]);
    printLine(`\n${formatTable(["TO BE HAD", "KIND", "SIZE", "FROM"], rows)}`);
    printLine(paint("dim", '\n"parlance models pull NAME" fetches one.'));
  }
  return 0;
}
