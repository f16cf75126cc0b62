import { afterEach, describe, expect, it } from "vitest";
import { createDigestDesk } from "../../src/pipeline/desk/digest-desk.ts";
import { createScriptedModel } from "../doubles/scripted-model.ts";
import { decision } from "../store/describe-cdc.ts";
import { createFakePlatform } from "./fake-platform.ts";
import { createScene, type Process, type Scene } from "./scene.ts";

const dayMs = 86_400_000;
let scene: Scene;
let process: Process;
afterEach(() => scene.close());

async function begin({ action }: { readonly action: "off" }): Promise<void> {
  scene = await createScene({
    platform: createFakePlatform({ openDirect: "owner" }),
    model: createScriptedModel(() => "My answer."),
    ownerIds: ["test:owner"],
    ownerPlace: { channel: "test", chat: "owner" },
    policy: { reply: { action, escalateFrom: "high" } },
  });
  process = scene.begin();
}

describe("a decision", () => {
  it("is not marked as told by a digest that went nowhere", async () => {
    await begin({ action: "off" });
    await scene.store.write((transaction) =>
      transaction.cdc.addDecision(decision("d1", { at: scene.clock.now(), action: "digest" })),
    );
    const desk = createDigestDesk({
      deps: { ...process.deps, ownerPlace: async () => undefined },
      plans: () => [{ name: "morning", when: "daily 08:00", to: "owner" }],
      link: () => undefined,
    });
    const [schedule] = desk.schedules();
    await schedule?.fire({ id: "s", at: scene.clock.now() + 1 }).catch(() => undefined);
    expect(await scene.store.cdc.undigested("morning", 0, 10)).toHaveLength(1);
  });

  it("is in a monthly digest though three weeks old", async () => {
    await begin({ action: "off" });
    const now = scene.clock.now();
    await scene.store.write((transaction) =>
      transaction.cdc.addDecision(decision("d1", { at: now - 21 * dayMs, action: "digest" })),
    );
    const desk = createDigestDesk({
      deps: process.deps,
      plans: () => [{ name: "monthly", when: "0 8 1 * *", to: "owner" }],
      link: () => undefined,
    });
    const [schedule] = desk.schedules();
    await schedule?.fire({ id: "s", at: now });
    expect(await scene.store.cdc.undigested("monthly", 0, 10)).toEqual([]);
  });
});
