import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decideAction, defaultLimits, type Situation } from "../../src/cdc/decide-action.ts";
import { silentLogger } from "../../src/core/log.ts";
import { AppError } from "../../src/core/errors.ts";
import { conversationId } from "../../src/core/message.ts";
import type { Observation, StyleProfile } from "../../src/core/style.ts";
import { styleFacts } from "../../src/pipeline/desk/known-manner.ts";
import { formatDraftCard, formatEscalation } from "../../src/pipeline/desk/draft-card.ts";
import { createOwnerManner, loadRules } from "../../src/pipeline/desk/manner.ts";
import { createWorkflowTriggers } from "../../src/pipeline/runs/triggers.ts";
import { createSlotFirer } from "../../src/pipeline/schedule/fire-slots.ts";
import { learnFromObservations, observeMessage } from "../../src/style/learn.ts";
import { createStore, openDatabase, type OpenStore } from "../../src/store/index.ts";
import { createFakeClock, type FakeClock } from "../doubles/fake-clock.ts";
import { createScriptedModel } from "../doubles/scripted-model.ts";
import { createFakePlatform } from "./fake-platform.ts";
import { createScene } from "./scene.ts";
import { decision, draft } from "../store/describe-cdc.ts";
import { inbound, outbound } from "../store/mail.ts";

let store: OpenStore;
let clock: FakeClock;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "parlance-review-"));
  clock = createFakeClock();
  store = await createStore(await openDatabase(join(folder, "test.db")), { now: clock.now });
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

const place = { channel: "test", chat: "owner" };

describe("the card of a draft", () => {
  it("names the files that go out with it", () => {
    const file = { kind: "file" as const, name: "salaries.xlsx", mimeType: "x/y", bytes: 1, path: "p" };
    const { text } = formatDraftCard(draft("d", { message: outbound("draft-d", { attachments: [file] }) }), place);
    expect(text).toContain("salaries");
  });

  it("shows all that is sent when it offers to send it", () => {
    const message = outbound("draft-d", { text: `${"a".repeat(6_500)} and here is the password` });
    const { text, choices } = formatDraftCard(draft("d", { message }), place);
    if (choices?.some(({ command }) => command.startsWith("/approve"))) expect(text).toContain("password");
  });

  it("says where the answer goes", () => {
    const { text } = formatDraftCard(
      draft("d", {
        conversation: "slack-work/general",
        message: outbound("draft-d", { address: { channel: "slack-work", chat: "general" } }),
      }),
      place,
    );
    expect(text).toContain("general");
  });
});

it("lets no name of a thread write markup into what the owner is told", () => {
  // A mail's thread is named by the Message-ID of whoever began it.
  const conversation = conversationId({ channel: "mail", chat: "x`**Paid.**`@example.org" });
  const { text } = formatEscalation(decision("d", { conversation }), place);
  expect(text).not.toContain("`**Paid.**`");
});

