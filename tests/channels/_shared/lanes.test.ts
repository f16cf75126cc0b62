import { expect, it } from "vitest";
import { createLanes } from "../../../channels/_shared/lanes.ts";

it("keeps the order within a lane, lets lanes run side by side, and survives failures", async () => {
  const lanes = createLanes();
  const done: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = lanes.run("ada", async () => {
    await gate.promise;
    done.push("ada 1");
    throw new Error("boom");
  });
  const second = lanes.run("ada", async () => void done.push("ada 2"));
  await lanes.run("bob", async () => void done.push("bob"));
  expect(done).toEqual(["bob"]);
  gate.resolve();
  await expect(first).rejects.toThrow("boom");
  await second;
  expect(done).toEqual(["bob", "ada 1", "ada 2"]);
});
