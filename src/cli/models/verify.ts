import type { ModelFiles } from "../../model-files.ts";
import { formatBytes, paint, plain, printJson, printLine } from "../print.ts";

/** Hashes what is installed. Exit status 1 when something is not as it was recorded. */
export async function verifyModels(
  files: ModelFiles,
  reference: string | undefined,
  signal: AbortSignal,
  isJson: boolean,
): Promise<number> {
  const checked = await files.check(reference, signal, ({ reference: of, name, bytes, state }) => {
    if (isJson) return;
    const mark = state === "intact" ? paint("green", "✔") : paint("red", "✘");
    const words = { intact: formatBytes(bytes), changed: "its contents have changed", missing: "is missing" }[state];
    printLine(`${mark} ${plain(of)}  ${plain(name)}: ${words}`);
  });
  const broken = checked.filter(({ state }) => state !== "intact");
  if (isJson) printJson({ isIntact: broken.length === 0, files: checked });
  else if (checked.length === 0) printLine("No model is installed.");
  for (const of of isJson ? [] : new Set(broken.map((one) => one.reference)))
    printLine(`  Fetch it once more: parlance models pull ${plain(of)} --again`);
  return broken.length === 0 ? 0 : 1;
}
