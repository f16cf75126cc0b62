import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { expect, it } from "vitest";
import { conversationId } from "../../src/core/message.ts";
import type { ModelRequest } from "../../src/core/model.ts";
import { createScriptedModel, type ScriptStep } from "../doubles/scripted-model.ts";
import { inbound } from "../store/mail.ts";
import { createFakePlatform } from "./fake-platform.ts";
import { createScene, leaseMs, type Point, type Process } from "./scene.ts";
import { createCountedTool } from "./tools.ts";

const chats = ["north", "south", "west"] as const;
const roomOf = (chat: string) => conversationId({ channel: "test", chat });
const points: readonly Point[] = [
  "before-commit",
  "after-commit",
  "in-model-call",
  "between-steps",
  "after-tool",
  "before-send",
  "after-send",
];

const chat = fc.constantFrom(...chats);
const worker = fc.constantFrom(0, 1);
const operation = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("receive" as const), chat, worker }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("redeliver" as const), nth: fc.nat(20), worker }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("lose" as const), chat, worker }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("run" as const), chat, worker }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("run-killed" as const),
      chat,
      worker,
      point: fc.constantFrom(...points),
      pass: fc.nat(2),
      mail: fc.nat(3),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("freeze" as const), chat, worker }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("thaw" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("kill" as const), worker }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("fail-model" as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("advance" as const),
      ms: fc.constantFrom(1, 5_001, leaseMs + 1),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("renew" as const), worker }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("sweep" as const), worker }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("pump" as const), worker }) },
);

/** The texts of the mail that is to be answered, and how far its turn is. */
function readRequest(request: ModelRequest): { ids: readonly string[]; hasResults: boolean } {
  const at = request.messages.findLastIndex(({ role }) => role === "user");
  const ids = (request.messages[at]?.content ?? []).map((part) => (part.type === "text" ? part.text : ""));
  return { ids, hasResults: request.messages.slice(at).some(({ role }) => role === "tool") };
}

