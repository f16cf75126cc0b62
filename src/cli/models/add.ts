import { AppError } from "../../core/errors.ts";
import type { ModelFiles, ModelKind } from "../../model-files.ts";
import { needWord } from "../options.ts";
import { plain, printJson, printLine } from "../print.ts";

const kinds: readonly ModelKind[] = ["chat", "embedding", "reranker"];

/** Gives a model a name in the user's registry; fetches nothing. */
export async function addModel(
  files: ModelFiles,
  [name, reference]: readonly (string | undefined)[],
  kind: string | undefined,
  isJson: boolean,
): Promise<number> {
  const example = "models add small hf:owner/repository:Q4_K_M";
  const known = kinds.find((one) => one === kind);
  if (kind !== undefined && known === undefined)
    throw new AppError("bad-input", "--kind is not understood.", { hint: `There are: ${kinds.join(", ")}.` });
  const entry = await files.add({
    name: needWord(name, "The name", example),
    reference: needWord(reference, "The model", example),
    ...(known === undefined ? {} : { kind: known }),
  });
  if (isJson) printJson(entry);
  else printLine(`"${plain(entry.name)}" is ${plain(entry.reference)} now (${entry.kind}).`);
  return 0;
}
