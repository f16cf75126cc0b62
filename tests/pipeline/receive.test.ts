import { afterEach, describe, expect, it } from "vitest";
import type { InboundMessage } from "../../src/core/message.ts";
import type { ChannelPolicy } from "../../src/pipeline/policy.ts";
import { createScriptedModel, type Script } from "../doubles/scripted-model.ts";
import { inbound, room } from "../store/mail.ts";
import { createFakePlatform } from "./fake-platform.ts";
import { createScene, type Process, type Scene } from "./scene.ts";

let scene: Scene;
let process: Process;

async function begin(policy: Partial<ChannelPolicy> = {}, script: Script = () => "An answer."): Promise<void> {
  scene = await createScene({
    platform: createFakePlatform(),
    model: createScriptedModel(script),
    policy,
    ownerIds: ["test:owner"],
  });
  process = scene.begin();
}
afterEach(() => scene.close());

const stranger = { id: "test:eve", name: "Eve", isBot: false };
const owner = { id: "test:owner", name: "Grace", isBot: false };
const receive = (id: string, extra: Partial<InboundMessage> = {}) => process.receive(inbound(id, extra));
const texts = () => scene.platform.shown.map(({ text }) => text);
const auditKinds = async () =>
  (
    await scene.store.database.read<{ kind: string }>({
      sql: "select kind from audit where kind <> 'audit.chain-started' order by chain, seq",
      parameters: [],
    })
  ).map(({ kind }) => kind);

