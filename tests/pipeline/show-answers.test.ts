import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createAnswerShower } from "../../src/pipeline/desk/show-answers.ts";
import { createStore, openDatabase, type OpenStore } from "../../src/store/index.ts";
import { addApproval, addDraft, approvalOf, draftOf } from "../web/api/desk-rows.ts";

let folder: string;
let store: OpenStore;
let shown: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "parlance-shown-"));
  store = await createStore(await openDatabase(join(folder, "test.db")));
  shown = [];
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

const begin = () =>
  createAnswerShower({
    store,
    elsewhere: { id: "cli", name: "the terminal" },
    showDraft: ({ id, state }) => void shown.push(`${id} ${state}`),
    showApproval: ({ id }, outcome) => void shown.push(`${id}: ${outcome.split("\n").at(-1)}`),
  });
const answer = (id: string, by: string) =>
  store.write(async ({ cdc }) => {
    await cdc.answerDraft(id, { state: "approved", by }, Date.now());
    await cdc.addEvent("draft", id, Date.now());
  });
const taken = () => shown.splice(0).toSorted();

it("shows what a command answered, once, and nothing that was answered here", async () => {
  const look = begin();
  for (const id of ["one", "two", "three"]) await addDraft(store, draftOf(id));
  await addApproval(store, approvalOf("ppp"));
  await look();
  expect(taken()).toEqual([]);
  await answer("one", "cli");
  await answer("two", "web:owner");
  await store.write((transaction) => transaction.answerApproval("ppp", "denied", "cli"));
  await look();
  expect(taken()).toEqual(["one approved", "ppp: **Denied** by the terminal. Nothing was done."]);
  await look();
  expect(taken()).toEqual([]);
});

it("shows what was answered while no service ran, and not again after another start", async () => {
  for (const id of ["one", "two"]) await addDraft(store, draftOf(id));
  await answer("one", "cli");
  await begin()();
  expect(taken()).toEqual(["one approved"]);
  await begin()();
  expect(taken()).toEqual([]);
  await answer("two", "cli");
  await begin()();
  expect(taken()).toEqual(["two approved"]);
});

it("misses nothing, however much happens between", async () => {
  const look = begin();
  await look();
  await addDraft(store, draftOf("one"));
  await store.write(async ({ cdc }) => {
    for (let count = 0; count < 450; count += 1) await cdc.addEvent("decision", `d${count}`, 5);
  });
  await answer("one", "cli");
  for (let count = 0; count < 3; count += 1) await look();
  expect(new Set(taken())).toEqual(new Set(["one approved"]));
});
