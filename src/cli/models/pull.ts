import { AppError } from "../../core/errors.ts";
import type { ModelFiles } from "../../model-files.ts";
import { formatBytes, paint, printJson, printLine } from "../print.ts";
import { createProgressPrinter } from "./progress.ts";

export interface PullChoice {
  readonly signal: AbortSignal;
  readonly again: boolean;
  readonly isJson: boolean;
}

/** Pulls a model, showing how far it is on standard error, and says what was installed. */
export async function pullForTerminal(
  files: ModelFiles,
  reference: string,
  { signal, again, isJson }: PullChoice,
): Promise<number> {
  const printer = createProgressPrinter(process.stderr);
  const pulled = await files
    .pull(reference, { signal, again, onProgress: printer.show })
    .catch((error: unknown) => {
      if (error instanceof AppError && error.code === "aborted")
        throw new AppError("aborted", error.message, { hint: `"parlance models pull ${reference}" goes on with it.` });
      throw error;
    })
    .finally(() => printer.close());
  const { model, wasInstalled } = pulled;
  if (isJson) {
    printJson({ ...model, wasInstalled });
    return 0;
  }
  const bytes = model.files.reduce((sum, file) => sum + file.bytes, 0);
  printLine(
    `${paint("green", "✔")} ${model.reference} ${wasInstalled ? "is installed already" : "is installed"}: ${formatBytes(bytes)}.`,
  );
  if (wasInstalled) return 0;
  for (const { name, sha256, trust } of model.files) {
    const how = {
      known: "as it was known beforehand",
      server: "as the server says",
      "first-use": "not known beforehand: from now on it must be this one",
    }[trust];
    printLine(paint("dim", `  ${name}  sha256 ${sha256} (${how})`));
  }
  return 0;
}
