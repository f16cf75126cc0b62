import { z } from "zod";
import { checkInput } from "../core/check-input.ts";
import { AppError } from "../core/errors.ts";
import { formatToolName, pickKeywords } from "../core/outside-tool.ts";
import { quoteBlock, quoteInline } from "../core/quote.ts";
import type { Tool, ToolContext } from "../core/tool.ts";
import { defaultEffect, defaultTimeoutMs, type PluginOptions } from "./options.ts";

const maxTools = 50;
const maxDescriptionChars = 380;
const maxSchemaChars = 8_000;
const maxOutputChars = 20_000;
const maxErrorChars = 800;
/** Waiting for other plugins' calls counts for the tool, not for the plugin. */
const waitMs = 30_000;

const described = z.strictObject({
  name: z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/),
  description: z.string().min(1).max(4_000),
  input: z.looseObject({ type: z.literal("object") }),
});
const description = z.array(described).min(1).max(maxTools);
const answer = z.union([z.strictObject({ text: z.string() }), z.strictObject({ error: z.string() })]);

export type DescribedTool = z.output<typeof described>;

export interface PluginToolOptions {
  /** The plugin's name in the configuration. */
  readonly plugin: string;
  readonly options: PluginOptions;
  /** Takes out what nobody can see, the plugin's secrets, and what looks like one. */
  readonly clean: (text: string) => string;
  /** The JSON of export "call" for this input, itself JSON. */
  readonly call: (input: string, context: ToolContext) => Promise<unknown>;
}

/** Reads what export "describe" answered. Throws AppError "tool-failed". */
export function parseDescription(plugin: string, value: unknown): readonly DescribedTool[] {
  const result = description.safeParse(value);
  if (!result.success)
    throw new AppError("tool-failed", `The plugin "${plugin}" does not describe its tools as it should.`, {
      hint: z.prettifyError(result.error).slice(0, 500),
    });
  const long = result.data.find(({ input }) => JSON.stringify(input).length > maxSchemaChars);
  if (long !== undefined)
    throw new AppError("too-large", `The input of the tool "${long.name}" takes too many words to describe.`);
  return result.data;
}

/** A tool of a plugin as one of ours. What it does is what the operator says; all it answers is text from outside. */
export function formatPluginTool(tool: DescribedTool, { plugin, options, clean, call }: PluginToolOptions): Tool {
  const inputSchema = cleanTexts(tool.input, clean) as Record<string, unknown>;
  const about = clean(tool.description)
    .replaceAll(/\s+/g, " ")
    .slice(0, maxDescriptionChars - plugin.length);
  return {
    name: formatToolName(plugin, tool.name, "plugin"),
    description: `${plugin}: ${about}`.toWellFormed(),
    inputSchema,
    effect: options.effect ?? defaultEffect,
    keywords: pickKeywords([plugin, tool.name, about]),
    timeoutMs: (options.timeoutMs ?? defaultTimeoutMs) + waitMs,
    maxOutputChars,
    describe: (input) =>
      `Plugin **${quoteInline(plugin)}**, tool \`${tool.name}\`:\n\n${quoteBlock(JSON.stringify(input, undefined, 2))}`,
    async run(input, context) {
      const fault = checkInput(inputSchema, input);
      if (fault !== undefined) throw new AppError("bad-input", fault);
      if (context.signal.aborted) throw new AppError("aborted", "The call was stopped.");
      const question = { tool: tool.name, input, callId: context.idempotencyKey };
      const result = answer.safeParse(await call(JSON.stringify(question), context));
      if (!result.success)
        throw new AppError("tool-failed", `The plugin "${plugin}" answered with neither a text nor an error.`);
      if ("error" in result.data) {
        const reason = clean(result.data.error).slice(0, maxErrorChars).toWellFormed();
        throw new AppError("tool-failed", reason === "" ? `The plugin "${plugin}" says that it failed.` : reason);
      }
      const text = cut(clean(result.data.text));
      return { text: text === "" ? "(It answered with nothing.)" : text, isOutside: true };
    },
  };
}

/** The same value with each of its texts cleaned. */
function cleanTexts(value: unknown, clean: (text: string) => string): unknown {
  if (typeof value === "string") return clean(value);
  if (Array.isArray(value)) return value.map((item) => cleanTexts(item, clean));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, cleanTexts(inner, clean)]));
}

function cut(text: string): string {
  const note = "\n[cut here]";
  return text.length <= maxOutputChars ? text : text.slice(0, maxOutputChars - note.length).toWellFormed() + note;
}
