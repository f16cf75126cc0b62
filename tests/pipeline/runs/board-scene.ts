import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "../../../src/core/log.ts";
import type { Role } from "../../../src/core/store.ts";
import type { TakeHook } from "../../../src/core/workflow-hook.ts";
import { loadWorkflows, type Workflows } from "../../../src/definitions/load-workflows.ts";
import { removeWorkflow } from "../../../src/definitions/remove-workflow.ts";
import { saveWorkflow } from "../../../src/definitions/save-workflow.ts";
import { toKnownWorkflows } from "../../../src/join-workflows.ts";
import type { CommandContext, CommandResult } from "../../../src/pipeline/commands/command.ts";
import { runCommand } from "../../../src/pipeline/commands/index.ts";
import type { PipelineDeps } from "../../../src/pipeline/deps.ts";
import { createBoard } from "../../../src/pipeline/runs/board.ts";
import type { PipelineWorkflows } from "../../../src/pipeline/runs/pipeline-workflows.ts";
import { createHookTaker } from "../../../src/pipeline/runs/take-hook.ts";
import { workflowLanguage } from "../../../src/scheduler/language/index.ts";
import { openScene, type Scene, type SceneOptions } from "../../scheduler/run/scene.ts";
import { inbound } from "../../store/mail.ts";

export const timeZone = "Europe/Berlin";

/** Workflows for people over a real store, engine and folder. */
export interface BoardScene extends Scene {
  readonly workflows: PipelineWorkflows;
  readonly takeHook: TakeHook;
  readonly own: string;
  /** Runs a chat command and what it commits; resolves with what it answers. */
  say(
    text: string,
    who?: { readonly role?: Role; readonly id?: string; readonly isGroup?: boolean; readonly messageId?: string },
  ): Promise<CommandResult>;
}

export async function openBoardScene(
  options: SceneOptions & {
    readonly shipped?: readonly string[];
    readonly digests?: Readonly<Record<string, { readonly when: string }>>;
    readonly variables?: Readonly<Record<string, string>>;
  },
): Promise<BoardScene> {
  const root = await mkdtemp(join(tmpdir(), "parlance-board-"));
  const folders = [join(root, "shipped"), join(root, "own")] as const;
  const nameOf = (text: string) => /^name: (.+)$/m.exec(text)?.[1] ?? "";
  for (const text of options.shipped ?? []) await saveWorkflow(folders[0], nameOf(text), text);
  for (const text of options.workflows) await saveWorkflow(folders[1], nameOf(text), text);
  let loaded: Workflows = await loadWorkflows(folders, workflowLanguage);
  const scene = await openScene({
    ...options,
    deps: { workflow: (name) => loaded.workflows.get(name)?.workflow, ...options.deps },
  });
  const { store, clock, runner } = scene;
  const known = () => toKnownWorkflows(loaded, folders);
  const effects = new Map([
    ["fetch_weather", "read"],
    ["pay", "send"],
    ["shaky", "read"],
  ] as const);
  const board = createBoard({
    store,
    now: clock.now,
    timeZone: () => timeZone,
    known,
    digests: () => options.digests ?? {},
    runner,
    effect: (name) => effects.get(name as "pay"),
  });
  const workflows: PipelineWorkflows = {
    board,
    known,
    start: (request) => runner.start(request),
    async saveOwn(name, text) {
      await saveWorkflow(folders[1], name, text);
      loaded = await loadWorkflows(folders, workflowLanguage, loaded);
    },
    async removeOwn(name, text) {
      await removeWorkflow(folders[1], name, text);
      loaded = await loadWorkflows(folders, workflowLanguage, loaded);
    },
  };
  const takeHook = createHookTaker({
    workflow: (name) => {
      const found = known().workflows.get(name);
      return found?.isOwn === true ? found.workflow : undefined;
    },
    variable: (name) => options.variables?.[name],
    owner: () => ({ name: "Ada", timeZone }),
    now: clock.now,
    start: (request) => runner.start(request),
    log: silentLogger,
  });
  const deps = {
    workflows: async () => workflows,
    settings: () => ({ timeZone }),
    policy: () => ({ forgeableSenders: false }),
    now: clock.now,
  } as unknown as PipelineDeps;
  let count = 0;
  return {
    ...scene,
    workflows,
    takeHook,
    own: folders[1],
    async say(text, { role = "owner", id = "test:ada", isGroup = false, messageId } = {}) {
      const [, name = "", argument = ""] = /^\/(\w+)\s*([^]*)$/.exec(text) ?? [];
      const message = inbound(messageId ?? `m${(count += 1)}`, {
        text,
        isGroup,
        sender: { id, name: "Ada", isBot: false },
      });
      const context = { message, role, argument, store, now: clock.now(), deps } as unknown as CommandContext;
      const result = await runCommand(name, context);
      if (result.commit !== undefined) await store.write(result.commit);
      return result;
    },
    async close() {
      await scene.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}
