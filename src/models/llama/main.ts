import { createEngineServer } from "./serve.ts";
import type { Order } from "./protocol.ts";

/* The program of an engine's process; `engine-process.ts` starts it. It ends with the service that started it. */
const take = createEngineServer((report) => void process.send?.(report));
process.on("message", (order: Order) => take(order));
// Not by `exit`, which waits for what the engine is at.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
// Both go to all processes of a terminal or of a unit; the service finishes its answers first and then ends us.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => undefined);
