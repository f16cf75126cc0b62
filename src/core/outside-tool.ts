import type { Tool } from "./tool.ts";

/* What tools that nobody here wrote have in common, whichever way they come in. */

const maxNameChars = 64;
const maxKeywords = 30;
const tooCommon = new Set(
  "the and for with from that this into are was not you your its use used get set tool".split(" "),
);

/** "files_read_text_file": snake case, at most 64 characters. `prefix` goes before what does not begin with a letter. */
export function formatToolName(source: string, tool: string, prefix: string): string {
  const plain = `${source}_${tool}`
    .replaceAll(/([a-z\d])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .replaceAll(/[^a-z\d]+/g, "_")
    .replaceAll(/^_+|_+$/g, "");
  return (/^[a-z]/.test(plain) ? plain : `${prefix}_${plain}`).slice(0, maxNameChars);
}

/** Words of its name and description: those suggest a tool that nobody wrote keywords for. */
export function pickKeywords(texts: readonly string[]): readonly string[] {
  const text = texts
    .join(" ")
    .replaceAll(/([a-z\d])([A-Z])/g, "$1 $2")
    .toLowerCase();
  const words = (text.match(/[\p{L}\p{N}]+/gu) ?? []).filter((word) => word.length >= 3 && !tooCommon.has(word));
  return [...new Set(words)].slice(0, maxKeywords);
}

/** The tools, without those whose name an earlier one has: nothing from outside takes the place of a tool of ours. */
export function keepFirst(tools: readonly Tool[]): readonly Tool[] {
  const taken = new Set<string>();
  return tools.filter(({ name }) => !taken.has(name) && taken.add(name));
}
