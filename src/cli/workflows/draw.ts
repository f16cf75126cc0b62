import { writeFile } from "node:fs/promises";
import { AppError } from "../../core/errors.ts";
import type { OpenWorkflows } from "../../open-workflows.ts";
import { printJson, printLine } from "../print.ts";

/** Draws a workflow in the terminal, or as SVG into a file. */
export async function drawGraph(
  { board }: OpenWorkflows,
  name: string,
  file: string | undefined,
  isJson: boolean,
): Promise<number> {
  const found = await board.workflow(name);
  if (found === undefined) throw new AppError("not-found", `There is no workflow "${name}".`);
  if (file === undefined) {
    if (isJson) printJson({ name, text: found.graphText, svg: found.graphSvg });
    else printLine(found.graphText);
    return 0;
  }
  if (file === "-") process.stdout.write(`${found.graphSvg}\n`);
  else {
    await writeFile(file, `${found.graphSvg}\n`).catch((cause: unknown) => {
      throw new AppError("bad-input", `The file ${file} cannot be written.`, { cause });
    });
    if (isJson) printJson({ name, file });
    else printLine(`Drawn into ${file}.`);
  }
  return 0;
}
