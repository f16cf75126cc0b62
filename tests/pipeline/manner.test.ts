import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Observation } from "../../src/core/style.ts";
import { silentLogger } from "../../src/core/log.ts";
import { styleFacts } from "../../src/pipeline/desk/known-manner.ts";
import { createOwnerManner, type OwnerManner } from "../../src/pipeline/desk/manner.ts";
import { learnFromObservations } from "../../src/style/learn.ts";
import { createStore, openDatabase, type OpenStore } from "../../src/store/index.ts";
import { createFakeClock, type FakeClock } from "../doubles/fake-clock.ts";
import { draft } from "../store/describe-cdc.ts";
import { inbound, outbound, room } from "../store/mail.ts";

let store: OpenStore;
let clock: FakeClock;
let manner: OwnerManner;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "parlance-manner-"));
  clock = createFakeClock();
  store = await createStore(await openDatabase(join(folder, "test.db")), { now: clock.now });
  manner = createOwnerManner({
    store,
    log: silentLogger,
    now: clock.now,
    learn: async (observations: readonly Observation[]) => learnFromObservations(observations),
  });
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

const words = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    seq: index,
    conversation: room,
    receivedAt: clock.now(),
    message: inbound(`own-${index}`, {
      text: `hey anna, i can do number ${index} tomorrow… just ping me\ncheers`,
      sentAt: clock.now() + index,
      isOwn: true,
    }),
  }));
const consent = () =>
  store.write((transaction) => transaction.cdc.setFact(styleFacts.consent, { at: clock.now(), by: "test:owner" }));
const keep = async (count: number) => store.write(await manner.keepOwnWords(words(count)));
const question = inbound("1", {
  text: "Could you do number 7?",
  sender: { id: "test:anna", name: "Anna", isBot: false },
});

it("keeps nothing of the owner's words without their consent", async () => {
  await keep(30);
  expect(await store.cdc.countOwnMessages()).toEqual([]);
  await manner.relearn();
  expect(await manner.voice.describe(question)).toBeUndefined();
  expect(await manner.voice.finish(question, "Hello.")).toEqual({ text: "Hello." });
});

it("learns from twenty messages on, keeps the words for a week and what they showed for longer", async () => {
  await consent();
  await keep(19);
  await manner.relearn();
  expect(await store.cdc.fact(styleFacts.profile)).toBeUndefined();
  await keep(20);
  clock.advance(3_600_000);
  await manner.relearn();
  const guide = (await manner.voice.describe(question)) ?? "";
  expect(guide).toContain("Write as the owner writes (measured on 39");
  expect(guide).toContain("hey anna, i can do number");
  expect((await manner.voice.finish(question, "Hello Anna,\n\nI will do it.\n\nBest regards")).text).toMatch(
    /do it\ncheers$/,
  );

  await store.prune(clock.now() + 8 * 86_400_000, { inboxDays: 1, journalDays: 1, outboxDays: 1 });
  expect(await store.cdc.ownMessages(100, true)).toEqual([]);
  expect((await manner.voice.describe(question)) ?? "").not.toContain("hey anna, i can do number");
  await keep(1);
  clock.advance(3_600_000);
  await manner.relearn();
  expect((await store.cdc.fact(styleFacts.profile)) as object).toMatchObject({ general: { messages: 40 } });
});

it("learns from how the owner changes drafts, until that is forgotten", async () => {
  await consent();
  for (let index = 0; index < 5; index++)
    await store.write(async (transaction) => {
      const text = `I will look at file ${index}.\n\nBest regards`;
      await transaction.cdc.addDraft(
        draft(`d${index}`, { message: outbound(`draft-d${index}`, { text }), createdAt: clock.now() }),
      );
      const sentText = `i will look at file ${index}.\n\ncheers`;
      await transaction.cdc.answerDraft(`d${index}`, { state: "edited", by: "test:owner", sentText }, clock.now());
    });
  const wrote = "I will call them.\n\nBest regards";
  expect((await manner.voice.finish(question, wrote)).text).toBe("i will call them.\n\ncheers");
  clock.advance(1_000);
  await store.write((transaction) => transaction.cdc.setFact(styleFacts.forgottenAt, clock.now()));
  expect((await manner.voice.finish(question, wrote)).text).toBe(wrote);
});

it("notes what the owner said instead, for the next time the same person writes", async () => {
  await consent();
  await manner.onDraftAnswered(
    draft("a", {
      message: outbound("draft-a", { text: "The meeting is on Monday." }),
      state: "edited",
      sentText: "The meeting is on Tuesday at 14:30 in Room 5.",
    }),
  );
  const asked = inbound("2", { sender: { id: "test:ada", name: "Ada", isBot: false } });
  expect(await manner.voice.describe(asked)).toContain("Tuesday at 14:30");
  expect(await manner.voice.describe(question)).toBeUndefined();
});

it("shows words only where they were written: a chat of the same name elsewhere is somebody else's", async () => {
  await consent();
  await keep(30);
  const observation = (await store.cdc.ownMessages(1))[0]?.observation;
  if (observation === undefined) throw new Error("nothing was kept");
  const secret = { text: "the key is under the stone", at: clock.now() + 99, observation, to: question.address.chat };
  await store.write(({ cdc }) =>
    cdc.addOwnMessages(
      [
        { ...secret, source: "channel:other", channel: "other" },
        // What was imported from a file names its chats, and no channel.
        { ...secret, source: "file:chat.txt" },
      ],
      clock.now() + 86_400_000,
    ),
  );
  await manner.relearn();
  const asked = { ...question, text: "Can you do number 7? Is the key under the stone?" };
  const described = (await manner.voice.describe(asked)) ?? "";
  expect(described).toContain("hey anna, i can do number");
  expect(described).not.toContain("under the stone");
});

it("does not bring back a source that was forgotten while it was being learned", async () => {
  await consent();
  await keep(30);
  const { promise, resolve } = Promise.withResolvers<void>();
  const { promise: hasBegun, resolve: begin } = Promise.withResolvers<void>();
  const slow = createOwnerManner({
    store,
    log: silentLogger,
    now: clock.now,
    learn: async (observations) => {
      begin();
      await promise;
      return learnFromObservations(observations);
    },
  });
  const learning = slow.relearn();
  await hasBegun;
  await store.write((transaction) => transaction.cdc.setFact(styleFacts.takenAwayAt, clock.now()));
  resolve();
  await learning;
  expect(await store.cdc.fact(styleFacts.profile)).toBeUndefined();
});
