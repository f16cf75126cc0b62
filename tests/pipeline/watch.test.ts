import { afterEach, describe, expect, it } from "vitest";
import type { InboundMessage } from "../../src/core/message.ts";
import type { ChannelPolicy, ReplyPolicy } from "../../src/pipeline/policy.ts";
import { createScriptedModel, type ScriptedModel } from "../doubles/scripted-model.ts";
import { inbound, room } from "../store/mail.ts";
import { createFakePlatform } from "./fake-platform.ts";
import { createScene, type Process, type Scene, type SceneOptions } from "./scene.ts";

let scene: Scene;
let process: Process;
let model: ScriptedModel;
afterEach(() => scene.close());

const owner = { id: "test:owner", name: "Grace", isBot: false };
const ownerChat = { channel: "test", chat: "owner" };

async function begin(
  reply: Partial<ReplyPolicy> | undefined,
  policy: Partial<ChannelPolicy> = {},
  options: Partial<SceneOptions> = {},
): Promise<void> {
  model = createScriptedModel(() => "My answer.");
  scene = await createScene({
    platform: createFakePlatform(),
    model,
    ownerIds: ["test:owner"],
    ownerPlace: ownerChat,
    policy: {
      ...policy,
      ...(reply === undefined ? {} : { reply: { action: "auto", escalateFrom: "high", ...reply } }),
    },
    ...options,
  });
  process = scene.begin();
}

async function say(id: string, text: string, extra: Partial<InboundMessage> = {}): Promise<void> {
  await process.receive(inbound(id, { text, sentAt: scene.clock.now(), ...extra }));
  await scene.settle(process);
}
const fromOwner = (id: string, text: string, extra: Partial<InboundMessage> = {}) =>
  say(id, text, { sender: owner, address: ownerChat, ...extra });

const shownIn = (chat: string) => scene.platform.shown.filter((each) => each.chat === chat).map(({ text }) => text);
const decisionOf = (id: string) => scene.store.cdc.decisionOf("test", id);
const pending = () => scene.store.cdc.pendingDrafts(scene.clock.now(), 10);

