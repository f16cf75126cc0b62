import { afterEach, expect, it } from "vitest";
import type { InboundMessage } from "../../src/core/message.ts";
import { silentLogger } from "../../src/core/log.ts";
import { createDigestDesk } from "../../src/pipeline/desk/digest-desk.ts";
import type { ChannelPolicy } from "../../src/pipeline/policy.ts";
import { createSlotFirer } from "../../src/pipeline/schedule/fire-slots.ts";
import { createScriptedModel } from "../doubles/scripted-model.ts";
import { inbound } from "../store/mail.ts";
import { createFakePlatform } from "./fake-platform.ts";
import { createScene, type Process, type Scene } from "./scene.ts";

const hourMs = 3_600_000;
let scene: Scene;
let process: Process;
afterEach(() => scene.close());

async function begin(answers: () => string = () => "Not a digest."): Promise<void> {
  scene = await createScene({
    platform: createFakePlatform({ openDirect: "owner" }),
    model: createScriptedModel(answers),
    ownerIds: ["test:owner"],
    ownerPlace: { channel: "test", chat: "owner" },
    policy: { mode: "listen" },
  });
  process = scene.begin();
}

/** Looks at what is due as the service does, with one digest at eight in the morning. */
function looker(of: Process, when = "daily 08:00"): () => Promise<void> {
  const desk = createDigestDesk({
    deps: of.deps,
    plans: () => [{ name: "morning", when, to: "owner" }],
    link: () => undefined,
  });
  return createSlotFirer({ store: scene.store, log: silentLogger, now: scene.clock.now, schedules: desk.schedules });
}

async function say(id: string, text: string, extra: Partial<InboundMessage> = {}): Promise<void> {
  await process.receive(inbound(id, { text, sentAt: scene.clock.now(), ...extra }));
  await scene.settle(process);
}

function setMode(mode: ChannelPolicy["mode"]): void {
  if (scene.policy !== undefined) scene.policy = { ...scene.policy, mode };
}

/** Until an hour of the clock comes next. */
function until(hours: number): void {
  const past = scene.clock.now() % (24 * hourMs);
  scene.clock.advance(((hours * hourMs - past + 24 * hourMs - 1) % (24 * hourMs)) + 1);
}

async function told(): Promise<readonly string[]> {
  await process.pump();
  await scene.settle(process);
  return scene.platform.shown.filter(({ chat }) => chat === "owner").map(({ text }) => text);
}

it("tells what happened, once, also when it was down at that time and two look at it", async () => {
  await begin();
  setMode("listen");
  until(7);
  const look = looker(process);
  await look();
  await say("1", "Could you send me the report?");
  await say("2", "Lunch at noon, everybody.");
  // Down from seven to ten: eight o'clock is caught up with.
  scene.clock.advance(3 * hourMs);
  const other = looker(scene.begin());
  await Promise.all([look(), other()]);
  await look();
  setMode("open");
  const first = await told();
  expect(first).toHaveLength(1);
  expect(first[0]).toContain("Could you send me the report?");
  expect(first[0]).toContain("2 messages");

  setMode("listen");
  await say("3", "Can you look at the invoice?");
  until(8);
  scene.clock.advance(60_000);
  await look();
  setMode("open");
  const second = (await told())[1];
  expect(second).toContain("Can you look at the invoice?");
  expect(second).toContain("1 message from");
});

it("says nothing where nothing happened", async () => {
  await begin();
  until(7);
  const look = looker(process);
  await look();
  scene.clock.advance(2 * hourMs);
  await look();
  expect(await told()).toEqual([]);
  expect(await scene.store.cdc.lastDigest("morning")).toMatchObject({ entries: 0 });
});

it("does not say every hour what it said the hour before, but once a day what still waits", async () => {
  await begin();
  until(7);
  const look = looker(process, "hourly");
  await look();
  const pass = async (hours: number): Promise<number> => {
    setMode("listen");
    for (let hour = 0; hour < hours; hour += 1) {
      scene.clock.advance(hourMs);
      await look();
    }
    setMode("open");
    return (await told()).length;
  };
  setMode("listen");
  await say("1", "Could you send me the report?");
  expect(await pass(1)).toBe(1);
  expect(await pass(5)).toBe(1);
  setMode("listen");
  await say("2", "Lunch at noon, everybody.");
  expect(await pass(1)).toBe(2);
  // The report still waits, and is named again when a day has gone by since it was last told.
  expect(await pass(21)).toBe(2);
  expect(await pass(2)).toBe(3);
  expect((await told())[2]).toContain("1 needs you");
});

it("takes the model's words where they keep to the facts, with the template in its place where they do not", async () => {
  await begin(() => "**Today** 1 message, 1 that needs an answer.\n\n- Ada wants the report [#1]");
  until(7);
  const look = looker(process);
  await look();
  await say("1", "Could you send me the report?");
  scene.clock.advance(2 * hourMs);
  await look();
  setMode("open");
  const [text] = await told();
  expect(text).toContain("Ada wants the report");
  expect(text).not.toContain("[#1]");
});
