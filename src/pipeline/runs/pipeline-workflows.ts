import type { WorkflowBoard } from "../../core/workflow-board.ts";
import type { RunStarter } from "../../scheduler/run/start.ts";
import type { SavedWorkflows } from "../schedule/saved-workflows.ts";

/** Workflows as the chat's commands use them. */
export interface PipelineWorkflows extends SavedWorkflows {
  readonly board: WorkflowBoard;
  /**
   * Writes a new file into the person's own folder, in force when this resolves. The same text again is no fault. Throws
   * AppError "conflict" when there is another one of this name.
   */
  saveOwn(name: string, text: string): Promise<void>;
  start: RunStarter["start"];
}
