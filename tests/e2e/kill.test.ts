import { expect, it } from "vitest";
import { runKillTest } from "./kill-run.ts";

it("answers every message once and in order while its processes are killed", { timeout: 180_000 }, async () => {
  const result = await runKillTest({
    conversations: 60,
    messagesEach: 5,
    redelivered: 0.05,
    workers: 1,
    killEveryMs: 1_200,
    kills: 6,
    store: "",
    patienceMs: 60_000,
  });
  expect(result.messages).toBeGreaterThanOrEqual(300);
  expect(result).toMatchObject({ kills: 6, lost: 0, doubled: 0, reordered: 0 });
});
