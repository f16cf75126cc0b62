import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { z } from "zod";
import type { Skill } from "../core/skill.ts";
import { watchFolder } from "../core/watch-folder.ts";
import { parseFrontMatter } from "./front-matter.ts";
import type { DefinitionFault } from "./load-personas.ts";

export interface Skills {
  readonly skills: ReadonlyMap<string, Skill>;
  readonly faults: readonly DefinitionFault[];
}

/** Other keys, such as `license` or `metadata`, belong to other programs that read the same file. */
const frontMatterSchema = z.looseObject({
  name: z.string().min(1).max(64).exactOptional(),
  description: z.string().min(1).max(1024),
});

const maxSkills = 200;
const maxFiles = 100;
const maxDepth = 4;
const maxFileBytes = 256 * 1024;
const textFile = /\.(md|txt|json|ya?ml|csv|html|xml|sh|py|js|ts|sql|toml)$/i;

/**
 * Reads the skills of a folder: one folder each, with a SKILL.md that has a description in its front matter (the form
 * of agentskills.io). Never throws: what cannot be understood is reported. A folder that does not exist is empty.
 */
export async function loadSkills(folder: string): Promise<Skills> {
  const skills = new Map<string, Skill>();
  const faults: DefinitionFault[] = [];
  const complain = (file: string, problem: string): void =>
    void faults.push({ file, line: 1, column: 1, path: "", problem });
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") complain(folder, "cannot be read as a folder.");
    return [];
  });
  const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith("."));
  if (folders.length > maxSkills) complain(folder, `holds more than ${maxSkills} skills; the rest is left out.`);
  for (const { name } of folders.toSorted((a, b) => (a.name < b.name ? -1 : 1)).slice(0, maxSkills)) {
    const own = join(folder, name);
    const file = join(own, "SKILL.md");
    if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(name)) {
      complain(own, "a skill's folder must be named by lower-case letters, digits and dashes.");
      continue;
    }
    const text = await readFile(file, "utf8").catch(() => undefined);
    if (text === undefined) {
      complain(own, "has no SKILL.md that can be read.");
      continue;
    }
    const parsed = parseFrontMatter(text, frontMatterSchema);
    faults.push(...parsed.faults.map((fault) => ({ ...fault, file })));
    if (parsed.data === undefined) continue;
    const { description } = parsed.data;
    skills.set(name, { name, description, instructions: parsed.body, folder: own, files: await listFiles(own) });
  }
  return { skills, faults };
}

/** Told of everything as it stands now whenever a file changed. */
export function watchSkills(
  folder: string,
  options: { readonly onChange: (loaded: Skills) => void; readonly signal: AbortSignal },
): void {
  watchFolder(folder, {
    isDeep: true,
    onChange: async () => {
      const loaded = await loadSkills(folder);
      if (!options.signal.aborted) options.onChange(loaded);
    },
    signal: options.signal,
  });
}

/** A file of a skill, as it was listed; undefined: it has no such file, or it is too large. Links are not followed. */
export async function loadSkillFile(skill: Skill, file: string): Promise<string | undefined> {
  if (!skill.files.includes(file)) return undefined;
  const bytes = await readFile(join(skill.folder, ...file.split("/"))).catch(() => undefined);
  return bytes === undefined || bytes.length > maxFileBytes ? undefined : bytes.toString("utf8");
}

async function listFiles(folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  async function walk(at: string, depth: number): Promise<void> {
    if (depth > maxDepth || found.length >= maxFiles) return;
    const entries = await readdir(at, { withFileTypes: true }).catch(() => []);
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(at, entry.name);
      if (entry.name.startsWith(".")) continue;
      if (entry.isDirectory()) await walk(path, depth + 1);
      else if (entry.isFile() && textFile.test(entry.name) && path !== join(folder, "SKILL.md"))
        found.push(relative(folder, path).split(sep).join("/"));
    }
  }
  await walk(folder, 1);
  return found.slice(0, maxFiles);
}