it("answers every message exactly once and in order, whatever dies, freezes or comes twice", async () => {
  let killed = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(operation, { minLength: 10, maxLength: 40, size: "max" }),
      fc.constantFrom("idempotent" as const, "probe" as const),
      async (operations, reconciles) => {
        let killAt: { point: Point; pass: number } | undefined;
        let failures = 0;
        let isFreezing = false;
        let frozen = Promise.withResolvers<void>();
        let thaw = Promise.withResolvers<void>();
        const keep = createCountedTool("keep", "write");
        const model = createScriptedModel(async (request): Promise<ScriptStep> => {
          if (isFreezing) {
            isFreezing = false;
            frozen.resolve();
            await thaw.promise;
          }
          if (failures > 0) {
            failures -= 1;
            return { error: { retryable: true, reason: "unavailable" } };
          }
          const { ids, hasResults } = readRequest(request);
          const wanted = ids.filter((id) => Number(id.split("-")[1]) % 3 === 0);
          return wanted.length > 0 && !hasResults
            ? {
                toolCalls: [{ name: "look", input: {} }, ...wanted.map((id) => ({ name: "keep", input: { id } }))],
              }
            : ids.join(" ");
        });
        const scene = await createScene({
          platform: createFakePlatform({ reconciles }),
          model,
          tools: [createCountedTool("look", "read"), keep],
          ownerIds: ["test:ada"],
          reach: (point) => {
            if (killAt?.point !== point || (killAt.pass -= 1) >= 0) return;
            killAt = undefined;
            killed += 1;
            throw new Error("SIGKILL");
          },
        });
        try {
          const workers: Process[] = [scene.begin(), scene.begin()];
          /** Of two workers; a dead one is followed by a new one, as a supervisor does. */
          const at = (index: number): Process => {
            if (workers[index]?.isDead() !== false) workers[index] = scene.begin();
            return workers[index];
          };
          const sent: { chat: string; id: string }[] = [];
          const running: Promise<void>[] = [];
          const deliver = (process: Process, message: { chat: string; id: string }) =>
            process.receive(
              inbound(message.id, {
                address: { channel: "test", chat: message.chat },
                text: message.id,
              }),
            );
          const write = (to: string) => {
            const count = sent.filter((each) => each.chat === to).length;
            const message = { chat: to, id: `${to}-${count + 1}` };
            sent.push(message);
            return message;
          };
          /** Lets sends begin and commits end; the order of things stays open to chance. */
          const quiet = async () => {
            for (let tick = 0; tick < 5; tick += 1) await setImmediate();
          };
          async function sweep(process: Process): Promise<void> {
            const { now } = scene.clock;
            const found = await scene.store.forgottenConversations(now(), now() - 5_000, 10);
            await Promise.all(found.map((conversation) => process.run(conversation)));
          }

          for (const each of operations) {
            if (each.kind === "receive") await deliver(at(each.worker), write(each.chat));
            else if (each.kind === "lose") {
              // Killed while receiving: it may be stored or not, and the platform was told nothing.
              const process = at(each.worker);
              void deliver(process, write(each.chat));
              process.kill();
            } else if (each.kind === "redeliver") {
              const message = sent[each.nth % Math.max(1, sent.length)];
              if (message !== undefined) await deliver(at(each.worker), message);
            } else if (each.kind === "run") await at(each.worker).run(roomOf(each.chat));
            else if (each.kind === "run-killed") {
              for (let count = 0; count < each.mail; count += 1) await deliver(at(each.worker), write(each.chat));
              killAt = { point: each.point, pass: each.pass };
              await at(each.worker).run(roomOf(each.chat));
              await quiet();
              killAt = undefined;
            } else if (each.kind === "freeze") {
              isFreezing = true;
              frozen = Promise.withResolvers();
              const run = at(each.worker).run(roomOf(each.chat));
              running.push(run);
              await Promise.race([run, frozen.promise]);
              isFreezing = false;
            } else if (each.kind === "thaw") {
              thaw.resolve();
              thaw = Promise.withResolvers();
            } else if (each.kind === "kill") at(each.worker).kill();
            else if (each.kind === "fail-model") failures = Math.min(failures + 1, 2);
            else if (each.kind === "advance") scene.clock.advance(each.ms);
            else if (each.kind === "renew") await at(each.worker).renew();
            else if (each.kind === "sweep") await sweep(at(each.worker));
            else await at(each.worker).pump();
            await quiet();
          }

          // Quiet at last: what hung goes on, what was not acknowledged comes again, the sweeper does its rounds.
          thaw.resolve();
          await Promise.all(running);
          for (const message of sent) await deliver(at(0), message);
          for (const process of workers) if (process.isDead()) await scene.store.releaseOwner(process.owner);
          scene.clock.advance(leaseMs + 5_001);
          for (let round = 0; round < 3; round += 1) {
            await sweep(at(0));
            await scene.settleOverTime(at(0));
          }

          for (const to of chats) {
            const received = await scene.store.database.read<{ id: string }>({
              sql: "select external_id as id from inbox where conversation = ? order by seq",
              parameters: [roomOf(to)],
            });
            const answered = scene.platform.shown
              .filter((shown) => shown.chat === to)
              .flatMap(({ text }) => text.split(" "));
            expect(answered).toEqual(received.map(({ id }) => id));
            expect(received).toHaveLength(sent.filter((message) => message.chat === to).length);
            expect(await scene.store.unreadMail(roomOf(to), 10)).toEqual([]);
            expect(await scene.store.openTurns(roomOf(to))).toEqual([]);
          }
          const kept = keep.runs.map(({ input }) => JSON.stringify(input));
          expect(new Set(kept).size).toBe(kept.length);
          expect((await scene.store.verifyAudit()).isIntact).toBe(true);
          expect(scene.troubles).toEqual([]);
        } finally {
          await scene.close();
        }
      },
    ),
    { numRuns: 60, endOnFailure: true },
  );
  // About 35 by chance; far fewer would mean that nothing is killed any more.
  expect(killed).toBeGreaterThan(5);
}, 120_000);
