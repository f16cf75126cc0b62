import fc from "fast-check";
import { expect, it } from "vitest";
import { createArrivals } from "../../../channels/_shared/arrivals.ts";

it("takes on what was read in the order in which it arrived, whatever comes in first", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }),
      async (scheduler, fails) => {
        const arrivals = createArrivals();
        const order: number[] = [];
        const calls = fails.map(async (isBad, index) => {
          const read = scheduler.schedule(Promise.resolve(index)).then((value) => {
            if (isBad) throw new Error("cut off");
            return value;
          });
          await arrivals.inOrder(read).then(
            (value) => order.push(value),
            () => undefined,
          );
        });
        await scheduler.waitIdle();
        await Promise.all(calls);
        expect(order).toEqual(fails.flatMap((isBad, index) => (isBad ? [] : [index])));
      },
    ),
  );
});

it("waits for a slow one no longer than a moment", async () => {
  const arrivals = createArrivals();
  void arrivals.inOrder(new Promise(() => undefined));
  expect(await arrivals.inOrder(Promise.resolve("quick"))).toBe("quick");
});
