import type { WorkflowInputView, WorkflowView } from "../../core/workflow-board.ts";
import type { OpenWorkflows } from "../../open-workflows.ts";
import { formatTable, formatTime, paint, plain, printJson, printLine } from "../print.ts";

export async function listAll({ board }: OpenWorkflows, isJson: boolean): Promise<number> {
  const list = await board.list();
  if (isJson) {
    printJson(list);
    return 0;
  }
  if (list.workflows.length === 0)
    printLine('There are no workflows yet. They lie in the data folder, under "workflows".');
  for (const [group, members] of Map.groupBy(list.workflows, (workflow) => workflow.group)) {
    printLine(paint("bold", group));
    printLine(
      formatTable(
        ["", "", "", ""],
        members.map((workflow) => [
          `  ${workflow.name}`,
          workflow.isOwn ? "yours" : "shipped",
          describeStart(workflow),
          plain(workflow.description),
        ]),
      ),
    );
  }
  const files = new Set(list.faults.map(({ file }) => file));
  if (files.size > 0)
    process.stderr.write(
      `${files.size === 1 ? "One file has" : `${files.size} files have`} faults: "parlance workflows check" shows them.\n`,
    );
  return 0;
}

function describeStart({ isOwn, nextAt, triggers }: WorkflowView): string {
  if (!isOwn || triggers.length === 0) return "by hand";
  return nextAt === undefined ? "by itself" : `next ${formatTime(nextAt)}`;
}

export async function showOne({ board }: OpenWorkflows, name: string, isJson: boolean): Promise<number> {
  const found = await board.workflow(name);
  if (isJson || found === undefined) {
    printJson(found);
    return 0;
  }
  const { description, group, isOwn, isOld, inputs, triggers, nextTimes, graphText } = found;
  printLine(`${paint("bold", name)}: ${plain(description)}`);
  printLine(`${group}, ${isOwn ? "yours" : "shipped"}${isOld ? ", an earlier version: its file has faults now" : ""}`);
  if (inputs.length > 0) printLine(`\n${formatTable(["INPUT", "TYPE", "NEEDED", "WHAT FOR"], inputs.map(toRow))}`);
  if (triggers.length > 0) {
    printLine(`\n${isOwn ? "It starts" : "Copied, it starts"} ${triggers.map(plain).join("; ")}`);
    if (nextTimes.length > 0) printLine(`Next: ${nextTimes.map(formatTime).join(", ")}`);
  }
  printLine(`\n${graphText}`);
  return 0;
}

function toRow({ name, type, isRequired, default: fallback, description = "" }: WorkflowInputView): readonly string[] {
  return [
    name,
    type,
    isRequired ? "yes" : fallback === undefined ? "no" : `no: ${plain(JSON.stringify(fallback))}`,
    plain(description),
  ];
}
