import { parseArgs } from "node:util";
import type { CliCommand } from "../cli.ts";
import { openModelFiles } from "../model-files.ts";
import { addModel } from "./models/add.ts";
import { benchModel } from "./models/bench.ts";
import { collectWaste, removeModel } from "./models/collect.ts";
import { listModels } from "./models/list.ts";
import { pullForTerminal } from "./models/pull.ts";
import { verifyModels } from "./models/verify.ts";
import { commonOptions, commonUsage, loadConfigOf, needWord, pickAction } from "./options.ts";

/** Models that run on this machine: what there is, fetching, checking, clearing up; and how fast any model is. */
export const models: CliCommand = {
  summary: "Fetches and keeps models that run on this machine; measures how fast a model is.",
  usage: `models [list|pull MODEL|add NAME MODEL|verify [MODEL]|remove MODEL|gc|bench [ALIAS]] [options]

  list           what is installed, what is configured, and what the registry offers
  pull MODEL     fetches a model, and goes on where an earlier try stopped
  add NAME MODEL gives a model a name in your registry, <data>/models/registry.json
  verify         reads what is installed and compares its sha256; exit status 1 when something is broken
  remove MODEL   forgets a model and frees its place
  gc             removes contents that nothing refers to, and parts that nobody went on with for 7 days
  bench [ALIAS]  asks a configured model (default: the default one) and measures its speed; a hosted one costs its price

  MODEL    a name of the registry, hf:owner/repository:QUANT, hf:owner/repository/file.gguf, or an https address
  --again      for pull: fetches what is installed once more; it must be the same
  --kind KIND  for add: chat, embedding or reranker (default: guessed from its name)
  --yes        for gc: removes without asking
${commonUsage}`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        ...commonOptions,
        again: { type: "boolean", default: false },
        yes: { type: "boolean", default: false },
        kind: { type: "string" },
      },
      allowPositionals: true,
    });
    const action = pickAction(positionals[0], ["list", "pull", "add", "verify", "remove", "gc", "bench"], "list");
    const loaded = await loadConfigOf(values);
    const files = openModelFiles(loaded);
    const named = (): string =>
      needWord(positionals[1], "The model", `models ${action} qwen3-0.6b   ("parlance models list" shows names)`);
    return withStop(async (signal) => {
      switch (action) {
        case "list":
          return listModels(files, loaded.config, values.json);
        case "pull":
          return pullForTerminal(files, named(), { signal, again: values.again, isJson: values.json });
        case "add":
          return addModel(files, positionals.slice(1), values.kind, values.json);
        case "verify":
          return verifyModels(files, positionals[1], signal, values.json);
        case "remove":
          return removeModel(files, named(), signal, values.json);
        case "gc":
          return collectWaste(files, signal, { isJson: values.json, isAgreed: values.yes });
        case "bench":
          return benchModel(loaded, positionals[1], signal, values.json);
      }
    });
  },
};

/** Ctrl-C stops in order; a second one ends at once. */
async function withStop(work: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const stop = new AbortController();
  const onSignal = (): void => {
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  try {
    return await work(stop.signal);
  } finally {
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
  }
}
