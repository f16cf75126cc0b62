import { Readable } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import { setup } from "../../../channels/whatsapp/setup.ts";
import type { Channel } from "../../../src/core/channel.ts";
import { AppError } from "../../../src/core/errors.ts";
import {
  createRecordingSink,
  createSendContext,
  outbound,
  waitUntil,
  type RecordingSink,
} from "../../doubles/channel-context.ts";
import { appSecret, createCloud, person, phoneNumberId, token, verifyToken, type CloudSetup } from "./cloud-harness.ts";

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function make(extra: Readonly<Record<string, unknown>> = {}): Promise<CloudSetup> {
  const made = await createCloud(extra);
  cleanups.push(() => made.close());
  return made;
}

async function run(
  made: CloudSetup,
  sink: RecordingSink = createRecordingSink(),
): Promise<{ channel: Channel; sink: RecordingSink; end: () => Promise<void> }> {
  const channel = made.create();
  const stop = new AbortController();
  const ended = channel.start(sink, stop.signal);
  const end = async (): Promise<void> => {
    stop.abort();
    await ended;
  };
  cleanups.push(end);
  await sink.waitForState("up");
  return { channel, sink, end };
}

const address = { channel: "wa", chat: person };
const text = (body: string): Record<string, unknown> => ({ type: "text", text: { body } });
const day = 24 * 3_600_000;

/** A channel to which somebody has written just now. */
async function open(
  extra: Readonly<Record<string, unknown>> = {},
): Promise<CloudSetup & Awaited<ReturnType<typeof run>>> {
  const made = await make(extra);
  const running = await run(made);
  await made.fake.say({ from: person, extra: text("hi") });
  await running.sink.waitFor(1);
  return { ...made, ...running };
}

describe("setting the hook up", () => {
  const ask = (given: string, mode = "subscribe"): Request =>
    new Request(`http://127.0.0.1/hooks/wa?hub.mode=${mode}&hub.verify_token=${given}&hub.challenge=1158201444`);

  it("answers the challenge to whoever knows the verify token, before it is started, too", async () => {
    const channel = (await make()).create();
    const answer = await channel.webhook?.(ask(verifyToken));
    expect([answer?.status, await answer?.text()]).toEqual([200, "1158201444"]);
    expect(answer?.headers.get("content-type")).toContain("text/plain");
    for (const request of [ask("wrong"), ask(""), ask(verifyToken, "unsubscribe")])
      expect((await channel.webhook?.(request))?.status).toBe(403);
  });
});

describe("calls", () => {
  it("with several changes are not overtaken by the next call, whatever stands between their messages", async () => {
    const made = await make();
    const sink = createRecordingSink(5);
    const { channel } = await run(made, sink);
    const metadata = { phone_number_id: phoneNumberId };
    const say = (id: string): object => ({ id, from: person, timestamp: "1700000000", ...text(id) });
    const change = (value: object): object => ({ field: "messages", value: { metadata, ...value } });
    const call = (...changes: object[]): Request => made.fake.sign(JSON.stringify({ entry: [{ changes }] }));
    const status = { id: "wamid.OURS", status: "delivered", timestamp: "1700000000", recipient_id: person };
    const first = channel.webhook?.(
      call(change({ statuses: [status] }), change({ messages: [say("one")] }), change({ messages: [say("two")] })),
    );
    const second = channel.webhook?.(call(change({ messages: [say("three")] })));
    for (const answer of await Promise.all([first, second])) expect(answer?.status).toBe(200);
    expect(sink.messages.map(({ id }) => id)).toEqual(["one", "two", "three"]);
  });
});

