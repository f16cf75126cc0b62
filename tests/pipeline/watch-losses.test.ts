import { afterEach, describe, expect, it } from "vitest";
import type { Address, InboundMessage } from "../../src/core/message.ts";
import { silentLogger } from "../../src/core/log.ts";
import type { ChannelPolicy, ReplyPolicy } from "../../src/pipeline/policy.ts";
import { createDeskChores } from "../../src/pipeline/desk/chores.ts";
import { makeDraft } from "../../src/pipeline/desk/make-draft.ts";
import { prepareAnswered } from "../../src/pipeline/desk/watch.ts";
import { watchMail } from "../../src/pipeline/desk/watch-mail.ts";
import { createScriptedModel, type Script } from "../doubles/scripted-model.ts";
import { createFakePlatform } from "./fake-platform.ts";
import { createScene, type Process, type Scene, type SceneOptions } from "./scene.ts";
import { inbound, outbound, room } from "../store/mail.ts";

const hourMs = 3_600_000;
const owner = { id: "test:owner", name: "Grace", isBot: false };
const ownerChat: Address = { channel: "test", chat: "owner" };
let scene: Scene;
let process: Process;
afterEach(() => scene.close());

async function begin(
  reply: Partial<ReplyPolicy>,
  script: Script = () => "My answer.",
  policy: Partial<ChannelPolicy> = {},
  options: Partial<SceneOptions> = {},
): Promise<void> {
  scene = await createScene({
    platform: createFakePlatform({ openDirect: "owner" }),
    model: createScriptedModel(script),
    ownerIds: ["test:owner"],
    ownerPlace: ownerChat,
    policy: { ...policy, reply: { action: "auto", escalateFrom: "high", ...reply } },
    ...options,
  });
  process = scene.begin();
}
const take = (id: string, text: string, extra: Partial<InboundMessage> = {}) =>
  process.receive(inbound(id, { text, sentAt: scene.clock.now(), ...extra }));
async function say(id: string, text: string, extra: Partial<InboundMessage> = {}): Promise<void> {
  await take(id, text, extra);
  await scene.settle(process);
}
const fromOwner = (id: string, text: string) => say(id, text, { sender: owner, address: ownerChat });
const shownIn = (chat: string) => scene.platform.shown.filter((each) => each.chat === chat).map(({ text }) => text);
const decisionOf = (id: string) => scene.store.cdc.decisionOf("test", id);
async function passTime(ms: number): Promise<void> {
  const until = scene.clock.now() + ms;
  while (scene.clock.now() < until) {
    scene.clock.advance(5_000);
    await process.chores();
    await scene.settle(process);
  }
}

describe("questions", () => {
  it("is answered too when it came while the one before was being answered", async () => {
    await begin({ action: "auto" }, async (_request, call) => {
      if (call === 0) {
        scene.clock.advance(5_000);
        await take("2", "Can you also send me the invoice?");
        scene.clock.advance(15_000);
      }
      return `It is in the post, number ${call}.`;
    });
    await say("1", "Could you send me the report?");
    await passTime(5 * 60_000);
    expect([
      shownIn("room").length,
      (await decisionOf("2"))?.action,
      (await scene.store.cdc.thread(room))?.status,
    ]).toEqual([2, "reply", "done"]);
  });

  it("still waits for an answer when it came while a draft lay there and the draft was sent", async () => {
    await begin({ action: "draft" });
    await say("1", "Could you send me the report?");
    scene.clock.advance(60_000);
    await say("2", "And what is the door code of the office?");
    const [waiting] = await scene.store.cdc.pendingDrafts(scene.clock.now(), 5);
    scene.clock.advance(60_000);
    await fromOwner("3", `/approve ${waiting?.id}`);
    const waits = (await scene.store.cdc.pendingDrafts(scene.clock.now(), 5)).length;
    const status = (await scene.store.cdc.thread(room))?.status;
    expect({ waits, status, decided: (await decisionOf("2"))?.action }).not.toEqual({
      waits: 0,
      status: "done",
      decided: "ignore",
    });
  });

  it("is seen on the card and in the inbox when it came while a draft lay there", async () => {
    await begin({ action: "approve" });
    await say("1", "Could you send me the report?");
    await say("2", "And what is the door code of the office?");
    await fromOwner("3", "/inbox");
    expect(shownIn("owner").join("\n")).toContain("door code");
  });

  it("counts towards the hour in which it is answered, not that in which it came", async () => {
    await begin({ action: "auto", quiet: { fromMinutes: 0, toMinutes: 1439 } });
    for (let index = 0; index < 15; index += 1)
      await say(`n${index}`, "Could you send me the report?", {
        address: { channel: "test", chat: `chat${index}` },
        sender: { id: `test:person${index}`, name: "Ada", isBot: false },
      });
    const due = Math.max(...(await scene.store.cdc.waitingFollowUps(50)).map(({ dueAt }) => dueAt));
    scene.clock.advance(due - scene.clock.now());
    await process.chores();
    await scene.settle(process);
    expect(scene.platform.shown.length).toBeLessThanOrEqual(10);
  });

  it("is answered although another message of the same batch sets a workflow off", async () => {
    await begin({ action: "auto" });
    const items = ["deploy now", "Could you send me the report?"].map((text, index) => ({
      seq: index + 1,
      conversation: room,
      receivedAt: 0,
      message: inbound(String(index), { text, sender: owner }),
    }));
    const deps = {
      ...process.deps,
      startWorkflows: async (item: (typeof items)[number]) => (item.message.text === "deploy now" ? ["deploy"] : []),
    };
    const watched = await watchMail(deps, items, scene.policy!, "owner", new AbortController().signal);
    expect(watched?.kind).not.toBe("record");
  });
});

