import { parseArgs } from "node:util";
import type { CliCommand } from "../cli.ts";
import { parseNameValues } from "../core/name-values.ts";
import { openWorkflows } from "../open-workflows.ts";
import { commonOptions, commonUsage, loadConfigOf, needWord, pickAction } from "./options.ts";
import { checkFiles } from "./workflows/check.ts";
import { copyTemplate } from "./workflows/copy.ts";
import { drawGraph } from "./workflows/draw.ts";
import { listAll, showOne } from "./workflows/list.ts";
import { runAndFollow } from "./workflows/run.ts";
import { simulate } from "./workflows/simulate.ts";

const actions = ["list", "show", "check", "graph", "simulate", "new", "run"] as const;

/** Workflows: files that say step by step what is to be done. */
export const workflows: CliCommand = {
  summary: "Shows workflows, checks their files, draws them, tells what they would do, copies and runs them.",
  usage: `workflows list
  parlance workflows show NAME
  parlance workflows check [FILE...]            exit status 1 when something is wrong
  parlance workflows graph NAME [--svg FILE]
  parlance workflows simulate NAME [INPUT=VALUE...]
  parlance workflows new NAME --from TEMPLATE
  parlance workflows run NAME [INPUT=VALUE...] [--detach]

  list      what there is, by group; yours lie in the data folder, under workflows
  show      one, with its inputs, what starts it, and a picture
  check     what is wrong in your files, or in these: file, line, column, and how to mend it
  graph     draws one here, or as SVG into a file (- for standard output)
  simulate  tells what a run would do, whom it would ask and what it would cost; does nothing
  new       copies a workflow, with its comments, into your folder under another name; its triggers hold from then on
  run       starts one in the running service, and shows how it goes; exit status 1 when it fails

  --detach  run: prints the id of the run and does not wait
${commonUsage}`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        ...commonOptions,
        svg: { type: "string" },
        from: { type: "string" },
        detach: { type: "boolean", default: false },
      },
      allowPositionals: true,
    });
    const action = pickAction(positionals[0], actions, "list");
    const isJson = values.json;
    const config = await loadConfigOf(values);
    const name = (): string => needWord(positionals[1], "The name", `workflows ${action} daily-digest`);
    if (action === "run") {
      const inputs = parseNameValues(positionals.slice(2));
      return runAndFollow(config, name(), inputs, { isJson, isDetached: values.detach });
    }
    const opened = await openWorkflows(config);
    switch (action) {
      case "list":
        return listAll(opened, isJson);
      case "show":
        return showOne(opened, name(), isJson);
      case "check":
        return checkFiles(opened, positionals.slice(1), isJson);
      case "graph":
        return drawGraph(opened, name(), values.svg, isJson);
      case "simulate":
        return simulate(opened, name(), parseNameValues(positionals.slice(2)), isJson);
      case "new":
        return copyTemplate(
          opened,
          needWord(
            values.from,
            "The workflow to copy",
            `workflows new ${positionals[1] ?? "mine"} --from daily-digest`,
          ),
          name(),
          isJson,
        );
    }
  },
};
