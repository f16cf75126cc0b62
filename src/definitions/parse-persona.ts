import { z } from "zod";
import type { Effect } from "../core/tool.ts";
import type { Persona } from "../core/persona.ts";
import { formatIssues } from "../core/schema-faults.ts";
import { type Fault, parseYamlSource } from "../core/yaml-source.ts";

const effects = ["read", "write", "send", "execute", "destroy"] as const satisfies readonly Effect[];
const words = z.array(z.string().min(1)).max(200);
const pattern = z.string().max(500).refine(isPattern, "is not a valid regular expression");

/** The front matter of a persona file. */
export const frontMatterSchema = z.strictObject({
  description: z.string().min(1).max(500),
  model: z.string().min(1).exactOptional(),
  tools: words.exactOptional(),
  approve: z.array(z.enum(effects)).exactOptional(),
  replyMode: z.enum(["auto", "draft", "silent"]).exactOptional(),
  maxSteps: z.int().min(1).max(200).exactOptional(),
  temperature: z.number().min(0).max(2).exactOptional(),
  budget: z.number().positive().max(1_000_000).exactOptional(),
  when: z
    .strictObject({
      channels: words.exactOptional(),
      people: words.exactOptional(),
      patterns: z.array(pattern).max(50).exactOptional(),
      words: z.string().max(10_000).transform(splitWords).exactOptional(),
    })
    .exactOptional(),
});

export interface PersonaDefaults {
  /** For personas that set no maxSteps: the configured agent.maxSteps. */
  readonly maxSteps: number;
}

export type ParsedPersona =
  | { readonly persona: Persona; readonly faults: readonly [] }
  | { readonly persona: undefined; readonly faults: readonly Fault[] };

const maxInstructionChars = 20_000;

/** Reads a persona file: YAML between two lines of `---`, then instructions in Markdown. Never throws. */
export function parsePersona(name: string, text: string, defaults: PersonaDefaults): ParsedPersona {
  const failed = (line: number, problem: string): ParsedPersona => ({
    persona: undefined,
    faults: [{ line, column: 1, path: "", problem }],
  });
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  if (lines[0]?.trimEnd() !== "---")
    return failed(1, "must begin with a line of three dashes (---) and its front matter.");
  const end = lines.findIndex((line, index) => index > 0 && line.trimEnd() === "---");
  if (end === -1) return failed(1, "the front matter is not closed by a line of three dashes (---).");

  const source = parseYamlSource(lines.slice(1, end).join("\n"), { firstLine: 2 });
  if (source.faults.length > 0) return { persona: undefined, faults: source.faults };
  const result = frontMatterSchema.safeParse(source.value ?? {}, { reportInput: true });
  if (!result.success)
    return {
      persona: undefined,
      faults: formatIssues(result.error.issues, frontMatterSchema, source),
    };

  const instructions = lines
    .slice(end + 1)
    .join("\n")
    .trim();
  if (instructions === "") return failed(end + 1, "has no instructions below the front matter.");
  if (instructions.length > maxInstructionChars)
    return failed(end + 2, `the instructions are longer than ${maxInstructionChars} characters.`);
  const { replyMode = "auto", maxSteps = defaults.maxSteps, ...rest } = result.data;
  return { persona: { name, instructions, replyMode, maxSteps, ...rest }, faults: [] };
}

/** "error budget, toil, resilien*": easier to write and to read than a list. */
function splitWords(text: string): readonly string[] {
  const all = text.split(",").map((word) => word.trim().toLowerCase().replaceAll(/\s+/g, " "));
  return [...new Set(all.filter((word) => word.length > 1))];
}

function isPattern(value: string): boolean {
  try {
    new RegExp(value, "iu");
    return true;
  } catch {
    return false;
  }
}
