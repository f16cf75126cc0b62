import { readdir } from "node:fs/promises";
import { Readable } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import type { Channel } from "../../../src/core/channel.ts";
import type { Address } from "../../../src/core/message.ts";
import { failure } from "../../contracts/channel-harness.ts";
import { createRecordingSink, createSendContext, outbound, type RecordingSink } from "../../doubles/channel-context.ts";
import { ada, createMac, group, type MacSetup } from "./harness.ts";

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const toAda: Address = { channel: "imessage", chat: `-;${ada}` };
const noSignal = new AbortController().signal;

async function create(settings: { readonly isOld?: boolean } = {}): Promise<MacSetup> {
  const made = await createMac(settings);
  cleanups.push(made.close);
  return made;
}

async function run(channel: Channel, sink: RecordingSink = createRecordingSink()): Promise<RecordingSink> {
  const stop = new AbortController();
  const ended = channel.start(sink, stop.signal);
  cleanups.push(async () => {
    stop.abort();
    await ended.catch(() => undefined);
  });
  await Promise.race([sink.waitForState("up"), ended]);
  return sink;
}

describe("osascript", () => {
  it("gets the words as arguments, whatever they are, and never as part of the script", async () => {
    const { mac, create: make } = await create();
    const channel = make();
    const nasty = '" & (do shell script "touch /tmp/x") & "\n-e return\n\\ $(id) `id` “ö👍';
    await channel.send(outbound(toAda, nasty), createSendContext());
    await channel.send(outbound(toAda, "-e"), createSendContext());
    expect(mac.sent().map(({ text }) => text)).toEqual([nasty.replaceAll("`", ""), "-e"]);
    expect(mac.calls()[0]).toEqual(["person text", ada, nasty.replaceAll("`", "")]);
  });

  it("writes to a chat that was seen by its GUID, and to anybody else as a person", async () => {
    const { mac, create: make } = await create();
    const channel = make();
    const sink = await run(channel);
    mac.receive({ from: ada, text: "hi", chat: group });
    const [message] = await sink.waitFor(1);
    if (message === undefined) throw new Error("nothing came");
    await channel.send(outbound(message.address, "in the group"), createSendContext());
    await channel.send(outbound(toAda, "to you"), createSendContext());
    expect(mac.calls().map(([kind, target]) => [kind, target])).toEqual([
      ["chat text", group],
      ["person text", ada],
    ]);
  });

  it("lays files where Messages can read them, under their own names", async () => {
    const { mac, disk, create: make } = await create();
    const file = await disk.files.save(Readable.from([Buffer.from("%PDF-1.7")]), { name: "report.pdf" });
    const named = { ...file, name: "../../evil.pdf" };
    await make().send(outbound(toAda, "", { attachments: [file, named] }), createSendContext());
    expect(
      mac.sent().flatMap(({ files }) => files.map(({ name, content }) => [name, Buffer.from(content).toString()])),
    ).toEqual([
      ["report.pdf", "%PDF-1.7"],
      ["evil.pdf", "%PDF-1.7"],
    ]);
    expect(await readdir(mac.outboxFolder)).toHaveLength(2);
    for (const [, , location = ""] of mac.calls()) expect(location.startsWith(`${mac.outboxFolder}/`)).toBe(true);
  });

  it.each([
    ["-1743", "forbidden", /does not let Parlance control/],
    ["-1728", "send-rejected", /does not know/],
    ["-600", "unreachable", /does not run/],
    ["-1712", "send-uncertain", /Nobody can tell/],
    ["-9999", "send-uncertain", /Nobody can tell/],
  ])("says what AppleScript's %s means, and not the words", async (how, code, words) => {
    const { mac, create: make } = await create();
    mac.failNext(how);
    const error = await failure(make().send(outbound(toAda, "secret words"), createSendContext()));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(words);
    expect(JSON.stringify([error.message, error.hint, String(error.stack)])).not.toContain("secret words");
  });

  it("is missed with a word where there is none", async () => {
    const { create: make } = await create();
    const { PATH: path } = process.env;
    process.env["PATH"] = "/nowhere";
    try {
      const error = await failure(make().send(outbound(toAda, "hi"), createSendContext()));
      expect(error).toMatchObject({ code: "unsupported", hint: "Only a Mac has it." });
    } finally {
      process.env["PATH"] = path;
    }
  });

  it("that says nothing and sends nothing leaves the outcome open", async () => {
    const { mac, create: make } = await create();
    mac.failNext("lost");
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 400);
    const sending = make().send(outbound(toAda, "hi"), createSendContext([], { signal: stop.signal }));
    expect((await failure(sending)).code).toBe("send-uncertain");
  });
});

