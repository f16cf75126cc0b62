import { z } from "zod";
import type { Effect } from "../core/tool.ts";
import type { Persona } from "../core/persona.ts";
import type { Fault } from "../core/yaml-source.ts";
import { parseFrontMatter } from "./front-matter.ts";

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

/** Reads a persona file: YAML between two lines of `---`, then instructions in Markdown. Never throws. */
export function parsePersona(name: string, text: string, defaults: PersonaDefaults): ParsedPersona {
  const parsed = parseFrontMatter(text, frontMatterSchema);
  if (parsed.data === undefined) return { persona: undefined, faults: parsed.faults };
  const { replyMode = "auto", maxSteps = defaults.maxSteps, ...rest } = parsed.data;
  return { persona: { name, instructions: parsed.body, replyMode, maxSteps, ...rest }, faults: [] };
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
