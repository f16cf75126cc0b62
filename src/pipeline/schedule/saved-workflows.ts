import { AppError, isAppError } from "../../core/errors.ts";
import { pickNearest } from "../../core/nearest.ts";
import type { Store, StoreTransaction } from "../../core/store.ts";
import type { WorkflowBoard } from "../../core/workflow-board.ts";
import { allSteps } from "../../scheduler/language/walk-steps.ts";
import type { KnownWorkflows } from "../runs/workflow-views.ts";

/** Where it is kept which files were saved here, and with which text: all others are people's own. */
const place = "workflow-saved";
const maxRuns = 1_000;

/** What removing takes; the chat has it, and the terminal. */
export interface SavedWorkflows {
  readonly board: Pick<WorkflowBoard, "runs" | "order">;
  known(): KnownWorkflows;
  /**
   * Removes the file that was saved with this text, out of force when this resolves. Throws AppError "conflict" when it
   * was changed by hand.
   */
  removeOwn(name: string, text: string): Promise<void>;
}

/** To be written with what saved the file. */
export async function noteSaved(transaction: StoreTransaction, name: string, text: string): Promise<void> {
  await transaction.setChannelState(place, name, text);
}

/**
 * Takes away a workflow that was saved here, and ends its runs before their next step: whoever takes back a reminder
 * wants none. Doing it again after a crash ends the same. `commit` is to be written with the answer. Throws AppError
 * "not-found", "forbidden" for files of people's own, "conflict" where others call it or it was changed by hand.
 */
export async function removeSaved(
  store: Pick<Store, "channelState">,
  { board, known, removeOwn }: SavedWorkflows,
  name: string,
  who: { readonly id: string; readonly name: string },
  now: number,
): Promise<{ readonly endedRuns: number; commit(transaction: StoreTransaction): Promise<void> }> {
  const text = (await store.channelState(place, name)) ?? "";
  if (text === "") throw explainRefusal(name, known());
  const callers = [...known().workflows.values()].filter(({ workflow }) =>
    allSteps(workflow.steps).some((step) => step.kind === "workflow" && step.workflow === name),
  );
  if (callers.length > 0)
    throw new AppError("conflict", `The workflow ${name} is called by ${listNames(callers)}.`, {
      hint: "Take it out there first.",
    });
  await removeOwn(name, text);
  if (known().workflows.get(name)?.isOwn === true)
    throw new AppError("conflict", `There is another file for the workflow ${name}, which is in force now.`, {
      hint: "It lies below the folder workflows and is your own: delete it yourself.",
    });
  const open = await board.runs({ workflow: name, states: "open", limit: maxRuns });
  for (const { id } of open)
    await board.order(id, "cancel", who).catch((error: unknown) => {
      // It ended in this moment.
      if (!isAppError(error, "conflict")) throw error;
    });
  return {
    endedRuns: open.length,
    async commit(transaction) {
      await transaction.setChannelState(place, name, "");
      await transaction.audit({ kind: "workflow.removed", actor: who.id, subject: name, details: {} }, now);
    },
  };
}

function explainRefusal(name: string, { workflows }: KnownWorkflows): AppError {
  const found = workflows.get(name);
  if (found?.isOwn === true)
    return new AppError(
      "forbidden",
      `The workflow ${name} is a file of your own: only what was saved here is removed.`,
      {
        hint: `Delete ${name}.yaml in the folder workflows, or take its trigger out.`,
      },
    );
  if (found !== undefined)
    return new AppError("forbidden", `The workflow ${name} is shipped: it does not start by itself.`);
  const own = [...workflows].flatMap(([each, { isOwn }]) => (isOwn ? [each] : []));
  const nearest = pickNearest(name, own);
  return new AppError("not-found", `There is no workflow "${name.slice(0, 60)}".`, {
    hint: nearest === undefined ? "The list of schedules has the names." : `Did you mean "${nearest}"?`,
  });
}

function listNames(workflows: ReadonlyArray<{ readonly workflow: { readonly name: string } }>): string {
  return workflows.map(({ workflow }) => workflow.name).join(", ");
}
