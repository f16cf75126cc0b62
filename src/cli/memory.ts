import { parseArgs } from "node:util";
import type { CliCommand } from "../cli.ts";
import { AppError } from "../core/errors.ts";
import { openMemoryForCommands } from "../open-memory.ts";
import { addDocumentsFrom } from "./memory/add.ts";
import { exportMemories } from "./memory/export.ts";
import { forgetMemory } from "./memory/forget.ts";
import { importMemories } from "./memory/import.ts";
import { rebuildIndex, showStats } from "./memory/index-state.ts";
import { parseScopes, searchMemories } from "./memory/search.ts";
import { commonOptions, commonUsage, loadConfigOf, needWord, pickAction } from "./options.ts";

const actions = ["search", "import", "export", "add", "forget", "stats", "rebuild"] as const;

/** What is remembered. */
export const memory: CliCommand = {
  summary: "Searches, fills and mends what is remembered.",
  usage: `memory search [WORDS]|import FILE|export [FILE]|add PATH|forget ID|stats|rebuild [options]

  search [WORDS]  what is remembered about this; without words, each line of standard input is a query
  import FILE     takes in JSON lines: {"id", "text", "at", "scope"?, "speaker"?}; the same id again replaces
  export [FILE]   writes everything as JSON lines, which import takes in again
  add PATH        takes in a document, or a folder of them: Markdown, HTML, PDF, Word, Excel, PowerPoint,
                  OpenDocument, plain text; done again, it follows what changed and what is gone
  forget ID       forgets one record for good ("search" shows the ids)
  stats           how much is remembered, and how the index is doing
  rebuild         makes the index anew from the database

  -k N            so many finds for each query (default: 10)
  --scope SCOPE   team, person:<id> or conversation:<id>. search: only these, may be given several times;
                  add: whose it is (default: team)
${commonUsage}`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        ...commonOptions,
        k: { type: "string", short: "k", default: "10" },
        scope: { type: "string", multiple: true },
      },
      allowPositionals: true,
    });
    const action = pickAction(positionals[0], actions);
    const word = (what: string, example: string): string =>
      needWord(positionals[1], what, `memory ${action} ${example}`);
    const limit = Number(values.k);
    if (!Number.isInteger(limit) || limit < 1 || limit > 1_000)
      throw new AppError("bad-input", "-k takes a number from 1 to 1000.");
    const scopes = parseScopes(values.scope);
    const isJson = values.json;
    const opened = await openMemoryForCommands(await loadConfigOf(values));
    try {
      switch (action) {
        case "search":
          return await searchMemories(opened, positionals.slice(1), { limit, scopes, isJson });
        case "import":
          return await importMemories(opened, word("The file", "notes.jsonl"), isJson);
        case "export":
          return await exportMemories(opened, positionals[1]);
        case "add":
          return await addDocumentsFrom(opened, word("The document or folder", "~/handbook"), scopes, isJson);
        case "forget":
          return await forgetMemory(opened, word("The id", 'ID   ("parlance memory search" shows them)'), isJson);
        case "stats":
          return await showStats(opened, isJson);
        case "rebuild":
          return await rebuildIndex(opened, isJson);
      }
    } finally {
      await opened.close();
    }
  },
};
