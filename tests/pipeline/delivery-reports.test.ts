import { afterEach, expect, it } from "vitest";
import type { DeliveryReport } from "../../src/core/channel.ts";
import { createReportTaker } from "../../src/pipeline/delivery-reports.ts";
import { createScriptedModel } from "../doubles/scripted-model.ts";
import { inbound } from "../store/mail.ts";
import { createFakePlatform } from "./fake-platform.ts";
import { createScene, type Scene } from "./scene.ts";

let scene: Scene;
afterEach(() => scene.close());

/** A message that the platform has taken, and what platforms may say of it later. */
async function begin() {
  scene = await createScene({ platform: createFakePlatform(), model: createScriptedModel(() => "An answer.") });
  const process = scene.begin();
  await process.receive(inbound("1"));
  await scene.settle(process);
  const id = scene.platform.shown[0]?.outboundId ?? "";
  const troubles: string[] = [];
  const take = createReportTaker({
    store: scene.store,
    now: scene.clock.now,
    onTrouble: (item, _state, reason) => void troubles.push(`${item.message.text} ${reason}`),
  });
  const report = (state: DeliveryReport["state"], reason?: string, outboundId = id) =>
    take({ outboundId, state, ...(reason === undefined ? {} : { reason }) });
  return { id, troubles, report };
}

const auditKinds = async (): Promise<readonly string[]> =>
  (
    await scene.store.database.read<{ kind: string }>({ sql: "select kind from audit order by seq", parameters: [] })
  ).map(({ kind }) => kind);

it("makes a late failure a dead letter, once, and tells the owner", async () => {
  const { id, troubles, report } = await begin();
  await report("failed", "The number is not in use.");
  await report("failed", "The number is not in use.");
  expect(troubles).toEqual(["An answer. The number is not in use."]);
  expect(await scene.store.outboxItem(id)).toMatchObject({ state: "failed", error: "The number is not in use." });
  expect((await scene.store.deadLetters(5)).map(({ ref, reason }) => [ref, reason])).toEqual([
    [id, "The number is not in use."],
  ]);
});

it("notes what arrived and was read", async () => {
  const { id, troubles, report } = await begin();
  await report("delivered");
  await report("read");
  expect(troubles).toEqual([]);
  expect(await scene.store.outboxItem(id)).toMatchObject({ state: "sent" });
  expect(await auditKinds()).toEqual(expect.arrayContaining(["message.delivered", "message.read"]));
});

it("settles a message of which nobody could tell", async () => {
  const { id, report } = await begin();
  await scene.store.write((transaction) => transaction.updateOutbox(id, { state: "uncertain" }));
  await report("delivered");
  expect(await scene.store.outboxItem(id)).toMatchObject({ state: "sent" });
});

it("passes by reports on what is not ours", async () => {
  const { troubles, report } = await begin();
  const before = await auditKinds();
  await report("failed", "whatever", "unknown");
  expect(troubles).toEqual([]);
  expect(await auditKinds()).toEqual(before);
});
