import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { createSendContext, outbound } from "../../doubles/channel-context.ts";
import { failure } from "../../contracts/channel-harness.ts";
import { describeSent } from "./harness.ts";
import { createWorkspaces } from "./workspace.ts";

const direct = { channel: "slack", chat: "D0ADA" };
const ops = { channel: "slack", chat: "C0OPS" };
const { signal } = new AbortController();

describe("sending to Slack", () => {
  const { run, create, fakeSlack } = createWorkspaces();

  it("honours a wait in its own conversation only, without asking again", async () => {
    const fake = await fakeSlack();
    const { channel } = create(fake);
    fake.failNext("chat.postMessage", "429", { retryAfterS: 60 });
    const error = await failure(channel.send(outbound(direct, "one"), createSendContext()));
    expect(error).toMatchObject({ code: "rate-limited", retryAfterMs: 60_000 });
    const again = await failure(channel.send(outbound(direct, "one"), createSendContext()));
    expect(again.code).toBe("rate-limited");
    expect(fake.calls.get("chat.postMessage")).toBe(1);
    await channel.send(outbound(ops, "elsewhere"), createSendContext());
    expect(fake.calls.get("chat.postMessage")).toBe(2);
  });

  it("honours a wait for its own method only", async () => {
    const fake = await fakeSlack();
    const { channel } = create(fake);
    const message = outbound(direct, "one");
    const [id = ""] = await channel.send(message, createSendContext());
    fake.failNext("chat.update", "429", { retryAfterS: 60 });
    for (let attempt = 0; attempt < 2; attempt += 1)
      expect((await failure(channel.edit?.(message, id, signal) ?? Promise.resolve())).code).toBe("rate-limited");
    expect(fake.calls.get("chat.update")).toBe(1);
    await channel.react?.(direct, id, "👍", signal);
    expect(fake.reactions).toHaveLength(1);
  });

  it.each([
    [{ error: "internal_error" }, "send-uncertain"],
    [{ error: "fatal_error" }, "send-uncertain"],
    [{ error: "service_unavailable" }, "unreachable"],
    [{ error: "rate_limited" }, "rate-limited"],
    [{ error: "is_archived" }, "send-rejected"],
    [{ error: "missing_scope", needed: "chat:write" }, "forbidden"],
    [{ error: "token_revoked" }, "unauthorised"],
  ] as const)("says what a refusal means: %j", async (how, code) => {
    const fake = await fakeSlack();
    fake.failNext("chat.postMessage", how);
    const error = await failure(create(fake).channel.send(outbound(direct, "one"), createSendContext()));
    expect(error.code).toBe(code);
    expect(error.retryAfterMs !== undefined).toBe(["unreachable", "rate-limited", "unauthorised"].includes(code));
    if ("needed" in how) expect(error.message).toContain(how.needed);
  });

  it("says how to be let into a channel", async () => {
    const fake = await fakeSlack();
    const error = await failure(
      create(fake).channel.send(outbound({ channel: "slack", chat: "C0FAR" }, "hi"), createSendContext()),
    );
    expect(error).toMatchObject({ code: "send-rejected", retryAfterMs: undefined });
    expect(error.hint).toContain("/invite");
  });

  it("sends the words where Slack refuses their looks", async () => {
    const fake = await fakeSlack();
    const { channel } = create(fake);
    for (const error of ["invalid_blocks", "invalid_attachments", "msg_blocks_too_long"]) {
      fake.failNext("chat.postMessage", { error });
      const message = outbound(direct, "# Title\n\n|a|b|\n|-|-|\n|1|2|", {
        choices: [{ label: "Go", command: "/go" }],
      });
      await channel.send(message, createSendContext());
      const sent = fake.sent().at(-1);
      expect(sent?.blocks?.map(({ type }) => type)).toEqual(["section", "actions"]);
      expect(sent?.attachments).toEqual([]);
      expect(sent === undefined ? "" : describeSent(sent, fake.store).text).toContain("1 | 2");
    }
  });

  it("shows a table as Slack's own, and takes it away with an edit that has none", async () => {
    const fake = await fakeSlack();
    const { channel } = create(fake);
    const message = outbound(direct, "before\n\n|a|b|\n|-|-|\n|1|2|");
    const [id = ""] = await channel.send(message, createSendContext());
    expect(fake.sent()[0]?.attachments?.[0]?.blocks?.[0]?.type).toBe("table");
    await channel.edit?.({ ...message, text: "after" }, id, signal);
    expect(fake.sent()[0]).toMatchObject({ attachments: [], text: "after" });
  });

  it("previews no link, and fills what notifications show", async () => {
    const fake = await fakeSlack();
    await create(fake).channel.send(
      outbound(direct, "see **https://example.org/?q=1** & <!here>"),
      createSendContext(),
    );
    expect(fake.lastCalls.get("chat.postMessage")).toMatchObject({
      unfurl_links: "false",
      unfurl_media: "false",
      text: "see https://example.org/?q=1 &amp; &lt;!here&gt;",
    });
  });

  it("says when there is nothing left to edit, and that others' messages cannot be", async () => {
    const fake = await fakeSlack();
    const { channel } = create(fake);
    const message = outbound(direct, "text");
    const gone = await failure(channel.edit?.(message, "D0ADA:1.000001", signal) ?? Promise.resolve());
    expect(gone.code).toBe("not-found");
    const theirs = fake.write({ text: "mine" }).message.ts;
    const refused = await failure(channel.edit?.(message, `D0ADA:${theirs}`, signal) ?? Promise.resolve());
    expect(refused.code).toBe("send-rejected");
  });

  it("reacts by Slack's names, once", async () => {
    const fake = await fakeSlack();
    const { channel } = create(fake);
    const { ts } = fake.write({ text: "hi" }).message;
    await channel.react?.(direct, `D0ADA:${ts}`, "👍🏽", signal);
    await channel.react?.(direct, `D0ADA:${ts}`, "👍🏽", signal);
    expect(fake.reactions).toEqual([{ chat: "D0ADA", ts, name: "+1::skin-tone-4" }]);
    const error = await failure(channel.react?.(direct, `D0ADA:${ts}`, "no emoji", signal) ?? Promise.resolve());
    expect(error.code).toBe("unsupported");
  });

  it("writes first to somebody", async () => {
    const fake = await fakeSlack();
    const { channel } = create(fake);
    expect(await channel.openDirect?.("slack:U0BOB")).toEqual({ channel: "slack", chat: "D0BOB" });
    expect((await failure(channel.openDirect?.("slack:U0NOBODY") ?? Promise.resolve())).message).toContain(
      "user_not_found",
    );
  });

  it("finds a file whose upload was cut off, and no other one", async () => {
    const fake = await fakeSlack();
    const { channel, disk } = create(fake);
    const save = (name: string, content: string): ReturnType<typeof disk.files.save> =>
      disk.files.save(Readable.from([Buffer.from(content)]), { name });
    const message = outbound({ ...ops, thread: fake.write({ chat: "C0OPS", text: "x" }).message.ts }, "", {
      attachments: [await save("a.txt", "the same size"), await save("a.txt", "the same size")],
    });
    const hint = channel.reconcileHint?.(message) ?? "";
    fake.failNext("files.completeUploadExternal", "cut-before-accept", { skip: 1 });
    const context = createSendContext();
    expect((await failure(channel.send(message, context))).code).toBe("send-uncertain");
    expect(context.recorded).toHaveLength(1);
    const reconcile = (): unknown => channel.reconcile?.(message, createSendContext(context.recorded, { hint }));
    expect(await reconcile()).toEqual({ state: "absent" });
    fake.failNext("files.completeUploadExternal", "cut-after-accept");
    expect((await failure(channel.send(message, createSendContext(context.recorded)))).code).toBe("send-uncertain");
    expect(await reconcile()).toMatchObject({ state: "arrived" });
    expect(fake.sent().flatMap(({ files = [] }) => files.map(({ name }) => name))).toEqual(["a.txt", "a.txt"]);
  });

  it("finds a part by the name of its block where Slack keeps metadata to itself, and says when it sees neither", async () => {
    const { fake, channel } = await run();
    const message = outbound(direct, "only once");
    const hint = channel.reconcileHint?.(message) ?? "";
    fake.failNext("chat.postMessage", "cut-after-accept");
    await failure(channel.send(message, createSendContext()));
    for (const sent of fake.sent()) delete sent.metadata;
    expect(await channel.reconcile?.(message, createSendContext([], { hint }))).toMatchObject({ state: "arrived" });
    for (const sent of fake.sent()) delete sent.blocks;
    expect(await channel.reconcile?.(message, createSendContext([], { hint }))).toMatchObject({ state: "unknown" });
  });

  it("tells the parts of one message apart", async () => {
    const { fake, channel } = await run();
    const message = outbound(direct, "word ".repeat(2_000));
    const hint = channel.reconcileHint?.(message) ?? "";
    fake.failNext("chat.postMessage", "cut-after-accept", { skip: 1 });
    const context = createSendContext();
    await failure(channel.send(message, context));
    expect(context.recorded).toHaveLength(1);
    const found = await channel.reconcile?.(message, createSendContext(context.recorded, { hint }));
    expect(found).toEqual({ state: "arrived", platformId: `D0ADA:${fake.sent()[1]?.ts}` });
    expect(
      await channel.reconcile?.(
        message,
        createSendContext([...context.recorded, `D0ADA:${fake.sent()[1]?.ts}`], { hint }),
      ),
    ).toEqual({ state: "absent" });
  });
});