describe("what the owner wrote", () => {
  it("keeps the promise in mind that stands in the first of two messages", async () => {
    await begin({ action: "draft" });
    const own = { sender: owner, isOwn: true, isAddressed: false };
    await take("1", "I'll send you the contract by tomorrow.", own);
    await take("2", "Have a nice evening!", own);
    await scene.settle(process);
    expect(await scene.store.cdc.openPromises(5)).toHaveLength(1);
  });

  it("does not drop a draft for somebody else in the same room, nor counts as its edit", async () => {
    await begin({ action: "draft" });
    const inGroup = { isGroup: true, isAddressed: false };
    const bob = { id: "test:bob", name: "Bob", isBot: false };
    const carol = { id: "test:carol", name: "Carol", isBot: false };
    await say("0", "morning", { ...inGroup, sender: carol });
    await say("1", "Ada, could you send me the report?", { ...inGroup, sender: bob });
    const [before] = await scene.store.cdc.pendingDrafts(scene.clock.now(), 5);
    scene.clock.advance(60_000);
    await say("2", "Carol, happy birthday!", { ...inGroup, sender: owner });
    expect((await scene.store.cdc.draft(before?.id ?? ""))?.sentText).toBeUndefined();
  });

  it("is not told as having overtaken a draft that was approved a moment before", async () => {
    await begin({ action: "draft" });
    await say("1", "Could you send me the report?");
    const [waiting] = await scene.store.cdc.pendingDrafts(scene.clock.now(), 5);
    const told: string[] = [];
    const item = {
      seq: 9,
      conversation: room,
      receivedAt: 0,
      message: inbound("9", { text: "Here.", sender: owner, isOwn: true, sentAt: scene.clock.now() }),
    };
    const watched = await watchMail(
      { ...process.deps, onOvertaken: ({ id }) => void told.push(id) },
      [item],
      scene.policy!,
      "guest",
      new AbortController().signal,
    );
    await fromOwner("3", `/approve ${waiting?.id}`);
    if (watched?.kind === "record") await scene.store.write(watched.save);
    expect(shownIn("room")).toEqual(["My answer."]);
    expect(told).toEqual([]);
  });
});

describe("what is noted", () => {
  it("reminds of a question of ours to which only a machine answered", async () => {
    await begin({ action: "draft" });
    await say("1", "Can you tell me the price?", { sender: owner, isOwn: true, isAddressed: false });
    scene.clock.advance(60_000);
    await say("2", "I am out of the office until Monday.", { isAutomated: true });
    expect(await scene.store.cdc.waitingFollowUps(5)).toMatchObject([{ kind: "reminder" }]);
  });

  it("does not say that it answered what was left to the owner", async () => {
    await begin({ action: "auto" }, () => "For you: only you know the price.");
    await say("1", "Could you send me the report?");
    expect(shownIn("room")).toEqual([]);
    expect((await decisionOf("1"))?.action).toBe("escalate");
  });

  it("counts one answer to three messages of one moment as one", async () => {
    await begin({ action: "auto" });
    for (const id of ["1", "2", "3"]) await take(id, `Could you send me report ${id}?`);
    await scene.settle(process);
    expect(shownIn("room")).toHaveLength(1);
    const counted = await scene.store.cdc.countAnswers(
      { senderId: "test:ada", conversation: room, channel: "test" },
      0,
    );
    expect(counted.sender).toBe(1);
  });

  it("shows on the card all that the draft answers", async () => {
    await begin({ action: "approve" });
    await take("1", "Could you send me the report of March?");
    await take("2", "Thanks a lot!");
    await scene.settle(process);
    expect(shownIn("owner")[0]).toContain("report of March");
  });
});

