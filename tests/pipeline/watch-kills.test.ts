import fc from "fast-check";
import { expect, it } from "vitest";
import { createScriptedModel } from "../doubles/scripted-model.ts";
import { inbound } from "../store/mail.ts";
import { createFakePlatform } from "./fake-platform.ts";
import { createScene, type Point, type Process, type Scene } from "./scene.ts";

const owner = { id: "test:owner", name: "Grace", isBot: false };
const ownerChat = { channel: "test", chat: "owner" };
const points: readonly Point[] = ["before-commit", "after-commit", "in-model-call", "before-send", "after-send"];

/** Ends a process each time the path comes by the point that is next in the list. */
async function begin(action: "draft" | "approve" | "auto", kills: Point[], isQuiet = false): Promise<Scene> {
  return createScene({
    platform: createFakePlatform({ reconciles: "idempotent" }),
    model: createScriptedModel(() => "My answer."),
    ownerIds: ["test:owner"],
    ownerPlace: ownerChat,
    policy: {
      reply: {
        action,
        escalateFrom: "high",
        ...(isQuiet ? { quiet: { fromMinutes: 0, toMinutes: 1380 } } : {}),
      },
    },
    reach: (point) => {
      if (kills[0] !== point) return;
      kills.shift();
      throw new Error("killed");
    },
  });
}

/** As platforms do: what was not acknowledged comes again. Whoever dies is followed by somebody else. */
async function live(scene: Scene, first: Process, work: (process: Process) => Promise<void>): Promise<Process> {
  let process = first;
  for (let lives = 0; lives < 20; lives++) {
    if (process.isDead()) {
      scene.clock.advance(60_000);
      process = scene.begin();
    }
    await work(process);
    if (process.isDead()) continue;
    for (const conversation of await scene.store.forgottenConversations(scene.clock.now(), scene.clock.now() + 1, 50))
      await process.run(conversation);
    if (process.isDead()) continue;
    await process.chores();
    await scene.settle(process);
    if (!process.isDead()) return process;
  }
  throw new Error("it never came to an end");
}

const shownIn = (scene: Scene, chat: string) => scene.platform.shown.filter((each) => each.chat === chat);
const question = (scene: Scene) => inbound("1", { text: "Could you send me the report?", sentAt: scene.clock.now() });
async function receive(process: Process, message: ReturnType<typeof inbound>): Promise<void> {
  if (!process.isDead()) await process.receive(message);
}

it("makes one draft, shows one card and sends one answer, wherever processes end", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...points), { maxLength: 6 }), async (kills) => {
      const scene = await begin("approve", [...kills]);
      try {
        const message = question(scene);
        let process = await live(scene, scene.begin(), (each) => receive(each, message));
        const drafts = await scene.store.cdc.recentDrafts(0, 10);
        expect(drafts.map(({ state }) => state)).toEqual(["pending"]);
        expect(shownIn(scene, "room")).toEqual([]);
        expect(shownIn(scene, "owner")).toHaveLength(1);
        const yes = inbound("2", { text: `/approve ${drafts[0]?.id}`, sender: owner, address: ownerChat });
        process = await live(scene, process, (each) => receive(each, yes));
        await live(scene, process, (each) => receive(each, yes));
        expect(shownIn(scene, "room").map(({ text }) => text)).toEqual(["My answer."]);
        expect((await scene.store.cdc.draft(drafts[0]?.id ?? ""))?.state).toBe("sent");
        expect(await scene.store.cdc.decisions({ limit: 10 })).toHaveLength(1);
      } finally {
        await scene.close();
      }
    }),
    { numRuns: 40 },
  );
}, 60_000);

it("loses no follow-up, and answers it once, wherever processes end", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...points), { maxLength: 6 }), async (kills) => {
      const scene = await begin("auto", [...kills], true);
      try {
        const message = question(scene);
        let process = await live(scene, scene.begin(), (each) => receive(each, message));
        expect(shownIn(scene, "room")).toEqual([]);
        const waiting = await scene.store.cdc.waitingFollowUps(5);
        expect(waiting).toHaveLength(1);
        scene.clock.advance((waiting[0]?.dueAt ?? 0) - scene.clock.now());
        process = await live(scene, process, async () => undefined);
        await live(scene, process, async () => undefined);
        expect(shownIn(scene, "room").map(({ text }) => text)).toEqual(["My answer."]);
        expect(await scene.store.cdc.waitingFollowUps(5)).toEqual([]);
      } finally {
        await scene.close();
      }
    }),
    { numRuns: 40 },
  );
}, 60_000);
