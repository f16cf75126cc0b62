import type { JudgeParts } from "./judge.ts";

/** What reads messages, with what it has learned from: loaded by whoever needs it first. */
export async function loadJudge(): Promise<JudgeParts> {
  const [{ createClassifier }, { createPromiseFinder }, { createWallClock }] = await Promise.all([
    import("../../cdc/classify.ts"),
    import("../../cdc/promises/find-promises.ts"),
    import("../../cdc/wall-clock.ts"),
  ]);
  const readClock = createWallClock();
  return { classify: createClassifier(), readClock, findPromises: createPromiseFinder(readClock) };
}