describe("two at the same thread", () => {
  it("keeps both: mail that is judged while the owner approves", async () => {
    await begin({ action: "draft" });
    await say("1", "Could you send me the report?");
    scene.clock.advance(60_000);
    const [waiting] = await scene.store.cdc.pendingDrafts(scene.clock.now(), 5);
    const item = {
      seq: 9,
      conversation: room,
      receivedAt: 0,
      message: inbound("9", { text: "Thanks!", sentAt: scene.clock.now() - 1 }),
    };
    const signal = new AbortController().signal;
    const watched = await watchMail(process.deps, [item], scene.policy!, "member", signal);
    await fromOwner("3", `/approve ${waiting?.id}`);
    if (watched?.kind === "record") await scene.store.write(watched.save);
    expect((await scene.store.cdc.thread(room))?.ownerWroteAt).toBeGreaterThan(0);
  });

  it("shows a draft elsewhere only once it is committed", async () => {
    await begin({ action: "draft" });
    const shown: string[] = [];
    const { save, after } = await makeDraft(
      { ...process.deps, onDraft: ({ id }) => void shown.push(id) },
      {
        conversation: room,
        turnId: "t",
        question: inbound("1"),
        asked: "",
        reply: outbound("r"),
        reason: "",
        asksOwner: false,
      },
    );
    await scene.store
      .write(async (transaction) => {
        await save(transaction);
        throw new Error("the lease is lost");
      })
      .then(after)
      .catch(() => undefined);
    expect(await scene.store.cdc.pendingDrafts(scene.clock.now(), 5)).toEqual([]);
    expect(shown).toEqual([]);
  });
});

describe("what the owner is to be told", () => {
  it("waits where the owner cannot be reached for a moment: a reminder", async () => {
    await begin({ action: "draft" });
    await say("1", "Can you tell me the price?", { sender: owner, isOwn: true, isAddressed: false });
    const [reminder] = await scene.store.cdc.waitingFollowUps(5);
    scene.clock.advance((reminder?.dueAt ?? 0) - scene.clock.now() + 1);
    let asked = 0;
    const chores = createDeskChores({
      store: scene.store,
      log: silentLogger,
      now: scene.clock.now,
      wake: () => undefined,
      ownerPlace: async () => ((asked += 1) === 1 ? undefined : ownerChat),
      onDraftSettled: () => undefined,
    });
    await chores();
    await chores();
    await process.pump();
    await scene.settle(process);
    expect(shownIn("owner").join("\n")).toContain("No answer yet");
  });

  it("fails visibly when the card of a draft is refused", async () => {
    await begin({ action: "approve" });
    scene.platform.setDefault("refuses");
    await say("1", "Could you send me the report?");
    await passTime(60_000);
    expect(scene.troubles.length).toBeGreaterThan(0);
    expect((await scene.store.cdc.recentDrafts(0, 5))[0]?.state).toBe("undeliverable");
  });
});

describe("a draft that is put off", () => {
  it("is not put off until after its end", async () => {
    await begin({ action: "draft" });
    await say("1", "Could you send me the report?");
    const [waiting] = await scene.store.cdc.pendingDrafts(scene.clock.now(), 5);
    await fromOwner("2", `/snooze ${waiting?.id} 2w`);
    const after = await scene.store.cdc.draft(waiting?.id ?? "");
    expect(after?.snoozedUntil).toBeLessThan(after?.expiresAt ?? 0);
  });

  it("is shown once, at the time that was said last", async () => {
    await begin({ action: "draft" });
    await say("1", "Could you send me the report?");
    const [waiting] = await scene.store.cdc.pendingDrafts(scene.clock.now(), 5);
    await fromOwner("2", `/snooze ${waiting?.id} 1h`);
    await fromOwner("3", `/snooze ${waiting?.id} 1d`);
    const before = shownIn("owner").length;
    scene.clock.advance(2 * hourMs);
    await process.chores();
    await process.pump();
    await scene.settle(process);
    expect(shownIn("owner")).toHaveLength(before);
  });

  it("can be answered by a reaction when it is shown again", async () => {
    await begin({ action: "approve" });
    await say("1", "Could you send me the report?");
    const [waiting] = await scene.store.cdc.pendingDrafts(scene.clock.now(), 5);
    await fromOwner("2", `/snooze ${waiting?.id} 1h`);
    scene.clock.advance(2 * hourMs);
    await process.chores();
    await process.pump();
    await scene.settle(process);
    const again = scene.platform.shown.at(-1);
    expect(again?.text).toContain("A draft for");
    await take("3", "👍", {
      sender: owner,
      address: ownerChat,
      kind: "reaction",
      targetId: `p:${again?.outboundId}:${again?.part}`,
    });
    expect((await scene.store.cdc.draft(waiting?.id ?? ""))?.state).not.toBe("pending");
  });
});

it("prepares what it says of a thread from what stands there when it is written", async () => {
  await begin({ action: "draft" });
  const deps = { ...process.deps, ...(await process.deps.judge()), timeZone: "UTC" };
  scene.clock.advance(60_000);
  const at = scene.clock.now();
  const first = await prepareAnswered(deps, room, [{ text: "One.", hasFiles: false, sentAt: at }], "owner");
  const second = await prepareAnswered(deps, room, [{ text: "Two.", hasFiles: false, sentAt: at + 1 }], "us");
  await scene.store.write(first);
  await scene.store.write(second);
  expect((await scene.store.cdc.thread(room))?.ownerWroteAt).toBe(at);
});
