import { readFile } from "node:fs/promises";
import type { OpenWorkflows } from "../../open-workflows.ts";
import { paint, plain, printJson, printLine } from "../print.ts";

/** What is wrong, where, and how to mend it; with the line itself. Exit status 1 when something is. */
export async function checkFiles(opened: OpenWorkflows, files: readonly string[], isJson: boolean): Promise<number> {
  const { checked, faults } = await opened.check(files);
  if (isJson) {
    printJson({ checked, faults });
    return faults.length === 0 ? 0 : 1;
  }
  for (const { file, line, column, path, problem } of faults) {
    printLine(`${paint("bold", `${file}:${line}:${column}`)} ${path === "" ? "" : `${path} `}${problem}`);
    const text = await readLine(file, line);
    if (text !== undefined) printLine(paint("dim", `  ${text}\n  ${" ".repeat(Math.max(0, column - 1))}^`));
  }
  const count = `${checked} ${checked === 1 ? "workflow" : "workflows"}`;
  if (faults.length === 0) printLine(`${paint("green", "✔")} ${count}, nothing wrong.`);
  else printLine(`${paint("red", "✘")} ${faults.length === 1 ? "1 fault" : `${faults.length} faults`}.`);
  return faults.length === 0 ? 0 : 1;
}

/** Undefined where it is empty, too long to be shown, or cannot be read: the place says enough then. */
async function readLine(file: string, line: number): Promise<string | undefined> {
  const text = (await readFile(file, "utf8").catch(() => "")).split(/\r?\n/)[line - 1] ?? "";
  return text.trim() === "" || text.length > 160 ? undefined : plain(text) === text.trim() ? text : undefined;
}
