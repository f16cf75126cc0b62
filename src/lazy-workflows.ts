import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { HookOutcome, TakeHook } from "./core/workflow-hook.ts";
import { parseRunConversation } from "./core/workflow-run.ts";
import type { joinWorkflows, WorkflowDesk } from "./join-workflows.ts";
import { forgetEventCursor } from "./pipeline/runs/event-cursor.ts";

type Options = Parameters<typeof joinWorkflows>[0];

export interface LazyWorkflows {
  /** The desk, made on first use: the language and the engine cost a tenth of a second. */
  use(): Promise<WorkflowDesk>;
  /** Made already? */
  ready(): WorkflowDesk | undefined;
  /**
   * Makes it when the person has workflows of their own: their triggers shall fire. Where there are none, what happens
   * meanwhile is not kept for those that come later.
   */
  openIfUsed(): Promise<void>;
  /** Webhooks: whoever has no workflow of their own refuses each. */
  readonly takeHook: TakeHook;
  /** Works on a conversation, whichever of the two kinds it is. */
  run(conversation: string, signal: AbortSignal): Promise<void>;
}

/** Workflows for a service that may have none: nothing of them is loaded before they are needed. */
export function createLazyWorkflows(
  options: Options,
  runMail: (conversation: string, signal: AbortSignal) => Promise<void>,
): LazyWorkflows {
  const folder = join(options.dataFolder, "workflows");
  let making: Promise<WorkflowDesk> | undefined;
  let made: WorkflowDesk | undefined;
  let isCursorForgotten = false;

  function use(): Promise<WorkflowDesk> {
    making ??= import("./join-workflows.ts").then(async (module) => (made = await module.joinWorkflows(options)));
    return making;
  }

  async function openIfUsed(): Promise<void> {
    if (making !== undefined) return;
    const files = await readdir(folder, { recursive: true }).catch(() => []);
    if (files.some((file) => /\.ya?ml$/.test(file))) await use();
    else if (!isCursorForgotten) {
      await forgetEventCursor(options.pipeline.store);
      isCursorForgotten = true;
    }
  }

  return {
    use,
    ready: () => made,
    openIfUsed,
    async takeHook(name, delivery): Promise<HookOutcome> {
      if (made === undefined) await openIfUsed();
      return made === undefined ? { kind: "refused" } : made.takeHook(name, delivery);
    },
    async run(conversation, signal) {
      if (parseRunConversation(conversation) === undefined) return runMail(conversation, signal);
      await (await use()).runner.runConversation(conversation, signal);
    },
  };
}