describe("the front door", () => {
  it("commits a message, its audit row and the bell before it says yes; says duplicate after that", async () => {
    await begin();
    expect(await receive("1")).toBe("accepted");
    expect([...scene.wakes.keys()]).toEqual([room]);
    expect((await scene.store.unreadMail(room, 10)).length).toBe(1);
    expect(await auditKinds()).toEqual(["message.received"]);
    expect(await Promise.all([receive("1"), receive("1")])).toEqual(["duplicate", "duplicate"]);
    await scene.settle(process);
    expect(await receive("1")).toBe("duplicate");
    await scene.settle(process);
    expect(texts()).toEqual(["An answer."]);
  });

  it("rejects when nothing could be stored, so that the platform delivers it again", async () => {
    await begin();
    const store = scene.store;
    const { write } = store;
    (store as { write: unknown }).write = () => Promise.reject(new Error("disk full"));
    await expect(receive("1")).rejects.toThrow("disk full");
    (store as { write: unknown }).write = write;
    expect(scene.wakes.size).toBe(0);
    expect(await receive("1")).toBe("accepted");
  });

  it("is not held up by a bell that does not ring", async () => {
    await begin();
    scene.wakes.set = () => {
      throw new Error("no queue");
    };
    expect(await receive("1")).toBe("accepted");
    expect(await scene.store.unreadMail(room, 10)).toHaveLength(1);
  });

  it("refuses whom nobody let in, once per message and without keeping the text", async () => {
    await begin({ access: "allow" });
    expect(await receive("1", { sender: stranger, text: "secret" })).toBe("refused");
    expect(await receive("1", { sender: stranger, text: "secret" })).toBe("duplicate");
    await scene.settle(process);
    expect(texts()).toEqual([]);
    expect(await auditKinds()).toEqual(["message.refused"]);
    const rows = await scene.store.database.read<{ message: string }>({
      sql: "select message from inbox",
      parameters: [],
    });
    expect(rows.map(({ message }) => message.includes("secret"))).toEqual([false]);
  });

  it("offers a stranger three codes, and lets in whoever an owner names", async () => {
    await begin({ access: "pairing" });
    for (const id of ["1", "2", "3", "4"]) await receive(id, { sender: stranger });
    await receive("1", { sender: stranger });
    await scene.settle(process);
    expect(texts()).toHaveLength(3);
    const code = /\/pair (\w+)/.exec(texts()[0] ?? "")?.[1] ?? "";
    await receive("5", { sender: owner, text: `/pair ${code}` });
    await scene.settle(process);
    expect((await scene.store.person("test:eve"))?.role).toBe("member");
    expect(texts().slice(3).toSorted()).toEqual([
      "Eve (`test:eve`) is let in as a member.",
      "You are let in. Write to me as you like.",
    ]);
    await receive("6", { sender: stranger });
    await scene.settle(process);
    expect(texts().at(-1)).toBe("An answer.");
  });

  it("offers no code where it would go to somebody else", async () => {
    await begin({ access: "pairing", forgeableSenders: true });
    expect(await receive("1", { sender: stranger })).toBe("refused");
    scene.policy = { ...(scene.policy as ChannelPolicy), forgeableSenders: false };
    expect(await receive("2", { sender: stranger, isGroup: true })).toBe("refused");
    expect(await receive("3", { sender: { ...stranger, isBot: true } })).toBe("refused");
    expect(await receive("4", { sender: stranger, isAutomated: true })).toBe("refused");
    await scene.settle(process);
    expect(texts()).toEqual([]);
  });

  it("keeps the blocked out, however open the channel", async () => {
    await begin({ access: "open" });
    await scene.store.write((transaction) => transaction.savePerson({ id: "test:eve", name: "Eve", role: "blocked" }));
    expect(await receive("1", { sender: stranger })).toBe("refused");
    expect(await receive("2", { sender: stranger, text: "/stop" })).toBe("refused");
    await scene.settle(process);
    expect(scene.platform.sends).toBe(0);
  });

  it("takes a stranger in an open channel for a guest", async () => {
    await begin({ access: "open" });
    await receive("1", { sender: stranger, text: "/whoami" });
    await receive("2", { sender: stranger, text: "/approvals" });
    await scene.settle(process);
    expect(texts()[0]).toContain("a guest here");
    expect(texts()[1]).toContain("is for admins");
  });

  it("takes nobody for more than a guest where senders can be forged", async () => {
    await begin({ forgeableSenders: true });
    await receive("1", { sender: owner, text: "/whoami" });
    await scene.settle(process);
    expect(texts()[0]).toContain("a guest here");
  });

  it("says and shows nothing at all on a channel that only listens, whatever is written there", async () => {
    await begin({ mode: "listen", access: "pairing" });
    const mail = ["hello", "/help", "/stop", "/approve abc", "/new"];
    for (const [index, text] of mail.entries()) {
      for (const sender of [stranger, owner])
        expect(await receive(`${index}${sender.id}`, { text, sender })).toBe("accepted");
      await scene.settle(process);
    }
    expect(scene.platform).toMatchObject({ sends: 0, typed: [], previews: [], edits: [] });
    expect(new Set(scene.outcomes)).toEqual(new Set(["turn.recorded"]));
    const kept = await scene.store.history(room, {
      session: 1,
      afterSeq: 0,
      limit: 100,
      hasPins: false,
    });
    expect(kept).toHaveLength(mail.length * 2);
  });

  it("ignores everything on a channel that is off, and reactions everywhere", async () => {
    await begin();
    expect(await receive("1", { kind: "reaction" })).toBe("ignored");
    scene.policy = { ...(scene.policy as ChannelPolicy), mode: "off" };
    expect(await receive("2")).toBe("ignored");
    scene.policy = undefined;
    expect(await receive("3")).toBe("ignored");
    expect(await auditKinds()).toEqual([]);
  });

  it("keeps what machines and bystanders write as context, and answers with it in mind", async () => {
    const questions: string[] = [];
    await begin({ mode: "mention" }, (request) => {
      questions.push(JSON.stringify(request.messages));
      return "An answer.";
    });
    const group = { isGroup: true, isAddressed: false };
    await receive("1", { ...group, text: "lunch?" });
    await receive("2", { ...group, sender: { ...stranger, isBot: true }, isAddressed: true });
    await receive("3", { ...group, kind: "edit" });
    await scene.settle(process);
    expect(scene.platform.sends).toBe(0);
    await receive("4", { ...group, isAddressed: true });
    await scene.settle(process);
    expect(texts()).toEqual(["An answer."]);
    expect(questions[0]).toContain("lunch?");
  });

  it("takes out what nobody can see, and keeps the rest to the letter", async () => {
    await begin();
    await receive("1", { text: "a\u202eb\ud800\u0000 \u{1f468}\u200d\u{1f469}" });
    const [item] = await scene.store.unreadMail(room, 1);
    expect(item?.message.text).toBe("ab\ufffd \u{1f468}\u200d\u{1f469}");
  });
});
