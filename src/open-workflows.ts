import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { LoadedConfig } from "../config/load.ts";
import { serviceKinds } from "../config/schema.ts";
import type { FileStore } from "./core/channel.ts";
import { AppError } from "./core/errors.ts";
import type { MemoryDesk } from "./core/memory.ts";
import { pickNearest } from "./core/nearest.ts";
import type { Effect, Tool } from "./core/tool.ts";
import type { WorkflowBoard } from "./core/workflow-board.ts";
import type { Workflow } from "./core/workflow.ts";
import { loadPersonas, type DefinitionFault } from "./definitions/load-personas.ts";
import { loadSkillFile, loadSkills } from "./definitions/load-skills.ts";
import { loadWorkflows } from "./definitions/load-workflows.ts";
import { saveWorkflow } from "./definitions/save-workflow.ts";
import { findModels } from "./find-model.ts";
import { joinTools } from "./join-tools.ts";
import { toKnownWorkflows, workflowFolders } from "./join-workflows.ts";
import { costMicros, pickPrice } from "./models/prices.ts";
import { personaFolders } from "./open-personas.ts";
import { listDigestTimes } from "./pipeline/runs/digest-times.ts";
import { toWorkflowDetail, toWorkflowList } from "./pipeline/runs/workflow-views.ts";
import { decideToolCall } from "./safety/policy.ts";
import { checkWorkflowSet } from "./scheduler/language/check-set.ts";
import { workflowLanguage } from "./scheduler/language/index.ts";
import { simulateWorkflow, type Simulation } from "./scheduler/simulate.ts";
import type { OpenStore } from "./store/index.ts";
import { createMemoryTools } from "./tools/memory.ts";
import { createUseSkill } from "./tools/skills/use-skill.ts";

export type { Simulation };

/** What an answer is thought to be long, where nobody can know. */
const answerTokens = 600;
const charsPerToken = 4;

/** The workflow files as the service has them, for commands that work without it. Opens no database. */
export interface OpenWorkflows {
  readonly board: Pick<WorkflowBoard, "list" | "workflow">;
  /** Where a person's own files lie. */
  readonly ownFolder: string;
  /** Throws AppError "not-found" with the nearest name. */
  find(name: string): Workflow;
  /** What is wrong in all files, or in these only: personas and tools that are not there count, too. */
  check(files: readonly string[]): Promise<{ readonly checked: number; readonly faults: readonly DefinitionFault[] }>;
  /** Throws AppError "not-found" or "bad-input". */
  simulate(name: string, inputs: Readonly<Record<string, unknown>>): Promise<Simulation>;
  /** A copy of a workflow with all its comments; resolves with its path. Throws AppError "not-found" or "conflict". */
  copy(template: string, name: string): Promise<string>;
}

export async function openWorkflows(configured: LoadedConfig): Promise<OpenWorkflows> {
  const { config, dataFolder } = configured;
  const folders = workflowFolders(dataFolder);
  const loaded = await loadWorkflows(folders, workflowLanguage);
  const known = toKnownWorkflows(loaded, folders);
  const wall = () => ({ now: Date.now(), timeZone: config.owner.timeZone });

  function find(name: string): Workflow {
    const found = known.workflows.get(name);
    if (found !== undefined) return found.workflow;
    const nearest = pickNearest(name, known.workflows.keys());
    throw new AppError("not-found", `There is no workflow "${name}".`, {
      hint: nearest === undefined ? '"parlance workflows list" shows them.' : `Did you mean "${nearest}"?`,
    });
  }

  async function findFaults(
    workflows: ReadonlyMap<string, Workflow>,
    fileOf: (name: string) => string,
  ): Promise<readonly DefinitionFault[]> {
    const { personas } = await loadPersonas(personaFolders(dataFolder), { maxSteps: config.agent.maxSteps });
    const tools = await loadTools(configured);
    const found = checkWorkflowSet(workflows, {
      personas: personas.keys(),
      tools: new Map([...tools].map(([name, { inputSchema }]) => [name, inputSchema])),
      // Those of MCP servers are known to the running service only.
      hasOtherTools: hasOutsideTools(config),
    });
    const named = [...found].flatMap(([name, faults]) => faults.map((fault) => ({ ...fault, file: fileOf(name) })));
    return named.length === 0 ? [] : explainServices(named, await loadToolsOfServices(configured));
  }

  return {
    board: {
      list: async () => ({ ...toWorkflowList(known, wall()), digests: listDigestTimes(config.digests, wall()) }),
      async workflow(name) {
        find(name);
        const found = known.workflows.get(name);
        return found && toWorkflowDetail(found, wall());
      },
    },
    ownFolder: folders[1],
    find,
    async check(files) {
      const all = new Map([...known.workflows].map(([name, { workflow }]) => [name, workflow]));
      if (files.length === 0) {
        // Shipped ones wait for services that this person may not have.
        const fileOf = (name: string) =>
          known.workflows.get(name)?.isOwn ? loaded.workflows.get(name)?.file : undefined;
        const faults = await findFaults(all, (name) => fileOf(name) ?? "");
        const own = faults.filter(({ file }) => file !== "").filter(isNewAmong(loaded.faults));
        return { checked: all.size, faults: [...loaded.faults, ...own] };
      }
      const faults: DefinitionFault[] = [];
      const given = new Map<string, string>();
      for (const file of files) {
        const name = basename(file).replace(/\.ya?ml$/, "");
        const parsed = workflowLanguage.parse(name, await readText(file));
        faults.push(...parsed.faults.map((fault) => ({ ...fault, file })));
        if (parsed.workflow === undefined) continue;
        all.set(name, parsed.workflow);
        given.set(name, file);
      }
      const among = await findFaults(all, (name) => given.get(name) ?? "");
      return { checked: files.length, faults: [...faults, ...among.filter(({ file }) => file !== "")] };
    },
    async simulate(name, inputs) {
      const workflow = find(name);
      const tools = await loadTools(configured);
      return simulateWorkflow(
        workflow,
        { inputs },
        {
          now: Date.now(),
          owner: config.owner,
          tool(tool) {
            const effect = tools.get(tool)?.effect ?? (hasOutsideTools(config) ? "execute" : undefined);
            return effect && { effect, asksPerson: asksPerson(configured, effect) };
          },
          estimateCost: await createEstimate(configured),
        },
      );
    },
    async copy(template, name) {
      const text = find(template).text.replace(/^name:.*$/m, `name: ${name}`);
      const parsed = workflowLanguage.parse(name, text);
      const [fault] = parsed.faults;
      if (fault !== undefined)
        throw new AppError("bad-input", `The copy would have a fault: ${fault.path} ${fault.problem}`);
      return saveWorkflow(folders[1], name, text);
    },
  };
}

