import { afterEach, describe, expect, it } from "vitest";
import type { ChannelTraits } from "../../src/core/channel.ts";
import type { ChannelPolicy } from "../../src/pipeline/policy.ts";
import { createScriptedModel } from "../doubles/scripted-model.ts";
import { outbound, room } from "../store/mail.ts";
import { createFakePlatform, type FakePlatformOptions } from "./fake-platform.ts";
import { createScene, leaseMs, type Point, type Process, type Scene } from "./scene.ts";

let scene: Scene;
let process: Process;
let killAt: { point: Point; pass: number } | undefined;

async function begin(
  platform: FakePlatformOptions = {},
  onUncertain: ChannelPolicy["onUncertain"] = "ask",
): Promise<void> {
  killAt = undefined;
  scene = await createScene({
    platform: createFakePlatform(platform),
    model: createScriptedModel([]),
    policy: { onUncertain },
    reach: (point) => {
      if (killAt?.point !== point || (killAt.pass -= 1) >= 0) return;
      killAt = undefined;
      throw new Error("SIGKILL");
    },
  });
  process = scene.begin();
}
afterEach(() => scene.close());

/** As a turn does it: committed with a claim where that is safe, then handed over. */
async function post(ids: readonly string[], text?: string): Promise<void> {
  const messages = ids.map((id) => outbound(id, text === undefined ? {} : { text }));
  const claim = process.deliverer.claimFor("test");
  const isClaimed = await scene.store.write((transaction) => transaction.addOutbox(messages, room, claim));
  process.deliverer.sendNow(messages, isClaimed);
}
async function restart(): Promise<void> {
  process.kill();
  process = scene.begin();
  scene.clock.advance(leaseMs + 1);
}
const shownIds = () => scene.platform.shown.map(({ outboundId }) => outboundId);
const state = async (id: string) => (await scene.store.outboxItem(id))?.state;
const kinds: readonly ChannelTraits["reconciles"][] = ["idempotent", "probe", "none"];