describe("the 24 hours", () => {
  const template = { name: "parlance_note", language: "en_GB" };

  it("over, a send is rejected in plain words without a template", async () => {
    const { channel, advance, fake } = await open();
    advance(day + 1_000);
    const error = await channel
      .send(outbound(address, "hello?"), createSendContext())
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({ code: "send-rejected", message: expect.stringContaining("24 hours") as string });
    expect(fake.sent).toEqual([]);
  });

  it("over, the text goes out by the template, on one line", async () => {
    const { channel, advance, fake } = await open({ template });
    await channel.send(outbound(address, "before"), createSendContext());
    advance(day + 1_000);
    await channel.send(outbound(address, "**Backup** failed:\n- web\n- db"), createSendContext());
    expect(fake.sent.map(({ type, text: words }) => [type, words])).toEqual([
      ["text", "before"],
      ["template", "Backup failed: · - web · - db"],
    ]);
    expect(fake.sent[1]?.body["template"]).toMatchObject({ name: "parlance_note", language: { code: "en_GB" } });
  });

  it("begin again with the next message, but a text that was begun as templates ends so", async () => {
    const { channel, advance, fake, sink } = await open({ template });
    advance(2 * day);
    const message = outbound(address, "word ".repeat(400));
    fake.failNext({ code: 131016, status: 500 }, 1);
    const first = createSendContext();
    await expect(channel.send(message, first)).rejects.toMatchObject({ code: "unreachable" });
    const now = String(Math.floor((Date.now() + 2 * day) / 1_000));
    await fake.say({ from: person, extra: { ...text("yes?"), timestamp: now } });
    await sink.waitFor(2);
    await channel.send(message, createSendContext(first.recorded));
    await channel.send(outbound(address, "after"), createSendContext());
    expect(fake.sent.map(({ type }) => type)).toEqual(["template", "template", "template", "text"]);
    expect(
      fake.sent
        .map(({ text: words }) => words)
        .join(" ")
        .match(/word/g),
    ).toHaveLength(400);
  });

  it("have not begun for somebody who never wrote", async () => {
    const made = await make({ template });
    const { channel } = await run(made);
    const to = await channel.openDirect?.("wa:15550100077");
    if (to === undefined) throw new Error("no address");
    await channel.send(outbound(to, "hello"), createSendContext());
    expect(made.fake.sent).toMatchObject([{ chat: "15550100077", type: "template" }]);
  });

  it("survive a restart", async () => {
    const made = await open();
    await made.end();
    const { channel } = await run(made, made.sink);
    await channel.send(outbound(address, "still here"), createSendContext());
    expect(made.fake.sent).toMatchObject([{ type: "text", text: "still here" }]);
  });
});

describe("a message that came in", () => {
  it("is marked as read once it is stored, unless that is switched off", async () => {
    const { fake, sink } = await open();
    await waitUntil(() => fake.reads.length === 1);
    expect(fake.reads[0]).toEqual({ messaging_product: "whatsapp", status: "read", message_id: sink.messages[0]?.id });
    const quiet = await open({ readReceipts: false });
    await quiet.fake.say({ from: person, extra: text("again") });
    expect(quiet.fake.reads).toEqual([]);
  });

  it("shows the typing sign on itself", async () => {
    const { fake, channel, sink } = await open({ readReceipts: false });
    await channel.typing?.(address, new AbortController().signal);
    expect(fake.reads).toMatchObject([{ message_id: sink.messages[0]?.id, typing_indicator: { type: "text" } }]);
    await channel.typing?.({ channel: "wa", chat: "15550100077" }, new AbortController().signal);
    expect(fake.reads).toHaveLength(1);
  });

  it("is reacted to and quoted", async () => {
    const { fake, channel, sink } = await open();
    const id = sink.messages[0]?.id ?? "";
    await channel.react?.(address, id, "👍", new AbortController().signal);
    expect(fake.reactions).toMatchObject([{ to: person, reaction: { message_id: id, emoji: "👍" } }]);
    await channel.send(outbound(address, "word ".repeat(1_200), { replyToId: id }), createSendContext());
    expect(fake.sent.map(({ body }) => body["context"])).toEqual([{ message_id: id }, undefined]);
  });

  it("for another number of the same app is left to its channel", async () => {
    const { fake, sink } = await open();
    const metadata = { display_phone_number: "15550100199", phone_number_id: "999" };
    const messages = [{ from: person, id: "wamid.OTHER", timestamp: "1", ...text("not for you") }];
    expect((await fake.call({ metadata, messages }))?.status).toBe(200);
    expect((await fake.call({ messages }, "message_template_status_update"))?.status).toBe(200);
    expect(sink.messages).toHaveLength(1);
  });

  it("that cannot be stored holds up the later ones of its chat", async () => {
    const { fake, sink } = await open();
    sink.failNext(1);
    const raw = (body: string): object => ({
      from: person,
      id: `wamid.${body}`,
      timestamp: "1749416383",
      ...text(body),
    });
    await fake.call({ messages: [raw("one"), raw("two"), raw("three")] });
    expect(sink.messages.slice(1).map(({ text: words }) => words)).toEqual(["one", "two", "three"]);
  });

  it("that is no JSON of Meta's is answered, and harms nothing", async () => {
    const { fake, channel } = await open();
    for (const body of ["", "[]", "null", '{"entry":[{}]}', '{"entry":[{"changes":[{"field":"messages"}]}]}'])
      expect([body, (await channel.webhook?.(fake.sign(body)))?.status]).toEqual([body, 200]);
  });

  it("brings its file with the token, from Meta's servers only", async () => {
    const { fake, sink, channel } = await open();
    const id = fake.addMedia(Buffer.from("%PDF-1.7"), "application/pdf");
    await fake.say({
      from: person,
      extra: { type: "document", document: { id, filename: "plan.pdf", mime_type: "application/pdf" } },
    });
    expect((await sink.waitFor(2))[1]?.attachments).toMatchObject([{ name: "plan.pdf", mimeType: "application/pdf" }]);
    expect(fake.downloads).toEqual([`Bearer ${token}`]);
    await fake.say({
      from: person,
      extra: { type: "image", image: { id: "404", mime_type: "image/png", caption: "see" } },
    });
    expect((await sink.waitFor(3))[2]).toMatchObject({
      text: "see\n\n[The file image.png could not be kept: WhatsApp does not have it any more.]",
      attachments: [],
    });
    expect(channel.traits.files).toBe(true);
  });

  it("of somebody who hides their number now is theirs still", async () => {
    const made = await open();
    const { fake, sink } = made;
    const userId = "US.13491208655302741918";
    await fake.say({ from: person, extra: { ...text("one"), from_user_id: userId }, contact: { user_id: userId } });
    await made.end();
    await run(made, sink);
    const hidden = { from_user_id: userId, id: "wamid.HIDDEN", timestamp: "1749416383", ...text("two") };
    await fake.call({ contacts: [{ profile: { username: "ada" }, user_id: userId }], messages: [hidden] });
    expect((await sink.waitFor(3))[2]).toMatchObject({ sender: { id: `wa:${person}` }, address: { chat: person } });
  });
});