describe("the history", () => {
  it("is read whatever macOS wrote it, with what that one has", async () => {
    const { mac, create: make } = await create({ isOld: true });
    const sink = await run(make());
    mac.receive({ text: "in a column", isArchived: false });
    mac.receive({ text: `in an archive ${"ö".repeat(300)}` });
    expect((await sink.waitFor(2)).map(({ text }) => text)).toEqual([
      "in a column",
      `in an archive ${"ö".repeat(300)}`,
    ]);
  });

  it("tells of tapbacks, replies and changes, each once", async () => {
    const { mac, create: make } = await create();
    const channel = make();
    const sink = await run(channel);
    const [ours = ""] = await channel.send(outbound(toAda, "shall I?"), createSendContext());
    mac.receive({ text: "Loved “shall I?”", tapback: { on: ours, type: 2000 } });
    mac.receive({ text: "Reacted 🔥 to “shall I?”", tapback: { on: ours, type: 2006, emoji: "🔥" } });
    const reply = mac.receive({ text: "yes", replyTo: ours });
    await sink.waitFor(3);
    mac.edit(reply, "yes, do");
    await sink.waitFor(4);
    mac.edit(reply, undefined);
    const seen = (await sink.waitFor(5)).map(({ kind, text, targetId, replyToId }) => [
      kind,
      text,
      targetId ?? replyToId,
    ]);
    expect(seen).toEqual([
      ["reaction", "❤️", ours],
      ["reaction", "🔥", ours],
      ["message", "yes", ours],
      ["edit", "yes, do", reply],
      ["deletion", "", reply],
    ]);
    await new Promise((resolve) => void setTimeout(resolve, 300));
    expect(sink.receivedIds).toHaveLength(5);
  });

  it("is read on after a restart, changes of old messages too", async () => {
    const { mac, create: make } = await create();
    const sink = createRecordingSink();
    const stop = new AbortController();
    const first = make().start(sink, stop.signal);
    await sink.waitForState("up");
    const guid = mac.receive({ text: "before" });
    await sink.waitFor(1);
    stop.abort();
    await first;
    mac.edit(guid, "changed meanwhile");
    mac.receive({ text: "meanwhile" });
    await run(make(), sink);
    expect((await sink.waitFor(3)).slice(1).map(({ kind, text }) => [kind, text])).toEqual([
      ["message", "meanwhile"],
      ["edit", "changed meanwhile"],
    ]);
  });

  it("is waited for until a message is in its chat", async () => {
    const { mac, create: make } = await create();
    const sink = await run(make());
    const guid = mac.receive({ text: "slow", isJoined: false });
    mac.receive({ text: "next" });
    await new Promise((resolve) => void setTimeout(resolve, 300));
    expect(sink.messages).toEqual([]);
    mac.join(guid, `any;-;${ada}`);
    expect((await sink.waitFor(2)).map(({ text }) => text)).toEqual(["slow", "next"]);
  });

  it("that macOS does not show ends the channel with what to do", async () => {
    const { create: make } = await create();
    const sink = createRecordingSink();
    const error = await failure(make({ chatDb: "/nowhere/chat.db" }).start(sink, noSignal));
    expect(error).toMatchObject({ code: "forbidden", hint: expect.stringContaining("Full Disk Access") as string });
    expect(sink.states.at(-1)?.state).toBe("down");
  });

  it("has the files where they lie", async () => {
    const { mac, create: make } = await create();
    const sink = await run(make());
    mac.receive({ text: "look", file: { name: "dot.png", content: Buffer.from("89504e470d0a1a0a", "hex") } });
    expect((await sink.waitFor(1))[0]?.attachments).toMatchObject([{ name: "dot.png", mimeType: "image/png" }]);
  });
});