describe("a channel that is answered in the owner's name", () => {
  it("answers a question by itself, and says why", async () => {
    await begin({ action: "auto" });
    await say("1", "Could you send me the report?");
    expect(shownIn("room")).toEqual(["My answer."]);
    expect(await decisionOf("1")).toMatchObject({ action: "reply", asks: true, senderName: "Ada" });
    await fromOwner("2", `/why ${(await decisionOf("1"))?.id}`);
    expect(shownIn("owner").at(-1)).toContain("I answered it, because it is a");
  });

  it("leaves thanks, newsletters and machines alone, each with its reason", async () => {
    await begin({ action: "auto" });
    await say("1", "Thanks a lot!");
    await say("2", "Could you confirm your address?", { isAutomated: true });
    expect(shownIn("room")).toEqual([]);
    expect(model.requests).toHaveLength(0);
    expect((await decisionOf("1"))?.reasons[0]).toContain("only a thank you");
    expect((await decisionOf("2"))?.action).not.toBe("reply");
  });

  it("drafts, sends nothing, and sends once what the owner approves", async () => {
    await begin({ action: "draft" });
    await say("1", "Could you send me the report?");
    expect(scene.platform.shown).toEqual([]);
    expect([scene.platform.typed, scene.platform.previews]).toEqual([[], []]);
    const [draft] = await pending();
    expect(draft).toMatchObject({ state: "pending", conversation: room, question: { senderName: "Ada" } });
    expect(draft?.message).toMatchObject({ text: "My answer.", replyToId: "1" });

    await Promise.all(["a", "b"].map((id) => fromOwner(id, `/approve ${draft?.id}`)));
    await scene.settle(process);
    expect(shownIn("room")).toEqual(["My answer."]);
    expect(shownIn("owner").toSorted()).toEqual(["Sent.", "This was answered already."]);
    expect((await scene.store.cdc.draft(draft?.id ?? ""))?.state).toBe("sent");
  });

  it("asks in chat where it shall, and sends the owner's words instead", async () => {
    await begin({ action: "approve" });
    await say("1", "Could you send me the report?");
    const [draft] = await pending();
    expect(shownIn("owner")[0]).toContain(`/approve ${draft?.id}`);
    expect(shownIn("owner")[0]).toContain("Could you send me the report?");
    await fromOwner("2", `/edit ${draft?.id} Here it is,\nG.`);
    expect(shownIn("room")).toEqual(["Here it is,\nG."]);
    expect(await scene.store.cdc.draft(draft?.id ?? "")).toMatchObject({ state: "sent", sentText: "Here it is,\nG." });
  });

  it("lets nobody but owners and admins answer drafts", async () => {
    await begin({ action: "draft" });
    await say("1", "Could you send me the report?");
    const [draft] = await pending();
    await say("2", `/approve ${draft?.id}`, { sender: { id: "test:bob", name: "Bob", isBot: false } });
    // In the owner's account a stranger is not even told that there is something to answer.
    expect(shownIn("room")).toEqual([]);
    expect((await scene.store.cdc.draft(draft?.id ?? ""))?.state).toBe("pending");
  });

  it("keeps one draft per thread until it is answered", async () => {
    await begin({ action: "draft" });
    await say("1", "Could you send me the report?");
    await say("2", "Can you also send the invoice?");
    expect(await pending()).toHaveLength(1);
    expect((await decisionOf("2"))?.reasons).toContain("a draft in this thread waits for you");
    const [draft] = await pending();
    await fromOwner("3", `/reject ${draft?.id}`);
    await say("4", "Could you send me the invoice?");
    expect(await pending()).toHaveLength(1);
    expect(shownIn("room")).toEqual([]);
  });

  it("tells the owner of what presses, and sends nothing by itself", async () => {
    await begin({ action: "auto" });
    await say("1", "URGENT: can you restart the server right now?");
    expect(shownIn("room")).toEqual([]);
    expect(shownIn("owner")).toHaveLength(1);
    expect(await pending()).toHaveLength(1);
  });

  it("fails visibly when the owner should be asked and cannot be", async () => {
    await begin({ action: "approve" }, {}, { ownerPlace: undefined as never });
    await say("1", "Could you send me the report?");
    expect(scene.platform.shown).toEqual([]);
    const [draft] = await scene.store.cdc.recentDrafts(0, 5);
    expect(draft).toMatchObject({ state: "undeliverable", reason: expect.stringContaining("could not be asked") });
    expect(await pending()).toEqual([]);
  });

  it("waits for the end of quiet hours, and answers then, once", async () => {
    await begin({ action: "auto", quiet: { fromMinutes: 0, toMinutes: 1439 } });
    await say("1", "Could you send me the report?");
    expect(shownIn("room")).toEqual([]);
    const [followUp] = await scene.store.cdc.waitingFollowUps(5);
    expect(followUp?.kind).toBe("answer");
    scene.clock.advance((followUp?.dueAt ?? 0) - scene.clock.now());
    await process.chores();
    await process.chores();
    await scene.settle(process);
    expect(shownIn("room")).toEqual(["My answer."]);
    expect(await scene.store.cdc.waitingFollowUps(5)).toEqual([]);
  });

  it("sends nothing while the owner wants it quiet, and answers afterwards", async () => {
    await begin({ action: "auto" });
    await fromOwner("q", "/quiet 2h");
    await say("1", "Could you send me the report?");
    expect(shownIn("room")).toEqual([]);
    scene.clock.advance(2 * 3_600_000 + 60_000);
    await process.chores();
    await scene.settle(process);
    expect(shownIn("room")).toEqual(["My answer."]);
    await fromOwner("r", "/quiet");
    expect(shownIn("owner").at(-1)).toContain("It is not quiet now");
  });

  it("forgets what it planned when the owner has answered", async () => {
    await begin({ action: "auto", quiet: { fromMinutes: 0, toMinutes: 1439 } });
    await say("1", "Could you send me the report?");
    scene.clock.advance(60_000);
    await say("2", "Here you are.", { sender: owner, isOwn: true, isAddressed: false });
    expect(await scene.store.cdc.waitingFollowUps(5)).toEqual([]);
    scene.clock.advance(86_400_000);
    await process.chores();
    await scene.settle(process);
    expect(shownIn("room")).toEqual([]);
    expect((await scene.store.cdc.thread(room))?.status).toBe("done");
  });

  it("takes no order from what the account says itself elsewhere", async () => {
    await begin(undefined);
    await say("1", "/stop", { sender: owner, isOwn: true, isAddressed: false });
    expect(scene.platform.shown).toEqual([]);
  });

  it("drops a draft that the owner overtook, and keeps what they wrote", async () => {
    await begin({ action: "draft" });
    await say("1", "Could you send me the report?");
    scene.clock.advance(60_000);
    await say("2", "Here you are.", { sender: owner, isOwn: true, isAddressed: false });
    expect(await pending()).toEqual([]);
    expect((await scene.store.cdc.recentDrafts(0, 5))[0]).toMatchObject({
      state: "overtaken",
      sentText: "Here you are.",
    });
  });

  it("answers three times an hour and no more, also after a restart", async () => {
    await begin({ action: "auto" });
    for (const id of ["1", "2"]) {
      await say(id, "Could you send me the report?");
      scene.clock.advance(60_000);
    }
    process.kill();
    process = scene.begin();
    for (const id of ["3", "4", "5"]) {
      await say(id, "Could you send me the report?");
      scene.clock.advance(60_000);
    }
    expect(shownIn("room")).toHaveLength(3);
    expect((await decisionOf("5"))?.action).not.toBe("reply");
    scene.clock.advance(7_200_000);
    await say("6", "Could you send me the report?");
    expect(shownIn("room")).toHaveLength(3); // three without a person of ours: the loop guard holds
    await say("7", "It lies in the shared folder.", { sender: owner, isOwn: true, isAddressed: false });
    scene.clock.advance(60_000);
    await say("8", "Could you send me the report?");
    expect(shownIn("room")).toHaveLength(4);
  });
});