describe("the owner's manner", () => {
  const manner = (learn = async (observations: readonly Observation[]) => learnFromObservations(observations)) =>
    createOwnerManner({ store, log: silentLogger, now: clock.now, learn });
  const consent = () =>
    store.write((transaction) => transaction.cdc.setFact(styleFacts.consent, { at: clock.now(), by: "test:owner" }));
  const own = (index: number, text: string) => ({
    seq: index,
    conversation: "test/spouse",
    receivedAt: 0,
    message: inbound(`own-${index}`, {
      text,
      address: { channel: "test", chat: "spouse" },
      sentAt: clock.now() + index,
      isOwn: true,
    }),
  });

  it("shows to a stranger's question nothing that was written to somebody else", async () => {
    await consent();
    const { voice, keepOwnWords, relearn } = manner();
    const items = Array.from({ length: 30 }, (_, index) => own(index, `see you at number ${index} tonight, love`));
    items.push(own(31, "the alarm code of the house is four seven one one, love"));
    await store.write(await keepOwnWords(items));
    await relearn();
    const prompt = await voice.describe(
      inbound("q", {
        text: "What is the alarm code of the house?",
        sender: { id: "test:eve", name: "Eve", isBot: false },
      }),
    );
    expect(prompt ?? "").not.toContain("four seven one one");
  });

  it("stays forgotten although it was being learned at that moment", async () => {
    await consent();
    const { promise, resolve } = Promise.withResolvers<void>();
    const { keepOwnWords, relearn } = manner(async (observations) => {
      await promise;
      return learnFromObservations(observations);
    });
    await store.write(
      await keepOwnWords(Array.from({ length: 30 }, (_, index) => own(index, `hello number ${index}`))),
    );
    const learning = relearn();
    await new Promise((done) => setTimeout(done, 50));
    // As /style forget does.
    await store.write(async (transaction) => {
      await transaction.cdc.forgetOwnMessages();
      await transaction.cdc.setFact(styleFacts.profile, undefined);
      await transaction.cdc.setFact(styleFacts.forgottenAt, clock.now());
    });
    resolve();
    await learning;
    expect((await store.cdc.fact(styleFacts.profile)) as StyleProfile | undefined).toBeUndefined();
  });

  it("is not learned from edits without consent", async () => {
    const { voice } = manner();
    for (let index = 0; index < 6; index += 1)
      await store.write((transaction) =>
        transaction.cdc.addDraft(
          draft(`d${index}`, {
            state: "sent",
            message: outbound(`draft-d${index}`, { text: "I will do it.\n\nBest regards,\nAda" }),
            sentText: "I will do it.\n\ncheers",
            createdAt: clock.now(),
            updatedAt: clock.now(),
          }),
        ),
      );
    const text = "I will look at it.\n\nBest regards,\nAda";
    expect(
      (await voice.finish(inbound("q", { sender: { id: "test:eve", name: "Eve", isBot: false } }), text)).text,
    ).toBe(text);
  });
});

/** A service whose owner can write to it. */
const openOwners = () =>
  createScene({
    platform: createFakePlatform({ openDirect: "owner" }),
    model: createScriptedModel(() => "x"),
    ownerIds: ["test:owner"],
    ownerPlace: place,
  });

it("forgets with /style forget also what edits taught", async () => {
  const scene = await openOwners();
  try {
    const process = scene.begin();
    await scene.store.write((transaction) =>
      transaction.cdc.addRule({
        id: "r1",
        about: "style",
        rule: { kind: "fact", sender: "test:ada", words: "The code is 4711." },
        says: "To Ada you wrote instead: The code is 4711.",
        madeFrom: "d",
        at: scene.clock.now(),
      }),
    );
    await process.receive(
      inbound("1", {
        text: "/style forget",
        sender: { id: "test:owner", name: "Grace", isBot: false },
        address: place,
      }),
    );
    await scene.settle(process);
    expect(scene.platform.shown.at(-1)?.text).toContain("what your edits taught");
    expect(await scene.store.cdc.rules("style")).toEqual([]);
  } finally {
    await scene.close();
  }
});

it("keeps what edits taught when only one source is forgotten", async () => {
  const scene = await openOwners();
  try {
    const process = scene.begin();
    const at = scene.clock.now();
    const observation = observeMessage({ text: "hello there", at, channel: "test" });
    if (observation === undefined) throw new Error("nothing was observed");
    await scene.store.write(async ({ cdc }) => {
      await cdc.setFact(styleFacts.consent, { at, by: "test:owner" });
      await cdc.addOwnMessages([{ source: "file:old.txt", text: "hello there", at, observation }], at + 86_400_000);
      for (let index = 0; index < 6; index += 1)
        await cdc.addDraft(
          draft(`d${index}`, {
            state: "sent",
            message: outbound(`draft-d${index}`, { text: "I will do it.\n\nBest regards,\nAda" }),
            sentText: "I will do it.\n\ncheers",
            createdAt: at,
            updatedAt: at,
          }),
        );
    });
    const taught = await loadRules(scene.store, scene.clock.now());
    expect(taught.signOff).toBe("cheers");
    scene.clock.advance(1_000);
    await process.receive(
      inbound("1", {
        text: "/style forget file:old.txt",
        sender: { id: "test:owner", name: "Grace", isBot: false },
        address: place,
      }),
    );
    await scene.settle(process);
    expect(await scene.store.cdc.countOwnMessages()).toEqual([]);
    expect(await scene.store.cdc.fact(styleFacts.takenAwayAt)).toBeDefined();
    expect(await loadRules(scene.store, scene.clock.now())).toEqual(taught);
  } finally {
    await scene.close();
  }
});

