import { describe } from "vitest";
import { testModel } from "../../contracts/model.ts";
import { createLlamaWorld } from "./world.ts";

describe("the local engine", () => {
  testModel("a local model", async () => {
    const world = await createLlamaWorld({ obeyMs: 200 });
    const model = await world.model();
    const signalAll = (signal: NodeJS.Signals): void => {
      for (const { pid } of world.engine.status().models) if (pid !== undefined) process.kill(pid, signal);
    };
    let killer: NodeJS.Timeout | undefined;
    return {
      model,
      callsTool: true,
      hang: () => signalAll("SIGSTOP"),
      fail() {
        killer = setInterval(() => signalAll("SIGKILL"), 1);
      },
      close() {
        clearInterval(killer);
        return world.close();
      },
    };
  });
});
