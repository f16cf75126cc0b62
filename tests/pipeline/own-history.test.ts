import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { OwnMessage, StyleProfile } from "../../src/core/style.ts";
import { styleFacts } from "../../src/pipeline/desk/known-manner.ts";
import { forgetOwnHistory, takeOwnHistory } from "../../src/pipeline/desk/own-history.ts";
import { createStore, openDatabase, type OpenStore } from "../../src/store/index.ts";
import { learnFromObservations } from "../../src/style/learn.ts";
import { createFakeClock, type FakeClock } from "../doubles/fake-clock.ts";
import { hasty, writeMessages } from "../style/owners.ts";

const dayMs = 86_400_000;
const keep = { inboxDays: 30, journalDays: 30, outboxDays: 30 };
let folder: string;
let store: OpenStore;
let clock: FakeClock;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "parlance-history-"));
  clock = createFakeClock();
  store = await createStore(await openDatabase(join(folder, "test.db")), { now: clock.now });
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

const deps = () => ({
  store,
  now: clock.now,
  learn: async (...seen: Parameters<typeof learnFromObservations>) => learnFromObservations(...seen),
});
const take = (messages: readonly OwnMessage[], source = "file:a") =>
  takeOwnHistory(deps(), { source, messages }, "cli");
/** Of the past days, one a day. */
const recent = (count: number, more: Partial<OwnMessage> = {}): readonly OwnMessage[] =>
  writeMessages(hasty, count, more).map((message, index) => ({
    ...message,
    at: clock.now() - (count - index) * dayMs,
  }));
const profile = async () => (await store.cdc.fact(styleFacts.profile)) as StyleProfile | undefined;

it("takes each message once, however often and in whatever pieces it is read", async () => {
  const messages = recent(40);
  const span = fc.tuple(fc.nat(40), fc.nat(40)).map(([a, b]) => messages.slice(Math.min(a, b), Math.max(a, b)));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(span, fc.constantFrom("file:a", "file:b")), { maxLength: 4 }), async (reads) => {
      await store.write((transaction) => transaction.cdc.forgetOwnMessages());
      for (const [part, source] of reads) await take(part, source);
      // The words may go meanwhile: what they showed is there still.
      await store.prune(clock.now() + 8 * dayMs, keep);
      for (const [part, source] of reads) expect((await take(part, source)).added).toBe(0);
      const kept = (await store.cdc.ownMessages(1_000)).map(({ at }) => at);
      const read = new Set(reads.flatMap(([part]) => part.map(({ at }) => at)));
      expect(kept).toEqual([...read].toSorted((a, b) => a - b));
    }),
    { numRuns: 25 },
  );
});

it("takes equal words of one moment as often as they stand there", async () => {
  const at = clock.now() - dayMs;
  const lines = ["ok", "ok", "fine with me", "ok"].map((text): OwnMessage => ({ text, at }));
  expect(await take(lines)).toMatchObject({ added: 4, known: 0 });
  expect(await take([...lines, { text: "ok", at }])).toMatchObject({ added: 1, known: 4 });
});

it("knows what has no time again by its source, whenever the file was touched", async () => {
  const texts = ["ok", "this is fine with me", "no, never"];
  const read = (undatedAt: number, more: readonly string[] = []) =>
    takeOwnHistory(
      deps(),
      { source: "file:a", messages: [...texts, ...more].map((text) => ({ text, at: undatedAt })), undatedAt },
      "cli",
    );
  expect(await read(clock.now() - dayMs)).toMatchObject({ added: 3 });
  expect(await read(clock.now(), ["and one more of them"])).toMatchObject({ added: 1, known: 3 });
});

it("records the consent once, and learns at once from what is new and old", async () => {
  expect(await take(recent(19))).toMatchObject({ added: 19, total: 19 });
  expect(await profile()).toBeUndefined();
  const consent = await store.cdc.fact(styleFacts.consent);
  expect(consent).toEqual({ at: clock.now(), by: "cli" });
  clock.advance(1_000);
  // Older than all that is known: it is learned from nevertheless.
  const before = recent(30).map((message) => ({ ...message, at: message.at - 60 * dayMs, to: "ada@example.org" }));
  const taken = await take(before, "channel:mail");
  expect(taken).toMatchObject({ added: 30, total: 49 });
  expect((await profile())?.general.messages).toBe(49);
  expect(taken.profile).toEqual(await profile());
  expect(await store.cdc.fact(styleFacts.consent)).toEqual(consent);
  expect(Object.keys((await profile())?.audiences ?? {})).toContain("to:ada@example.org");
});

it("keeps words for seven days, nothing that is older than two years, and nothing without words", async () => {
  const taken = await take([
    { text: "> what they wrote\n> only quotes", at: clock.now() - dayMs },
    { text: "too old", at: clock.now() - 800 * dayMs },
    { text: "this one", at: clock.now() - dayMs },
  ]);
  expect(taken).toMatchObject({ added: 1, empty: 1, tooOld: 1 });
  await store.prune(clock.now() + 6 * dayMs, keep);
  expect((await store.cdc.ownMessages(9)).map(({ text }) => text)).toEqual(["this one"]);
  await store.prune(clock.now() + 8 * dayMs, keep);
  expect((await store.cdc.ownMessages(9)).map(({ text }) => text)).toEqual([""]);
});

it("forgets one source, and learns anew from what is left; or all of it with what edits taught", async () => {
  await take(recent(25), "file:a");
  await take(
    recent(22).map((message) => ({ ...message, at: message.at + 1 })),
    "file:b",
  );
  const note = { id: "n1", about: "style" as const, rule: {}, says: "", madeFrom: "d", at: 5 };
  await store.write((transaction) => transaction.cdc.addRule(note));
  expect(await forgetOwnHistory(deps(), "file:a", "cli")).toBe(25);
  expect((await profile())?.general.messages).toBe(22);
  expect(await store.cdc.rules("style")).toHaveLength(1);
  expect(await forgetOwnHistory(deps(), undefined, "cli")).toBe(22);
  expect(await profile()).toBeUndefined();
  expect(await store.cdc.rules("style")).toEqual([]);
  expect(await store.cdc.fact(styleFacts.forgottenAt)).toBe(clock.now());
});

it("does not bring back in a running service what the terminal forgot, nor the other way about", async () => {
  await take(recent(25), "file:a");
  await take(
    recent(30).map((message) => ({ ...message, at: message.at + 1 })),
    "file:b",
  );
  // While one works the profile out, the other forgets a source.
  const learning = { ...deps(), learn: forgetMeanwhile(() => forgetOwnHistory(deps(), "file:a", "cli")) };
  const more = recent(3).map((message) => ({ ...message, at: message.at + 2 }));
  await takeOwnHistory(learning, { source: "file:c", messages: more }, "cli");
  expect((await profile())?.general.messages).toBe(33);
  const forgetting = { ...deps(), learn: forgetMeanwhile(() => forgetOwnHistory(deps(), undefined, "cli")) };
  await forgetOwnHistory(forgetting, "file:c", "cli");
  expect(await profile()).toBeUndefined();
});

function forgetMeanwhile(forget: () => Promise<unknown>) {
  return async (...seen: Parameters<typeof learnFromObservations>) => {
    clock.advance(1);
    await forget();
    return learnFromObservations(...seen);
  };
}
