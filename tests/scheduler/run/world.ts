import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "../../../src/core/errors.ts";
import type { Tool, ToolContext, ToolOutput } from "../../../src/core/tool.ts";

/** What happened outside: kept in a file, so that it outlives the process that did it. */
export interface World {
  note(what: string): void;
  read(): readonly string[];
}

export function openWorld(folder: string): World {
  const path = join(folder, "world.txt");
  return {
    note: (what) => appendFileSync(path, `${what}\n`),
    read: () => (existsSync(path) ? readFileSync(path, "utf8").trim().split("\n").filter(Boolean) : []),
  };
}

type Run = (input: Record<string, unknown>, context: ToolContext) => Promise<ToolOutput> | ToolOutput;

export function makeTool(name: string, effect: Tool["effect"], run: Run, extra: Partial<Tool> = {}): Tool {
  return {
    name,
    description: name,
    inputSchema: { type: "object" },
    effect,
    keywords: [],
    timeoutMs: 5_000,
    maxOutputChars: 10_000,
    run: async (input, context) => run(input as Record<string, unknown>, context),
    ...extra,
  };
}

/** A tool for each way in which an effect happens. */
export function createTools(world: World): readonly Tool[] {
  return [
    makeTool("fetch_weather", "read", ({ place }) => ({
      text: JSON.stringify({ degrees: String(place).length }),
      isOutside: true,
    })),
    // Its effect is part of the transaction that records it.
    makeTool("write_note", "write", ({ text }) => ({
      text: `noted ${String(text)}`,
      isOutside: false,
      commit: (transaction) =>
        transaction.addUsage(
          {
            conversation: `note ${String(text)}`,
            person: "",
            persona: "",
            model: "",
            inputTokens: 0,
            outputTokens: 0,
            cachedTokens: 0,
            costMicros: 0,
          },
          1,
        ),
    })),
    // A service that knows its callers' idempotency keys.
    makeTool("page_someone", "send", ({ level }, { idempotencyKey }) => {
      const what = `paged ${String(level)} ${idempotencyKey}`;
      if (!world.read().includes(what)) world.note(what);
      return { text: "paged", isOutside: false };
    }),
    // A service that does not.
    makeTool("pay", "send", ({ amount }) => {
      world.note(`paid ${String(amount)}`);
      return { text: "paid", isOutside: false };
    }),
    // Fails as often as it is told to, by what it has done so far.
    makeTool("shaky", "read", ({ failures, code = "unreachable", wait = 0 }) => {
      const tries = world.read().filter((line) => line === "shaken").length;
      world.note("shaken");
      if (tries < Number(failures))
        throw new AppError(code as "unreachable", "It shook.", wait === 0 ? {} : { retryAfterMs: Number(wait) });
      return { text: `held after ${tries}`, isOutside: false };
    }),
    makeTool("hang", "read", () => new Promise<never>(() => undefined), { timeoutMs: 60_000 }),
  ];
}
