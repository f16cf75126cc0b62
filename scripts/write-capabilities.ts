/* npm run capabilities: writes the table of what each platform can do into the README, from the platforms' traits. */
import { readFile, writeFile } from "node:fs/promises";
import { formatCapabilityTable, loadCapabilities } from "../src/cli/channels/capabilities.ts";

const readme = new URL("../README.md", import.meta.url);
const text = await readFile(readme, "utf8");
const table = formatCapabilityTable(await loadCapabilities());
const changed = text.replace(
  /(<!-- written by: npm run capabilities -->\n)[^]*?(\n?<!-- end -->)/,
  (_all, start: string) => `${start}\n${table}\n\n<!-- end -->`,
);
if (!changed.includes(table)) throw new Error("README.md has no place for the table of capabilities.");
await writeFile(readme, changed);
