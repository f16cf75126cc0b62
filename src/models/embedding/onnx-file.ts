import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { AppError } from "../../core/errors.ts";

export interface ModelFiles {
  /** Path of the graph. */
  readonly graph: string;
  /** What config.json says; empty without it. */
  readonly config: { readonly [key: string]: unknown };
}

/** As exporters name them, the fastest on a processor without a graphics card first. */
const preferred = ["model_quantized", "model_int8", "model_uint8", "model_q8", "model", "model_fp16", "model_q4"];

/** Finds the graph in the folder or in its "onnx" folder. Throws AppError "model-failed" when there is none. */
export async function findModelFiles(folder: string): Promise<ModelFiles> {
  const places = [folder, join(folder, "onnx")];
  const found = await Promise.all(places.map((place) => readdir(place).catch(() => [] as string[])));
  const graphs = found.flatMap((names, at) =>
    names.filter((name) => name.endsWith(".onnx")).map((name) => join(places[at] ?? folder, name)),
  );
  const rank = (path: string): number => {
    const at = preferred.indexOf(basename(path, ".onnx"));
    return at === -1 ? preferred.length : at;
  };
  const graph = graphs.toSorted((a, b) => rank(a) - rank(b))[0];
  if (graph === undefined || !found[0]?.includes("tokenizer.json"))
    throw new AppError("model-failed", `There is no model in the folder "${basename(folder)}".`, {
      hint: "It must hold tokenizer.json and, there or in its onnx folder, a file that ends in .onnx.",
    });
  return { graph, config: await readConfig(folder) };
}

async function readConfig(folder: string): Promise<ModelFiles["config"]> {
  try {
    const config: unknown = JSON.parse(await readFile(join(folder, "config.json"), "utf8"));
    return typeof config === "object" && config !== null ? { ...config } : {};
  } catch {
    return {};
  }
}
