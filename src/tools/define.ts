import { z } from "zod";
import { AppError } from "../core/errors.ts";
import { checkInput } from "../core/check-input.ts";
import type { Tool, ToolContext, ToolOutput } from "../core/tool.ts";

export interface ToolDefinition<Input extends z.ZodObject> extends Omit<Tool, "inputSchema" | "describe" | "run"> {
  /** A strict object; every string, number and list in it bounded. */
  readonly input: Input;
  readonly describe?: (input: z.output<Input>) => string;
  readonly run: (input: z.output<Input>, context: ToolContext) => Promise<ToolOutput>;
}

/**
 * Makes a Tool whose `run` and `describe` see checked input only: they throw AppError "bad-input" for any other,
 * with the same words as core's checkInput. `run` also throws "aborted" when it was stopped before it began, and its
 * text never exceeds `maxOutputChars`.
 */
export function defineTool<Input extends z.ZodObject>(definition: ToolDefinition<Input>): Tool {
  const { input: schema, describe, run, ...rest } = definition;
  const { $schema: _, ...inputSchema } = z.toJSONSchema(schema);

  function parse(input: unknown): z.output<Input> {
    const fault = checkInput(inputSchema, input);
    if (fault !== undefined) throw new AppError("bad-input", fault);
    const result = schema.safeParse(input);
    if (result.success) return result.data;
    throw new AppError("bad-input", z.prettifyError(result.error));
  }

  return {
    ...rest,
    inputSchema,
    ...(describe === undefined ? {} : { describe: (input: unknown) => describe(parse(input)) }),
    async run(input, context) {
      const parsed = parse(input);
      if (context.signal.aborted) throw new AppError("aborted", "The call was stopped.");
      const output = await run(parsed, context);
      return { ...output, text: cutText(output.text, definition.maxOutputChars) };
    },
  };
}

/** Keywords of one word each, written in one line. */
export function words(line: string): readonly string[] {
  return line.split(" ");
}

function cutText(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const note = "\n[cut here]";
  const kept = text.slice(0, maxChars - note.length);
  return (kept.isWellFormed() ? kept : kept.slice(0, -1)) + note;
}
