import { afterEach, expect, it } from "vitest";
import { createRecordingSink, waitUntil } from "../../doubles/channel-context.ts";
import { ada, bot, createScene, type Scene } from "./scene.ts";

let scene: Scene;
afterEach(() => scene.close());

/** Runs an adapter that only listens while `isListening` says so. Resolves with the function that stops it. */
async function run(options: object, isListening: () => boolean): Promise<() => Promise<void>> {
  const channel = scene.create(options, undefined, isListening);
  const sink = createRecordingSink();
  const stop = new AbortController();
  const ended = channel.start(sink, stop.signal);
  await sink.waitForState("up");
  return async () => {
    stop.abort();
    await ended;
  };
}

const asked = (): readonly string[] => scene.fake.calls.filter((call) => /\/(?:join|leave)\b/.test(call));

it.each([
  ["all", "join"],
  ["none", "leave"],
] as const)("keeps invitations while it only listens, and then does what %s says", async (acceptInvites, outcome) => {
  scene = await createScene();
  const { store } = scene.fake;
  const stopListening = await run({ acceptInvites }, () => true);
  const room = store.createRoom(ada, [], [bot], true).id;
  await waitUntil(() => scene.disk.entries.get("invites")?.includes(room) === true);
  await stopListening();
  const stopAgain = await run({ acceptInvites }, () => true);
  expect(asked()).toEqual([]);
  expect(store.membership(room, bot)).toBe("invite");
  await stopAgain();
  const stop = await run({ acceptInvites }, () => false);
  await waitUntil(() => store.membership(room, bot) === outcome);
  await waitUntil(() => scene.disk.entries.get("invites") === "[]");
  await stop();
});

it("goes to the room that replaces another one when it may be seen again", async () => {
  scene = await createScene();
  const { store } = scene.fake;
  const stopListening = await run({}, () => true);
  const next = store.createRoom(ada, [], [bot]).id;
  const content = { body: "moved", replacement_room: next };
  store.addEvent(scene.group, { type: "m.room.tombstone", sender: ada, stateKey: "", content });
  await waitUntil(() => scene.disk.entries.get("invites")?.includes("the room before") === true);
  expect(asked()).toEqual([]);
  await stopListening();
  const stop = await run({}, () => false);
  await waitUntil(() => store.membership(next, bot) === "join");
  await stop();
});

it("gives no receipts and is not shown as online while it only listens", async () => {
  scene = await createScene();
  let isListening = true;
  const stop = await run({}, () => isListening);
  scene.say("read me");
  const syncs = (): readonly string[] =>
    scene.fake.requests.map(({ line }) => line).filter((line) => line.includes("/sync?"));
  const before = syncs().length;
  await waitUntil(() => syncs().length > before);
  expect(syncs().filter((line) => !line.includes("set_presence=offline"))).toEqual([]);
  expect(scene.fake.calls.some((call) => call.includes("/receipt/"))).toBe(false);
  isListening = false;
  scene.say("now me");
  await waitUntil(() => scene.fake.calls.some((call) => call.includes("/receipt/")));
  await stop();
});
