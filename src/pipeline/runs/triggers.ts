import { describeError, isAppError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { InboxItem, Role, Store } from "../../core/store.ts";
import type { MessageTrigger } from "../../core/workflow-trigger.ts";
import type { Workflow } from "../../core/workflow.ts";
import type { RunStarter, StartRequest } from "../../scheduler/run/start.ts";
import type { Schedule } from "../schedule/fire-slots.ts";
import { createEventTriggers } from "./event-triggers.ts";

/** A pattern is held against so much of a message. */
const maxChars = 4_000;

export interface WorkflowTriggers {
  /** Times at which workflows start. */
  schedules(): readonly Schedule[];
  /**
   * Starts what a message sets off; resolves with the names of those workflows. Asking again for the same message
   * starts nothing again.
   */
  onMail(item: InboxItem, role: Role, isTainted: boolean): Promise<readonly string[]>;
  /** Starts what happened in the service since the last time. Called on a timer. */
  onEvents(): Promise<void>;
}

/** What starts workflows by itself. Each cause has a key of its own, so that it starts each workflow once. */
export function createWorkflowTriggers(deps: {
  readonly store: Store;
  readonly log: Logger;
  readonly now: () => number;
  readonly owner: () => { readonly name: string; readonly timeZone: string };
  readonly workflows: () => readonly Workflow[];
  readonly start: RunStarter["start"];
}): WorkflowTriggers {
  const { log } = deps;
  const patterns = new WeakMap<MessageTrigger, RegExp>();

  async function begin(request: StartRequest): Promise<boolean> {
    try {
      await deps.start(request);
      return true;
    } catch (error) {
      // Only for what trying again would not mend; everything else is tried again with what set it off.
      if (!isAppError(error, "bad-input") && !isAppError(error, "not-found")) throw error;
      log.warn({ workflow: request.workflow, error: describeError(error) }, "A workflow could not be started.");
      return false;
    }
  }

  function isMeant(trigger: MessageTrigger, { message }: InboxItem): boolean {
    if (trigger.channel !== undefined && trigger.channel !== message.address.channel) return false;
    if (trigger.people !== undefined && !trigger.people.includes(message.sender.id)) return false;
    let pattern = patterns.get(trigger);
    if (pattern === undefined) patterns.set(trigger, (pattern = new RegExp(trigger.pattern, "iu")));
    return pattern.test(message.text.slice(0, maxChars));
  }

  return {
    schedules: () =>
      deps.workflows().flatMap(({ name, triggers }) =>
        triggers.flatMap((trigger, index): Schedule[] =>
          trigger.kind !== "cron"
            ? []
            : [
                {
                  id: `workflow:${name}:${index}`,
                  pattern: trigger.cron,
                  timeZone: trigger.timeZone ?? deps.owner().timeZone,
                  catchUp: trigger.catchUp,
                  fire: async (slot) => {
                    await begin({
                      workflow: name,
                      cause: {
                        kind: "cron",
                        by: "system",
                        role: "owner",
                        payload: { at: slot.at },
                        isOutside: false,
                      },
                      dedupKey: `cron:${name}:${slot.id}`,
                    });
                  },
                },
              ],
        ),
      ),

    async onMail(item, role, isTainted) {
      const { message } = item;
      if (message.kind !== "message" || message.isAutomated === true || message.sender.isBot) return [];
      const started: string[] = [];
      for (const { name, triggers } of deps.workflows()) {
        if (!triggers.some((trigger) => trigger.kind === "message" && isMeant(trigger, item))) continue;
        const { id, address, sender, text, sentAt, subject } = message;
        const isStarted = await begin({
          workflow: name,
          cause: {
            kind: "message",
            by: sender.id,
            role,
            payload: { id, address, sender, text, sentAt, ...(subject === undefined ? {} : { subject }) },
            isOutside: isTainted,
          },
          dedupKey: `message:${address.channel}:${id}:${name}`,
        });
        if (isStarted) started.push(name);
      }
      return started;
    },

    onEvents: createEventTriggers({ ...deps, begin }),
  };
}
