import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Persona } from "../core/persona.ts";
import { watchFolder } from "../core/watch-folder.ts";
import type { Fault } from "../core/yaml-source.ts";
import { parsePersona, type PersonaDefaults } from "./parse-persona.ts";

/** A fault in a definition file. */
export interface DefinitionFault extends Fault {
  /** Path of the file or folder. */
  readonly file: string;
}

export interface Personas {
  readonly personas: ReadonlyMap<string, Persona>;
  readonly faults: readonly DefinitionFault[];
}

const maxFileBytes = 64 * 1024;
const maxFiles = 500;

/**
 * Reads the persona files (*.md) of some folders; a file of a later folder shadows one of the same name in an earlier
 * one, so: [shipped, own]. Never throws: what cannot be read or understood is reported, and a bad file leaves the
 * shadowed one in force. A folder that does not exist is empty.
 */
export async function loadPersonas(folders: readonly string[], defaults: PersonaDefaults): Promise<Personas> {
  const personas = new Map<string, Persona>();
  const faults: DefinitionFault[] = [];
  for (const folder of folders) {
    const complain = (file: string, problem: string): void =>
      void faults.push({ file, line: 1, column: 1, path: "", problem });
    let files: string[];
    try {
      files = (await readdir(folder))
        .filter((file) => file.endsWith(".md") && file !== "README.md" && !file.startsWith("."))
        .toSorted();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") complain(folder, "cannot be read as a folder.");
      continue;
    }
    if (files.length > maxFiles) complain(folder, `holds more than ${maxFiles} personas; the rest is left out.`);
    for (const file of files.slice(0, maxFiles)) {
      const path = join(folder, file);
      const name = file.slice(0, -".md".length);
      if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(name)) {
        complain(path, "a persona's file name must be of lower-case letters, digits and dashes.");
        continue;
      }
      const text = await readText(path);
      if (typeof text !== "string") {
        complain(path, text.problem);
        continue;
      }
      const parsed = parsePersona(name, text, defaults);
      if (parsed.persona) personas.set(name, parsed.persona);
      faults.push(...parsed.faults.map((fault) => ({ ...fault, file: path })));
    }
  }
  return { personas, faults };
}

export interface WatchPersonasOptions {
  readonly defaults: PersonaDefaults;
  /** Told after each change with everything as it stands now. */
  readonly onChange: (loaded: Personas) => void;
  readonly signal: AbortSignal;
  readonly debounceMs?: number;
}

/** Reads again whenever a file of these folders changed, until the signal aborts. */
export function watchPersonas(
  folders: readonly string[],
  { defaults, onChange, signal, debounceMs }: WatchPersonasOptions,
): void {
  let lastSeen: string | undefined;
  async function reload(): Promise<void> {
    const loaded = await loadPersonas(folders, defaults);
    const seen = JSON.stringify([...loaded.personas.values(), loaded.faults]);
    if (signal.aborted || seen === lastSeen) return;
    lastSeen = seen;
    onChange(loaded);
  }
  for (const folder of folders) {
    watchFolder(folder, {
      isWanted: (name) => name.endsWith(".md"),
      onChange: reload,
      signal,
      ...(debounceMs === undefined ? {} : { debounceMs }),
    });
  }
}

/** "personas/oncall.md:3:1 tools must be a list." One line for logs and pages. */
export function formatDefinitionFault(fault: DefinitionFault): string {
  return `${fault.file}:${fault.line}:${fault.column} ${fault.path === "" ? "" : `${fault.path} `}${fault.problem}`;
}

async function readText(path: string): Promise<string | { readonly problem: string }> {
  try {
    if ((await stat(path)).size > maxFileBytes) return { problem: `is larger than ${maxFileBytes} bytes.` };
    return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(path));
  } catch (error) {
    return { problem: error instanceof TypeError ? "is not UTF-8 text." : "cannot be read." };
  }
}
