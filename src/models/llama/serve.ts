import { describeError, isAppError } from "../../core/errors.ts";
import { generate } from "./generate.ts";
import { loadModel, type LoadedModel } from "./load.ts";
import type { LoadOrder, Order, Report, RunOrder } from "./protocol.ts";

/** The work of an engine's process: one model, one request at a time. Never throws; what fails is reported. */
export function createEngineServer(report: (report: Report) => void): (order: Order) => void {
  let loaded: LoadedModel | undefined;
  let running: { readonly id: number; readonly controller: AbortController } | undefined;

  async function load(order: LoadOrder): Promise<void> {
    try {
      loaded = await loadModel(order);
      report({ type: "loaded", contextTokens: loaded.sequence.contextSize, residentBytes: process.memoryUsage.rss() });
    } catch (error) {
      const known = isAppError(error) ? error : undefined;
      if (known?.cause !== undefined) process.stderr.write(`${describeError(known.cause)}\n`);
      const hint = known?.hint === undefined ? {} : { hint: known.hint };
      report({ type: "not-loaded", code: known?.code ?? "model-failed", message: describeWithoutHint(error), ...hint });
    }
  }

  async function run(order: RunOrder): Promise<void> {
    const { id } = order;
    const controller = new AbortController();
    running = { id, controller };
    try {
      if (loaded === undefined) throw new Error("No model is loaded.");
      const result = await generate(loaded, order, {
        signal: controller.signal,
        onReading: () => report({ type: "reading", id }),
        onSaying: (saying) => report({ type: "said", id, saying }),
      });
      report({ type: "finished", id, ...result, residentBytes: process.memoryUsage.rss() });
    } catch (error) {
      const reason = controller.signal.aborted ? "aborted" : isAppError(error) ? "rejected" : pickReason(error);
      if (reason === "unavailable" || reason === "garbled") process.stderr.write(`${describeError(error)}\n`);
      const message = reason === "garbled" ? "The model's tool call could not be read." : describeError(error);
      report({ type: "failed", id, reason, message, residentBytes: process.memoryUsage.rss() });
    } finally {
      running = undefined;
    }
  }

  return function take(order) {
    if (order.type === "load") void load(order);
    else if (order.type === "run") void run(order);
    else if (running?.id === order.id) running.controller.abort();
  };
}

function describeWithoutHint(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The library names a call that does not fit its grammar; anything else may go well the next time. */
function pickReason(error: unknown): "garbled" | "unavailable" {
  return error instanceof Error && error.constructor.name.endsWith("ValidationError") ? "garbled" : "unavailable";
}