describe("what is promised", () => {
  const fromBob = { sender: { id: "test:bob", name: "Bob", isBot: false } };

  it("is kept in mind, told when it is due, and settled when it is kept", async () => {
    await begin({ action: "draft" });
    await say("1", "I'll send you the contract by tomorrow.", fromBob);
    const [promise] = await scene.store.cdc.openPromises(5);
    expect(promise).toMatchObject({ madeBy: "other", person: "Bob", state: "open" });
    const [followUp] = await scene.store.cdc.waitingFollowUps(5);
    expect(followUp).toMatchObject({ kind: "promise", ref: promise?.id });
    scene.clock.advance((followUp?.dueAt ?? 0) - scene.clock.now());
    await process.chores();
    await process.chores();
    await process.pump();
    await scene.settle(process);
    expect(shownIn("owner")).toHaveLength(1);
    expect(shownIn("owner")[0]).toContain("send you the contract");

    await say("2", "I'll send you the invoice by Friday.", fromBob);
    scene.clock.advance(60_000);
    await say("3", "Here it is, as promised.", fromBob);
    expect(await scene.store.cdc.openPromises(5)).toEqual([]);
    scene.clock.advance(10 * 86_400_000);
    await process.chores();
    await scene.settle(process);
    expect(shownIn("owner")).toHaveLength(1);
  });

  it("brings a question of ours up again that nobody answers, and not one that was answered", async () => {
    await begin({ action: "draft" });
    const own = { sender: owner, isOwn: true, isAddressed: false };
    await say("1", "Can you tell me the price?", own);
    expect((await scene.store.cdc.thread(room))?.status).toBe("awaiting-reply");
    expect(await scene.store.cdc.waitingFollowUps(5)).toMatchObject([{ kind: "reminder" }]);
    scene.clock.advance(60_000);
    await say("2", "It is 40 euros.", fromBob);
    expect(await scene.store.cdc.waitingFollowUps(5)).toEqual([]);
    await say("3", "Can you make it 30?", own);
    scene.clock.advance(6 * 86_400_000);
    await process.chores();
    await process.pump();
    await scene.settle(process);
    expect(shownIn("owner")[0]).toContain("No answer yet");
  });
});

describe("a channel that is only listened to", () => {
  it("emits nothing, drafts, and tells the owner elsewhere", async () => {
    await begin({ action: "draft" }, { mode: "listen" });
    await say("1", "Could you send me the report?");
    await say("2", "/help");
    expect(scene.platform.shown).toEqual([]);
    expect(await pending()).toHaveLength(1);
    expect((await decisionOf("1"))?.action).toBe("draft");
  });

  it("calls no model where nobody asked for drafts", async () => {
    await begin(undefined, { mode: "listen" });
    await say("1", "Could you send me the report?");
    expect(model.requests).toHaveLength(0);
    expect((await decisionOf("1"))?.action).toBe("digest");
  });
});

describe("a group", () => {
  const inGroup = { isGroup: true, isAddressed: false };

  it("leaves a question between two others alone", async () => {
    await begin({ action: "auto" });
    await say("0", "morning all", { ...inGroup, sender: { id: "test:bob", name: "Bob", isBot: false } });
    await say("1", "Bob, can you review my change?", inGroup);
    expect(scene.platform.shown).toEqual([]);
    expect((await decisionOf("1"))?.action).toBe("ignore");
  });

  it("knows that the owner has answered in the room", async () => {
    await begin({ action: "approve" });
    await say("1", "Ada, could you send me the report?", {
      ...inGroup,
      sender: { id: "test:bob", name: "Bob", isBot: false },
    });
    expect(await pending()).toHaveLength(1);
    scene.clock.advance(60_000);
    await say("2", "Sent it.", { ...inGroup, sender: owner });
    expect(await pending()).toEqual([]);
  });
});
