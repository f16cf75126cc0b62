import type { OpenWorkflows } from "../../open-workflows.ts";
import { printJson, printLine } from "../print.ts";

/** Copies a workflow into the person's own folder. */
export async function copyTemplate(
  opened: OpenWorkflows,
  template: string,
  name: string,
  isJson: boolean,
): Promise<number> {
  const { triggers } = opened.find(template);
  const path = await opened.copy(template, name);
  const secrets = triggers.flatMap((trigger) =>
    trigger.kind === "webhook" ? [trigger.secret.replace(/^\$\{(.*)\}$/, "$1")] : [],
  );
  if (isJson) printJson({ name, path, startsByItself: triggers.length > 0, secrets });
  else {
    printLine(`Copied to ${path}.`);
    if (triggers.length > 0)
      printLine(
        'It starts by itself from now on: "parlance schedule" shows when; take its trigger out if you do not want that.',
      );
    for (const secret of secrets)
      printLine(`Its sender signs with a secret: set ${secret} in the environment, or in .env in the data folder.`);
    printLine(`"parlance workflows check ${path}" tells whether it is right after you changed it.`);
  }
  return 0;
}
