import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { formatCapabilityTable, loadCapabilities } from "../../src/cli/channels/capabilities.ts";

const cellsOf = (table: string): string[][] =>
  table
    .split("\n")
    .filter((line) => line.startsWith("|") && !/^[|\s:-]+$/.test(line))
    .map((line) => line.split("|").map((cell) => cell.trim()));

it("the README shows what the platforms can do: npm run capabilities", async () => {
  const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
  const shown = /<!-- written by: npm run capabilities -->([^]*?)<!-- end -->/.exec(readme)?.[1] ?? "";
  expect(cellsOf(shown)).toEqual(cellsOf(formatCapabilityTable(await loadCapabilities())));
});
