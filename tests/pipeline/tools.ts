import type { Effect, Tool, ToolContext, ToolOutput } from "../../src/core/tool.ts";

export interface CountedTool extends Tool {
  /** Inputs of every run, in order. */
  readonly runs: readonly { readonly input: unknown; readonly key: string }[];
}

/** A tool that takes any input, and remembers how often it ran. */
export function createCountedTool(
  name: string,
  effect: Effect,
  act: (input: unknown, context: ToolContext) => Partial<ToolOutput> | Promise<Partial<ToolOutput>> = () => ({}),
): CountedTool {
  const runs: { input: unknown; key: string }[] = [];
  return {
    name,
    description: name,
    inputSchema: { type: "object" },
    effect,
    keywords: [],
    timeoutMs: 5_000,
    maxOutputChars: 1_000,
    runs,
    run: async (input, context) => {
      runs.push({ input, key: context.idempotencyKey });
      return { text: `${name} done`, isOutside: false, ...(await act(input, context)) };
    },
  };
}
