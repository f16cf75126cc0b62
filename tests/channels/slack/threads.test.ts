import { describe, expect, it } from "vitest";
import type { Address } from "../../../src/core/message.ts";
import { createSendContext, outbound, waitUntil } from "../../doubles/channel-context.ts";
import { createWorkspaces } from "./workspace.ts";

describe("threads in Slack", () => {
  const { run } = createWorkspaces();

  it("answer a mention in a thread below it, and go on there without one, after a restart too", async () => {
    const first = await run();
    const { fake, disk } = first;
    const ts = first.say({ chat: "C0OPS", text: `<@${fake.bot.userId}> is it green?` });
    const address = (await first.sink.waitFor(1))[0]?.address as Address;
    expect(address).toEqual({ channel: "slack", chat: "C0OPS", thread: ts });
    await first.channel.send(outbound(address, "It is."), createSendContext());
    expect(fake.sent().at(-1)).toMatchObject({ chat: "C0OPS", thread_ts: ts });
    first.say({ chat: "C0OPS", thread: ts, text: "and yesterday?" });
    first.say({ chat: "C0OPS", thread: ts, text: "<@U0BOB> did you see?" });
    first.say({ chat: "C0OPS", text: "lunch, anyone?" });
    const [, second, third, fourth] = await first.sink.waitFor(4);
    expect(second).toMatchObject({ text: "and yesterday?", address, isAddressed: true });
    expect(third).toMatchObject({ text: "@Bob did you see?", address, isAddressed: false });
    expect(fourth).toMatchObject({ text: "lunch, anyone?", isAddressed: false });
    expect(fourth?.address.thread).toBeUndefined();
    await first.end();
    const again = await run({ fake, disk });
    again.say({ chat: "C0OPS", thread: ts, text: "still there?" });
    expect((await again.sink.waitFor(1)).at(-1)).toMatchObject({ text: "still there?", address, isAddressed: true });
  });

  it("take a message whose thread was never ours for talk among others", async () => {
    const { fake, say, sink } = await run();
    const head = fake.write({ chat: "C0OPS", user: "U0BOB", text: "standup" }).message.ts;
    say({ chat: "C0OPS", thread: head, text: "I fixed it" });
    await waitUntil(() => sink.messages.some(({ text }) => text === "I fixed it"));
    expect(sink.messages.find(({ text }) => text === "I fixed it")).toMatchObject({
      isAddressed: false,
      address: { thread: head },
    });
  });

  it("hand a mention over once, whichever of its two events comes first", async () => {
    const { fake, tell, sink, say } = await run();
    const { event } = fake.write({
      chat: "C0OPS",
      text: `<@${fake.bot.userId}> look`,
      file: { name: "dot.png", content: Buffer.from("89504e470d0a1a0a", "hex") },
    });
    tell({ ...event, type: "app_mention" });
    tell(event);
    say({ text: "marker" });
    await waitUntil(() => sink.messages.some(({ text }) => text === "marker"));
    await waitUntil(() => sink.receivedIds.length >= 3);
    expect(sink.messages.filter(({ text }) => text === "look")).toHaveLength(1);
    expect(sink.messages.find(({ text }) => text === "look")?.attachments).toHaveLength(1);
    expect(fake.calls.get("download")).toBe(1);
  });

  it("have reactions counted where their message stands", async () => {
    const { fake, channel, tell, sink, say } = await run();
    const ts = say({ chat: "C0OPS", text: `<@${fake.bot.userId}> hello` });
    const address = (await sink.waitFor(1))[0]?.address as Address;
    const [id = ""] = await channel.send(outbound(address, "hello"), createSendContext());
    const ours = id.split(":")[1];
    const react = (type: string): void =>
      tell({
        type,
        user: "U0ADA",
        reaction: "tada",
        item_user: fake.bot.userId,
        item: { type: "message", channel: "C0OPS", ts: ours },
        event_ts: fake.store.nextTs(),
      });
    react("reaction_added");
    react("reaction_removed");
    const [, added, removed] = await sink.waitFor(3);
    expect(added).toMatchObject({ kind: "reaction", text: "🎉", targetId: id, address: { thread: ts } });
    expect(removed).toMatchObject({ kind: "reaction", text: "", targetId: id, address: { thread: ts } });
  });

  it("show that we work, in threads only", async () => {
    const { fake, channel } = await run();
    const { signal } = new AbortController();
    await channel.typing?.({ channel: "slack", chat: "C0OPS", thread: "1.2" }, signal);
    await channel.typing?.({ channel: "slack", chat: "D0ADA" }, signal);
    expect(fake.statuses).toEqual([{ chat: "C0OPS", thread: "1.2", status: "is thinking…" }]);
    fake.failNext("assistant.threads.setStatus", { error: "missing_scope", needed: "chat:write" });
    await channel.typing?.({ channel: "slack", chat: "C0OPS", thread: "1.2" }, signal);
  });
});