describe("what WhatsApp tells of our messages", () => {
  it("is passed on", async () => {
    const { fake, channel, sink } = await open();
    const [id] = await channel.send(outbound(address, "hello", { id: "out-7" }), createSendContext());
    const opaque = fake.sent[0]?.body["biz_opaque_callback_data"];
    const tell = (status: string, extra: object = {}): Promise<unknown> =>
      fake.call({ statuses: [{ id, status, recipient_id: person, biz_opaque_callback_data: opaque, ...extra }] });
    for (const status of ["sent", "delivered", "read"]) await tell(status);
    await tell("failed", { errors: [{ code: 131026, title: "Message undeliverable" }] });
    expect(sink.reports).toEqual([
      { outboundId: "out-7", state: "delivered" },
      { outboundId: "out-7", state: "read" },
      { outboundId: "out-7", state: "failed", reason: expect.stringContaining("(131026)") as string },
    ]);
  });

  it("settles a send that was cut off", async () => {
    const { fake, channel, sink } = await open();
    fake.failNext("cut-after-accept");
    const message = outbound(address, "hello", { id: "out-8" });
    await expect(channel.send(message, createSendContext())).rejects.toMatchObject({ code: "send-uncertain" });
    await fake.call({ statuses: [{ id: fake.sent[0]?.id, status: "sent", biz_opaque_callback_data: "out-8" }] });
    expect(sink.reports).toEqual([{ outboundId: "out-8", state: "delivered" }]);
  });
});

describe("refusals", () => {
  it("to send faster hold up one chat, or all of them, as WhatsApp means it", async () => {
    const { fake, channel, advance } = await open();
    const bob = "15550100077";
    await fake.say({ from: bob, extra: text("me too") });
    fake.failNext({ code: 131056, status: 400 });
    await expect(channel.send(outbound(address, "1"), createSendContext())).rejects.toMatchObject({
      retryAfterMs: 6_000,
    });
    await expect(channel.send(outbound(address, "2"), createSendContext())).rejects.toMatchObject({
      code: "rate-limited",
    });
    await channel.send(outbound({ channel: "wa", chat: bob }, "3"), createSendContext());
    advance(6_000);
    fake.failNext({ code: 130429, status: 429, retryAfterS: 30 });
    await expect(channel.send(outbound(address, "4"), createSendContext())).rejects.toMatchObject({
      retryAfterMs: 30_000,
    });
    await expect(channel.send(outbound({ channel: "wa", chat: bob }, "5"), createSendContext())).rejects.toMatchObject({
      code: "rate-limited",
    });
    expect(fake.sent.map(({ text: words }) => words)).toEqual(["3"]);
  });

  it("are told in plain words", async () => {
    const { fake, channel } = await open();
    fake.failNext({ code: 131047, status: 400 });
    await expect(channel.send(outbound(address, "secret words"), createSendContext())).rejects.toMatchObject({
      code: "send-rejected",
      message: expect.stringMatching(/^WhatsApp answered 400: more than 24 hours.*\(131047\)\.$/) as string,
    });
    fake.failNext({ code: 10, status: 403 });
    await expect(channel.send(outbound(address, "hi"), createSendContext())).rejects.toMatchObject({
      code: "forbidden",
      hint: expect.stringContaining("whatsapp_business_messaging") as string,
    });
  });

  it("by a gateway leave the outcome open", async () => {
    const { fake, channel } = await open();
    fake.failNext("gateway");
    await expect(channel.send(outbound(address, "hi"), createSendContext())).rejects.toMatchObject({
      code: "send-uncertain",
    });
  });

  it("of the token end the start with what to do, and never name it", async () => {
    const made = await make({ token: "EAA-another-token" });
    const sink = createRecordingSink();
    const error = await made
      .create()
      .start(sink, new AbortController().signal)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "unauthorised", hint: expect.stringContaining("System users") as string });
    expect((error as AppError).retryAfterMs).toBeUndefined();
    expect(JSON.stringify([error, sink.states])).not.toContain("EAA");
  });

  it("of a token that ends later show in the health at once", async () => {
    const made = await make();
    const { channel, sink } = await run(made);
    await made.fake.say({ from: person, extra: text("hi") });
    made.fake.revoke();
    await expect(channel.send(outbound(address, "hi"), createSendContext())).rejects.toMatchObject({
      code: "unauthorised",
    });
    await sink.waitForState("down");
    // Meta keeps what comes now, and calls again.
    expect((await channel.webhook?.(made.fake.sign("{}")))?.status).toBe(503);
  });
});

