import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { workflowName, type Workflow } from "../core/workflow.ts";
import { watchFolder } from "../core/watch-folder.ts";
import type { Fault } from "../core/yaml-source.ts";
import type { DefinitionFault } from "./load-personas.ts";

/** Reads one file; the part that knows the language gives it. Never throws. */
export type ParseWorkflow = (
  name: string,
  text: string,
) => { readonly workflow: Workflow | undefined; readonly faults: readonly Fault[] };

/** Judges workflows by each other: faults by name. */
export type CheckWorkflows = (workflows: ReadonlyMap<string, Workflow>) => ReadonlyMap<string, readonly Fault[]>;

export interface WorkflowLanguage {
  readonly parse: ParseWorkflow;
  readonly check: CheckWorkflows;
}

/** A workflow and the file it was read from. */
export interface WorkflowFile {
  readonly workflow: Workflow;
  readonly file: string;
  /** The file has faults now; this is its last good version. */
  readonly isOld: boolean;
}

export interface Workflows {
  readonly workflows: ReadonlyMap<string, WorkflowFile>;
  readonly faults: readonly DefinitionFault[];
}

const maxFileBytes = 256 * 1024;
const maxFiles = 1_000;

/**
 * Reads the workflow files (*.yaml, *.yml) of some folders and the folders in them; a file of a later folder shadows
 * one of the same name in an earlier one, so: [shipped, own]. Never throws: what cannot be read or understood is
 * reported. A file with faults takes no other one down: `before` is what was read the last time, and its last good
 * version, or else the one it shadows, stays in force. A folder that does not exist is empty.
 */
export async function loadWorkflows(
  folders: readonly string[],
  language: WorkflowLanguage,
  before?: Workflows,
): Promise<Workflows> {
  const found = new Map<string, WorkflowFile>();
  const faults: DefinitionFault[] = [];
  const complain = (file: string, problem: string): void =>
    void faults.push({ file, line: 1, column: 1, path: "", problem });
  for (const folder of folders) {
    const seen = new Set<string>();
    for (const path of await listFiles(folder, complain)) {
      const name = path.slice(path.lastIndexOf("/") + 1).replace(/\.ya?ml$/, "");
      if (!workflowName.test(name)) {
        complain(path, "a workflow's file name must be of lower-case letters, digits and dashes.");
        continue;
      }
      if (seen.has(name)) {
        complain(path, `there is another file for the workflow "${name}" in this folder; this one is left out.`);
        continue;
      }
      seen.add(name);
      const text = await readText(path);
      if (typeof text !== "string") complain(path, text.problem);
      const parsed = typeof text === "string" ? language.parse(name, text) : undefined;
      faults.push(...(parsed?.faults ?? []).map((fault) => ({ ...fault, file: path })));
      const last = before?.workflows.get(name);
      if (parsed?.workflow !== undefined) found.set(name, { workflow: parsed.workflow, file: path, isOld: false });
      else if (last?.file === path) found.set(name, { ...last, isOld: true });
    }
  }
  return checkTogether(found, faults, language, before);
}

/** A file that does not fit the others any more gives way to its last version that did, where there is one. */
function checkTogether(
  found: Map<string, WorkflowFile>,
  faults: DefinitionFault[],
  { check }: WorkflowLanguage,
  before: Workflows | undefined,
): Workflows {
  const workflowsOf = () => new Map([...found].map(([name, { workflow }]) => [name, workflow]));
  for (const [name, wrong] of check(workflowsOf())) {
    const file = found.get(name)?.file ?? name;
    faults.push(...wrong.map((fault) => ({ ...fault, file })));
    const last = before?.workflows.get(name);
    if (last?.file === file) found.set(name, { ...last, isOld: true });
    else found.delete(name);
  }
  // Those that called what was left out are left out with it, round by round.
  for (;;) {
    const wrong = check(workflowsOf());
    if (wrong.size === 0) return { workflows: found, faults };
    for (const [name, because] of wrong) {
      const file = found.get(name)?.file ?? name;
      if (!faults.some((fault) => fault.file === file)) faults.push(...because.map((fault) => ({ ...fault, file })));
      found.delete(name);
    }
  }
}

export interface WatchWorkflowsOptions {
  readonly language: WorkflowLanguage;
  /** What is in force when the watching begins. */
  readonly loaded: Workflows;
  /** Told after each change with everything as it stands now. */
  readonly onChange: (loaded: Workflows) => void;
  readonly signal: AbortSignal;
  readonly debounceMs?: number;
}

/** Reads again whenever a file of these folders changed, until the signal aborts. */
export function watchWorkflows(
  folders: readonly string[],
  { language, loaded, onChange, signal, debounceMs }: WatchWorkflowsOptions,
): void {
  let current = loaded;
  let lastSeen = describe(loaded);
  async function reload(): Promise<void> {
    const next = await loadWorkflows(folders, language, current);
    const seen = describe(next);
    if (signal.aborted || seen === lastSeen) return;
    [current, lastSeen] = [next, seen];
    onChange(next);
  }
  for (const folder of folders) {
    watchFolder(folder, {
      isWanted: (name) => /\.ya?ml$/.test(name),
      onChange: reload,
      signal,
      isDeep: true,
      ...(debounceMs === undefined ? {} : { debounceMs }),
    });
  }
}

function describe({ workflows, faults }: Workflows): string {
  return JSON.stringify([
    [...workflows.values()].map(({ workflow, file, isOld }) => [file, isOld, workflow.text]),
    faults,
  ]);
}

async function listFiles(
  folder: string,
  complain: (file: string, problem: string) => void,
): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true, recursive: true });
    const files = entries
      .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name) && !entry.name.startsWith("."))
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted();
    if (files.length > maxFiles) complain(folder, `holds more than ${maxFiles} workflows; the rest is left out.`);
    return files.slice(0, maxFiles);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") complain(folder, "cannot be read as a folder.");
    return [];
  }
}

async function readText(path: string): Promise<string | { readonly problem: string }> {
  try {
    if ((await stat(path)).size > maxFileBytes) return { problem: `is larger than ${maxFileBytes} bytes.` };
    return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(path));
  } catch (error) {
    return { problem: error instanceof TypeError ? "is not UTF-8 text." : "cannot be read." };
  }
}
