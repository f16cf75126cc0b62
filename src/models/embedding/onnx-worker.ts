import { parentPort, workerData } from "node:worker_threads";
import { AppError } from "../../core/errors.ts";
import { loadOnnxModel, type OnnxModel } from "./onnx-model.ts";
import { formatFailure, type FromWorker, type ToWorker, type WorkerSettings } from "./worker-protocol.ts";

/**
 * Runs in a worker: takes jobs from the moment it is started, and answers them when the model is loaded. Jobs take
 * turns batch by batch, so that a question does not wait for an import to end. A model that cannot be loaded is told
 * once; the host then ends the worker.
 */
export function serve(): void {
  const settings = workerData as WorkerSettings;
  const running = new Set<number>();
  const post = (message: FromWorker, transfer: ArrayBuffer[] = []): void => parentPort?.postMessage(message, transfer);

  const loading = loadOnnxModel(settings);
  loading.then(
    ({ fingerprint, isTested, canBatch }) => post({ type: "loaded", loaded: { fingerprint, isTested, canBatch } }),
    (error: unknown) => post({ type: "refused", failure: formatFailure(error, settings.name) }),
  );

  parentPort?.on("message", (message: ToWorker) => {
    if (message.type === "stop") return void running.delete(message.id);
    running.add(message.id);
    loading.then(
      (model) => void run(model, message),
      () => undefined,
    );
  });

  async function run(model: OnnxModel, { id, job }: Extract<ToWorker, { type: "run" }>): Promise<void> {
    try {
      const numbers = await model.run(job, () => {
        if (!running.has(id)) throw new AppError("aborted", "Stopped.");
      });
      post({ type: "done", id, numbers }, [numbers.buffer]);
    } catch (error) {
      post({ type: "failed", id, failure: formatFailure(error, settings.name) });
    } finally {
      running.delete(id);
    }
  }
}