/** Those of MCP servers and plugins are only known once these are started. */
function hasOutsideTools({ mcp, plugins }: LoadedConfig["config"]): boolean {
  return Object.keys(mcp).length + Object.keys(plugins).length > 0;
}

/** The tools that a service with this configuration has, by name, without starting anything. */
async function loadTools(configured: LoadedConfig): Promise<ReadonlyMap<string, Tool>> {
  const { config, dataFolder } = configured;
  // Neither is used before a tool is called, and none is.
  const store = {} as OpenStore;
  const files = {} as FileStore;
  const service = (): never => {
    throw new Error("No tool is called here.");
  };
  const builtIn = joinTools({ loaded: configured, store, files, now: Date.now, service });
  const { skills } = await loadSkills(`${dataFolder}/skills`);
  const useSkill = createUseSkill({ skills: [...skills.values()], readFile: loadSkillFile });
  const all = [
    ...builtIn.build(config),
    ...createMemoryTools({} as MemoryDesk),
    ...(useSkill === undefined ? [] : [useSkill]),
  ];
  builtIn.close();
  return new Map(all.map((tool) => [tool.name, tool]));
}

/** Where the kind of a service is not enough to have all of its tools: the address that the others need. */
const callsPeople = "https://events.pagerduty.com/v2/enqueue";
const oneMore = [
  ...serviceKinds.map((kind) => ({ kind, url: "http://127.0.0.1", which: "" })),
  { kind: "pagerduty", url: callsPeople, which: ` with the url ${callsPeople}` },
] as const;

/** Tools that there would be with one more service, and what service that is. */
async function loadToolsOfServices(configured: LoadedConfig): Promise<ReadonlyMap<string, string>> {
  const base = await loadTools(configured);
  const found = new Map<string, string>();
  for (const { kind, url, which } of oneMore) {
    const services = { ...configured.config.services, [`one-more-${kind}`]: { kind, url } };
    const tools = await loadTools({ ...configured, config: { ...configured.config, services } });
    for (const name of tools.keys())
      if (!base.has(name) && !found.has(name)) found.set(name, `a service of kind "${kind}"${which}`);
  }
  return found;
}

function explainServices(
  faults: readonly DefinitionFault[],
  needs: ReadonlyMap<string, string>,
): readonly DefinitionFault[] {
  return faults.map((fault) => {
    const tool = /^names the tool "([^"]*)"/.exec(fault.problem)?.[1] ?? "";
    const need = needs.get(tool);
    if (need === undefined) return fault;
    return { ...fault, problem: `names the tool "${tool}": it needs ${need} under services in parlance.yaml.` };
  });
}

function asksPerson({ config }: LoadedConfig, effect: Effect): boolean {
  const question = { effect, isTainted: false, safetyMode: config.safety.mode, role: "owner" } as const;
  return decideToolCall(question).verdict !== "allow";
}

/** What one answer of a persona costs, by the prices of its model; undefined where nobody told us. */
async function createEstimate(configured: LoadedConfig) {
  const { config, dataFolder } = configured;
  const [{ personas }, { models }] = await Promise.all([
    loadPersonas(personaFolders(dataFolder), { maxSteps: config.agent.maxSteps }),
    findModels(configured),
  ]);
  return (name: string, promptChars: number): number | undefined => {
    const persona = personas.get(name);
    const alias = models.aliases[persona?.model ?? models.default] ?? models.aliases[models.default];
    const price = alias && pickPrice(alias);
    if (persona === undefined || price === undefined) return undefined;
    const inputTokens = Math.ceil((promptChars + persona.instructions.length) / charsPerToken);
    return costMicros(price, { inputTokens, outputTokens: answerTokens, cachedTokens: 0, cacheWriteTokens: 0 });
  };
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new AppError("not-found", `The file ${file} cannot be read.`, { hint: "Check its name and place.", cause });
  }
}

function isNewAmong(faults: readonly DefinitionFault[]): (fault: DefinitionFault) => boolean {
  const seen = new Set(faults.map(({ file, line, problem }) => `${file}:${line} ${problem}`));
  return ({ file, line, problem }) => !seen.has(`${file}:${line} ${problem}`);
}
