/*
 * The service as a child process that kills itself at a named point of a message's path:
 *     node tests/e2e/kill-child.ts CONFIG_FILE COUNT_FILE [POINT COUNT]
 * dies by SIGKILL when the point is reached for the COUNT-th time. The tool `count_once` appends its id to
 * COUNT_FILE: an effect in the world outside that shows whether it ran twice.
 */
import { appendFileSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { loadConfig } from "../../config/load.ts";
import { startApp } from "../../src/app.ts";
import type { Tool } from "../../src/core/tool.ts";
import { createLogger } from "../../src/log.ts";

const [configPath = "", countFile = "", killPoint, killCount = "1"] = process.argv.slice(2);

const countOnce: Tool = {
  name: "count_once",
  description: "Counts an id.",
  inputSchema: {
    type: "object",
    properties: { id: { type: "string" } },
    required: ["id"],
    additionalProperties: false,
  },
  effect: "write",
  keywords: [],
  timeoutMs: 5_000,
  maxOutputChars: 200,
  run: async (input) => {
    const { id } = input as { id: string };
    appendFileSync(countFile, `${id}\n`);
    return { text: `counted ${id}`, isOutside: false };
  },
};

// Killed, it never writes what was compiled; the next child starts faster with it.
flushCompileCache();
const loaded = await loadConfig({ configPath });
const log = createLogger(loaded.config.log.level, () => loaded.secrets, process.stderr);
let reached = 0;
const app = await startApp(loaded, {
  log,
  tools: [countOnce],
  reach: (point) => {
    if (point !== killPoint) return;
    reached += 1;
    if (reached === Number(killCount)) process.kill(process.pid, "SIGKILL");
  },
});
process.stdout.write("ready\n");
process.once("SIGTERM", () => void app.close().then(() => process.exit(0)));