describe("sending", () => {
  it("takes a file that is none of WhatsApp's types as plain text under its own name", async () => {
    const { fake, channel, disk } = await open();
    const csv = await disk.files.save(Readable.from([Buffer.from("a,b\n1,2")]), {
      name: 'b "1".csv',
      mimeType: "text/csv",
    });
    const ids = await channel.send(outbound(address, "", { attachments: [csv] }), createSendContext());
    expect(ids).toHaveLength(1);
    expect(fake.sent).toMatchObject([{ type: "document", body: { document: { filename: 'b "1".csv' } } }]);
    expect(Buffer.from(fake.sent[0]?.file?.content ?? []).toString()).toBe("a,b\n1,2");
  });

  it("offers many choices by number, and takes the number", async () => {
    const { fake, channel, sink } = await open();
    const choices = Array.from({ length: 12 }, (_, index) => ({ label: `Item ${index}`, command: `/pick ${index}` }));
    await channel.send(outbound(address, "Which?", { choices }), createSendContext());
    await fake.say({ from: person, extra: text("12") });
    expect((await sink.waitFor(2))[1]).toMatchObject({ kind: "command", text: "/pick 11" });
  });

  it("to a group and to a hidden number names them as the API wants", async () => {
    const { fake, channel, sink } = await open();
    const group = "Y2FwaV9ncm91cDoxNzA1NTU1MDEzOToxMjAzNjM0MDQ2OTQyMzM4MjAZD";
    await fake.say({ from: person, extra: { ...text("/help"), group_id: group } });
    const choices = [{ label: "Approve", command: "/approve 3f9a" }];
    await channel.send(outbound({ channel: "wa", chat: group }, "May I?", { choices }), createSendContext());
    const userId = "US.13491208655302741918";
    const hidden = {
      from_user_id: userId,
      id: "wamid.HIDDEN",
      timestamp: String(Math.floor(Date.now() / 1_000)),
      ...text("x"),
    };
    await fake.call({ contacts: [{ user_id: userId }], messages: [hidden] });
    await sink.waitFor(3);
    await channel.send(outbound({ channel: "wa", chat: userId }, "hello"), createSendContext());
    expect(fake.sent.map(({ body }) => [body["recipient_type"], body["to"], body["recipient"], body["type"]])).toEqual([
      ["group", group, undefined, "text"],
      ["individual", undefined, userId, "text"],
    ]);
  });
});

describe("commands", () => {
  it("are written when they differ, and left alone when they do not", async () => {
    const made = await make();
    const first = await run(made);
    expect(made.fake.commands()).toEqual([
      { command_name: "help", command_description: "What I understand." },
      { command_name: "stop", command_description: "Stops what I am doing here, at once." },
    ]);
    await first.end();
    const before = made.fake.commands();
    await run(made);
    expect(made.fake.commands()).toBe(before);
  });
});

describe("set-up", () => {
  it("tells whose number it is, and what is wrong", async () => {
    const made = await make();
    const options = { graphUrl: made.fake.url, phoneNumberId, token, appSecret, verifyToken };
    const { signal } = new AbortController();
    expect(await setup.check(options, signal)).toBe("15550100100 (Example Inc.)");
    await expect(setup.check({ ...options, token: "EAA-wrong-token" }, signal)).rejects.toMatchObject({
      code: "unauthorised",
    });
    await expect(setup.check({ ...options, phoneNumberId: "1" }, signal)).rejects.toBeInstanceOf(AppError);
    const { appSecret: _secret, ...rest } = options;
    await expect(setup.check(rest, signal)).rejects.toMatchObject({
      code: "config-invalid",
      message: "appSecret is needed with `transport: cloud`",
    });
    expect(made.fake.sent).toEqual([]);
  });
});