describe("delivery", () => {
  it.each(kinds)("sends in order, each once (%s)", async (reconciles) => {
    await begin({ reconciles });
    await post(["1", "2"]);
    await post(["3"]);
    await scene.settle(process);
    expect(shownIds()).toEqual(["1", "2", "3"]);
    expect(await Promise.all(["1", "2", "3"].map(state))).toEqual(["sent", "sent", "sent"]);
    await scene.settleOverTime(process);
    expect(scene.platform.sends).toBe(3);
  });

  it.each(kinds)("keeps the order while the platform asks to wait (%s)", async (reconciles) => {
    await begin({ reconciles });
    scene.platform.plan("asks-to-wait", "asks-to-wait");
    await post(["1", "2"]);
    await scene.settle(process);
    expect(shownIds()).toEqual([]);
    const item = await scene.store.outboxItem("1");
    expect(item).toMatchObject({ state: "pending", attempts: 1 });
    expect(Number.isInteger(item?.nextAt)).toBe(true);
    expect(item?.nextAt).toBeGreaterThanOrEqual(scene.clock.now() + 1_234);
    await post(["3"]);
    await scene.settle(process);
    expect(shownIds()).toEqual([]);
    await scene.settleOverTime(process);
    expect(shownIds()).toEqual(["1", "2", "3"]);
    expect((await scene.store.outboxItem("1"))?.attempts).toBeGreaterThanOrEqual(2);
  });

  it("sends nothing, and leaves the row alone, when another process has taken the message over meanwhile", async () => {
    let hasStood = false;
    await begin({
      reconciles: "none",
      // The process stands still until long after its claim.
      beforePart: async () => {
        if (hasStood) return;
        hasStood = true;
        scene.clock.advance(leaseMs * 10);
        expect(await scene.store.claimOutbox("1", "other", scene.clock.now(), leaseMs, undefined)).toBe(true);
      },
    });
    await post(["1"]);
    await scene.settle(process);
    expect(hasStood).toBe(true);
    expect(scene.platform.shown).toEqual([]);
    expect(await scene.store.outboxItem("1")).toMatchObject({ state: "sending" });
    expect(await scene.store.holdsOutbox("1", "other")).toBe(true);
  });

  it("does not let one conversation wait for another", async () => {
    await begin();
    scene.platform.plan("asks-to-wait");
    await post(["1"]);
    await scene.settle(process);
    const elsewhere = outbound("2", { address: { channel: "test", chat: "elsewhere" } });
    await scene.store.write((transaction) => transaction.addOutbox([elsewhere], "test/elsewhere"));
    await scene.settle(process);
    expect(shownIds()).toEqual(["2"]);
  });

  it.each(kinds)("gives up visibly, and goes on with what is behind (%s)", async (reconciles) => {
    await begin({ reconciles });
    scene.platform.plan("refuses");
    await post(["1", "2"]);
    await scene.settle(process);
    expect(await state("1")).toBe("failed");
    expect(shownIds()).toEqual(["2"]);
    expect(await scene.store.deadLetters(10)).toMatchObject([{ kind: "send", ref: "1" }]);
    expect(scene.troubles).toMatchObject([{ id: "1", state: "failed" }]);

    scene.platform.setDefault("asks-to-wait");
    await post(["3"]);
    await scene.settleOverTime(process);
    expect(await state("3")).toBe("failed");
    expect(scene.platform.sends).toBe(2 + 12);
    expect((await scene.store.verifyAudit()).isIntact).toBe(true);
  });

  it("goes on behind the parts that went out, never from the start", async () => {
    await begin({ partLength: 2, reconciles: "none" });
    scene.platform.plan("takes", "asks-to-wait", "takes", "asks-to-wait");
    await post(["1"], "aabbcc");
    await scene.settleOverTime(process);
    expect(scene.platform.shown.map(({ text }) => text)).toEqual(["aa", "bb", "cc"]);
    expect((await scene.store.outboxItem("1"))?.parts).toHaveLength(3);
  });

  it("sends an unknown part again where the platform drops doubles", async () => {
    await begin({ reconciles: "idempotent" });
    scene.platform.plan("takes-and-is-cut-off", "is-cut-off");
    await post(["1"]);
    await scene.settleOverTime(process);
    expect(shownIds()).toEqual(["1"]);
    expect(scene.troubles).toEqual([]);
  });

  it("finds out where the platform can be asked", async () => {
    await begin({ reconciles: "probe", partLength: 2 });
    scene.platform.plan("takes", "takes-and-is-cut-off", "is-cut-off");
    await post(["1"], "aabbcc");
    await scene.settleOverTime(process);
    expect(scene.platform.shown.map(({ text }) => text)).toEqual(["aa", "bb", "cc"]);
    expect(scene.platform.probes).toBe(2);
    expect(await state("1")).toBe("sent");
  });

  it("asks the platform again later when it cannot be asked now", async () => {
    await begin({ reconciles: "probe" });
    scene.platform.plan("takes-and-is-cut-off");
    scene.platform.setProbe(false);
    await post(["1"]);
    await scene.settle(process);
    expect(await state("1")).toBe("sending");
    await restart();
    scene.platform.setProbe(true);
    await scene.settleOverTime(process);
    expect(shownIds()).toEqual(["1"]);
    expect(await state("1")).toBe("sent");
  });

  it("asks a person where nobody can tell, and never sends again by itself", async () => {
    await begin({ reconciles: "none" });
    scene.platform.plan("takes-and-is-cut-off");
    await post(["1", "2"]);
    await scene.settleOverTime(process);
    expect(await state("1")).toBe("uncertain");
    expect(shownIds()).toEqual(["1", "2"]);
    expect(scene.troubles).toMatchObject([{ id: "1", state: "uncertain" }]);
    expect(await scene.store.uncertainOutbox(10)).toHaveLength(1);
  });

  it("drops, or sends again with pauses and to a limit, as the channel is told", async () => {
    await begin({ reconciles: "none" }, "drop");
    scene.platform.plan("is-cut-off");
    await post(["1"]);
    await scene.settle(process);
    expect(await state("1")).toBe("dropped");
    await scene.close();

    await begin({ reconciles: "none" }, "resend");
    scene.platform.plan("is-cut-off");
    await post(["1"]);
    await scene.settleOverTime(process);
    expect(shownIds()).toEqual(["1"]);
    scene.platform.setDefault("is-cut-off");
    await post(["2"]);
    await scene.settle(process);
    expect(scene.platform.sends).toBe(3);
    await scene.settleOverTime(process);
    expect(scene.platform.sends).toBe(2 + 12);
    expect(await state("2")).toBe("failed");
  });

  it("that is always cut off and never arrives is given up, not tried without end", async () => {
    await begin({ reconciles: "probe" });
    scene.platform.setDefault("is-cut-off");
    await post(["1"]);
    await scene.settle(process);
    expect(scene.platform.sends).toBe(1);
    await scene.settleOverTime(process);
    expect(scene.platform.sends).toBe(12);
    expect(await state("1")).toBe("failed");
  });
});

describe("delivery after the end of a process", () => {
  it.each([
    ["idempotent", "before-send", ["1"], "sent"],
    ["idempotent", "after-send", ["1"], "sent"],
    ["probe", "before-send", ["1"], "sent"],
    ["probe", "after-send", ["1"], "sent"],
    ["none", "before-send", [], "uncertain"],
    ["none", "after-send", ["1"], "uncertain"],
  ] as const)("%s, killed %s: shown %j, %s", async (reconciles, point, shown, end) => {
    await begin({ reconciles });
    killAt = { point, pass: 0 };
    await post(["1"]);
    await scene.settle(process);
    expect(process.isDead()).toBe(true);
    await restart();
    await scene.settleOverTime(process);
    expect(shownIds()).toEqual(shown);
    expect(await state("1")).toBe(end);
    expect(scene.troubles).toHaveLength(end === "uncertain" ? 1 : 0);
    await scene.settleOverTime(process);
    expect(shownIds()).toEqual(shown);
  });

  it("is not taken over from a process that still sends, and is from one that does not", async () => {
    await begin({ reconciles: "none" });
    const other = scene.begin();
    await scene.store.write((transaction) =>
      transaction.addOutbox([outbound("1")], room, {
        owner: process.owner,
        until: scene.clock.now() + leaseMs,
      }),
    );
    scene.clock.advance(leaseMs - 1);
    await scene.store.renewOutbox(process.owner, ["1"], scene.clock.now() + leaseMs);
    scene.clock.advance(leaseMs - 1);
    await scene.store.renewOutbox(process.owner, ["other"], scene.clock.now() + leaseMs);
    await scene.store.renewOutbox(process.owner, [], scene.clock.now() + leaseMs);
    await other.pump();
    expect(await state("1")).toBe("sending");
    scene.clock.advance(2);
    await scene.settle(other);
    expect(await state("1")).toBe("uncertain");
  });
});
