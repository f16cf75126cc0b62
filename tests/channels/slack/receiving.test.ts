import { buffer } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import type { Attachment } from "../../../src/core/message.ts";
import { createSendContext, createTestDisk, outbound, waitUntil } from "../../doubles/channel-context.ts";
import { pressPayload } from "./harness.ts";
import { createWorkspaces, type Running } from "./workspace.ts";

const png = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");

describe("what Slack delivers", () => {
  const { run, fakeSlack } = createWorkspaces();

  const fileEvent = (running: Running, file: object): void =>
    running.tell({
      type: "message",
      subtype: "file_share",
      channel: "D0ADA",
      user: "U0ADA",
      text: "look",
      ts: running.fake.store.nextTs(),
      files: [{ id: "F0X", name: "dot.png", mimetype: "image/png", size: 16, mode: "hosted", ...file }],
    });

  it.each([
    ["that lies outside", { url_private: "https://example.org/steal" }, "it lies outside Slack"],
    [
      "of another provider",
      { is_external: true, url_private: "https://docs.example.org/d" },
      "https://docs.example.org/d",
    ],
    ["that was deleted", { mode: "tombstone" }, "it was deleted"],
  ])("remarks on a file %s, and sends our token nowhere", async (_which, file, words) => {
    const running = await run();
    fileEvent(running, file);
    const [message] = await running.sink.waitFor(1);
    expect(message?.attachments).toEqual([]);
    expect(message?.text).toContain("look");
    expect(message?.text).toContain(words);
  });

  it("remarks on a file that is too large, gone, or hidden by a missing scope", async () => {
    const fake = await fakeSlack();
    const running = await run({ fake, disk: createTestDisk(8) });
    running.say({ text: "large", file: { name: "dot.png", content: png } });
    fileEvent(running, { url_private: `${new URL(fake.url).origin}/files-pri/F0GONE` });
    const [large, gone] = await running.sink.waitFor(2);
    expect(large?.text).toContain("too large");
    expect(gone?.text).toContain("does not have it any more");
    const { event } = fake.write({ text: "page", file: { name: "dot.png", content: png, mimetype: "text/html" } });
    const [file] = (event as { files: object[] }).files;
    running.tell({ ...event, files: [{ ...file, mimetype: "image/png" }] });
    expect((await running.sink.waitFor(3))[2]?.text).toContain("files:read");
  });

  it("asks for a file of which a shared channel tells the id only", async () => {
    const running = await run();
    const { event } = running.fake.write({ text: "see", file: { name: "dot.png", content: png } });
    const [{ id }] = (event as { files: [{ id: string }] }).files;
    running.tell({ ...event, files: [{ id, mode: "file_access", file_access: "check_file_info" }] });
    const [message] = await running.sink.waitFor(1);
    const attachment = message?.attachments[0] as Attachment;
    expect(attachment).toMatchObject({ name: "dot.png", mimeType: "image/png" });
    expect(await buffer(running.disk.files.open(attachment))).toEqual(png);
  });

  it("asks for a name once, and goes by the id where it cannot be had", async () => {
    const { fake, say, sink } = await run();
    fake.failNext("users.info", { error: "missing_scope", needed: "users:read" });
    say({ user: "U0BOB", text: "nobody knows me" });
    say({ text: "hi" });
    say({ text: "<@U0BOB> hi again" });
    const messages = await sink.waitFor(3);
    expect(messages.map(({ sender }) => sender.name)).toEqual(["U0BOB", "Ada", "Ada"]);
    expect(messages[2]?.text).toBe("@U0BOB hi again");
    expect(fake.calls.get("users.info")).toBe(2);
  });

  it("keeps a chat in order while others go on", async () => {
    const { say, sink } = await run();
    const receive = sink.receive;
    Object.assign(sink, {
      receive: async (message: Parameters<typeof receive>[0]) => {
        if (message.text === "d0") await new Promise((resolve) => void setTimeout(resolve, 50));
        return receive(message);
      },
    });
    for (let index = 0; index < 10; index += 1) say({ text: `d${index}` });
    say({ chat: "C0OPS", text: "elsewhere" });
    await sink.waitFor(11);
    const texts = sink.messages.map(({ text }) => text);
    expect(texts.filter((text) => text.startsWith("d"))).toEqual(Array.from({ length: 10 }, (_, index) => `d${index}`));
    expect(texts[0]).toBe("elsewhere");
  });

  const slash = (running: Running, payload: object): string => {
    const envelope = running.fake.envelope("slash_commands", {
      command: "/parlance",
      user_id: "U0ADA",
      channel_id: "D0ADA",
      trigger_id: `9.${running.fake.store.nextTs()}`,
      ...payload,
    });
    running.fake.socket.send(envelope);
    return envelope.envelope_id;
  };

  it.each([
    [{ text: "help approve" }, "/help approve", "command"],
    [{ text: "/help approve" }, "/help approve", "command"],
    [{ text: "  STOP " }, "/STOP", "command"],
    [{ text: "" }, "/help", "command"],
    [{ text: "what &lt; is up?" }, "what < is up?", "message"],
    [{ command: "/stop", text: "" }, "/stop", "command"],
  ])("takes a slash command: %j", async (payload, text, kind) => {
    const running = await run();
    const id = slash(running, payload);
    const [message] = await running.sink.waitFor(1);
    expect(message).toMatchObject({ text, kind, isAddressed: true, address: { channel: "slack", chat: "D0ADA" } });
    await waitUntil(() => running.fake.socket.acknowledged.has(id));
    expect(running.fake.socket.acknowledged.get(id)).toEqual({ response_type: "in_channel" });
  });

  it("answers a slash command directly where the app is no member, and says so", async () => {
    const running = await run();
    for (const chat of ["C0FAR", "D0OTHERS"]) {
      const id = slash(running, { text: "help", channel_id: chat });
      await waitUntil(() => running.fake.socket.acknowledged.has(id));
      expect(running.fake.socket.acknowledged.get(id)).toMatchObject({ response_type: "ephemeral" });
    }
    for (const message of await running.sink.waitFor(2))
      expect(message).toMatchObject({ address: { channel: "slack", chat: "D0ADA" }, isGroup: false });
  });

  it("does not acknowledge a slash command or a press that was not stored", async () => {
    const running = await run();
    running.sink.failNext(1_000);
    const id = slash(running, { text: "help" });
    await waitUntil(() => running.sink.receivedIds.length > 0);
    await new Promise((resolve) => void setTimeout(resolve, 30));
    expect(running.fake.socket.acknowledged.has(id)).toBe(false);
  });

  it("carries long commands behind buttons, over a restart too, and tells who pressed", async () => {
    const first = await run();
    const command = `/approve ${"x".repeat(2_500)}`;
    const message = outbound({ channel: "slack", chat: "C0OPS" }, "May I?", { choices: [{ label: "Yes", command }] });
    const [id = ""] = await first.channel.send(message, createSendContext());
    await first.end();
    const { fake, sink } = await run({ fake: first.fake, disk: first.disk });
    fake.socket.send(fake.envelope("interactive", pressPayload(fake, "Yes", "U0BOB")));
    const [press] = await sink.waitFor(1);
    expect(press).toMatchObject({
      text: command,
      kind: "command",
      replyToId: id,
      isGroup: true,
      sender: { id: "slack:U0BOB", name: "Bob" },
    });
  });
});