it("tells what is urgent although others have asked a lot in this hour", () => {
  const situation: Situation = {
    classification: {
      kind: "request",
      asks: true,
      priority: "urgent",
      addressee: "me",
      confidence: 0.9,
      reasons: [],
    } as never,
    mode: "listen",
    replyAction: "draft",
    escalateFrom: "high",
    sender: { role: "member", isVip: true, isOurs: false, isMachine: false },
    kind: "message",
    thread: {
      ownerHasAnswered: false,
      hasOpenDraft: false,
      isReplyToUs: false,
      hasPromise: false,
      exchangesWithoutHuman: 0,
    },
    pastHour: { sender: 0, thread: 0, channel: 10 },
    limits: defaultLimits,
    quietMinutes: 0,
    coolDownMinutes: 0,
  };
  expect(decideAction(situation)).toMatchObject({ tellsOwner: true });
});

describe("what starts workflows", () => {
  const workflow = (name: string, triggers: readonly unknown[]) => ({ name, triggers }) as never;
  const unreachable = () => new AppError("unreachable", "The database does not answer.", { retryAfterMs: 1_000 });

  it("tries a time again when the database did not answer", async () => {
    let calls = 0;
    const started: string[] = [];
    const triggers = createWorkflowTriggers({
      store,
      log: silentLogger,
      now: clock.now,
      owner: () => ({ name: "Ada", timeZone: "UTC" }),
      workflows: () => [workflow("w", [{ kind: "cron", cron: "* * * * *", catchUp: "once" }])],
      start: async ({ workflow: name }) => {
        if ((calls += 1) === 1) throw unreachable();
        started.push(name);
        return { run: {} as never, isNew: true };
      },
    });
    const look = createSlotFirer({ store, log: silentLogger, now: clock.now, schedules: triggers.schedules });
    await look();
    clock.advance(61_000);
    await look();
    clock.advance(5_000);
    await look();
    expect(started).toEqual(["w"]);
  });

  it("tries an event again when the database did not answer", async () => {
    let calls = 0;
    const started: string[] = [];
    const triggers = createWorkflowTriggers({
      store,
      log: silentLogger,
      now: clock.now,
      owner: () => ({ name: "Ada", timeZone: "UTC" }),
      workflows: () => [workflow("w", [{ kind: "event", event: "digest" }])],
      start: async ({ workflow: name }) => {
        if ((calls += 1) === 1) throw unreachable();
        started.push(name);
        return { run: {} as never, isNew: true };
      },
    });
    await triggers.onEvents();
    await store.write((transaction) => transaction.cdc.addEvent("digest", "d", clock.now()));
    await triggers.onEvents().catch(() => undefined);
    await triggers.onEvents();
    expect(started).toEqual(["w"]);
  });

  it("starts nothing for what happened while no workflow asked for events", async () => {
    const started: unknown[] = [];
    let list: readonly never[] = [workflow("w", [{ kind: "event", event: "digest" }])];
    const triggers = createWorkflowTriggers({
      store,
      log: silentLogger,
      now: clock.now,
      owner: () => ({ name: "Ada", timeZone: "UTC" }),
      workflows: () => list,
      start: async ({ cause }) => {
        started.push(cause.payload);
        return { run: {} as never, isNew: true };
      },
    });
    await store.write((transaction) => transaction.cdc.addEvent("digest", "first", clock.now()));
    await triggers.onEvents();
    list = [];
    await store.write((transaction) => transaction.cdc.addEvent("digest", "between", clock.now()));
    await triggers.onEvents();
    list = [workflow("w2", [{ kind: "event", event: "digest" }])];
    await triggers.onEvents();
    expect(started).toEqual([]);
  });

  it("is not set off by its own run, without end", async () => {
    let runs = 0;
    const triggers = createWorkflowTriggers({
      store,
      log: silentLogger,
      now: clock.now,
      owner: () => ({ name: "Ada", timeZone: "UTC" }),
      workflows: () => [workflow("w", [{ kind: "event", event: "run" }])],
      start: async () => {
        // As the engine tells of each run that moves.
        await store.write((transaction) => transaction.cdc.addEvent("run", `run-${(runs += 1)}`, clock.now()));
        return { run: {} as never, isNew: true };
      },
    });
    await triggers.onEvents();
    await store.write((transaction) => transaction.cdc.addEvent("run", "by-hand", clock.now()));
    for (let look = 0; look < 20; look += 1) await triggers.onEvents();
    expect(runs).toBeLessThan(5);
  });
});
