import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createEmulator } from "emulate";
import { afterEach, describe, expect, it } from "vitest";
import { createChannel, optionsSchema } from "../../../channels/whatsapp/index.ts";
import { setup } from "../../../channels/whatsapp/setup.ts";
import {
  createChannelContext,
  createRecordingSink,
  createSendContext,
  createTestDisk,
  outbound,
} from "../../doubles/channel-context.ts";
import { contentSid, createTwilio, ours, person, type TwilioSetup } from "./twilio-harness.ts";

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const address = { channel: "wa", chat: "15550100042" };
const day = 24 * 3_600_000;

async function open(
  extra: Readonly<Record<string, unknown>> = {},
): Promise<TwilioSetup & { channel: ReturnType<TwilioSetup["create"]>; sink: ReturnType<typeof createRecordingSink> }> {
  const made = await createTwilio(extra);
  cleanups.push(() => made.close());
  const channel = made.create();
  const sink = createRecordingSink();
  const stop = new AbortController();
  const ended = channel.start(sink, stop.signal);
  cleanups.push(async () => {
    stop.abort();
    await ended;
  });
  await sink.waitForState("up");
  await made.fake.receive({ from: person, to: `whatsapp:${ours}`, body: "hi", extra: { ProfileName: "Ada" } });
  await sink.waitFor(1);
  return { ...made, channel, sink };
}

describe("WhatsApp by Twilio", () => {
  it("names both numbers as Twilio wants", async () => {
    const { channel, fake } = await open();
    await channel.send(outbound(address, "**hello**"), createSendContext());
    expect(fake.messages.at(-1)).toMatchObject({ from: `whatsapp:${ours}`, to: person, body: "*hello*" });
  });

  it("says that the 24 hours are over, or sends the template", async () => {
    const plain = await open();
    plain.advance(day + 60_000);
    await expect(plain.channel.send(outbound(address, "hello?"), createSendContext())).rejects.toMatchObject({
      code: "send-rejected",
      hint: expect.stringContaining("contentSid") as string,
    });
    const { channel, fake, advance } = await open({ template: { contentSid } });
    advance(day + 60_000);
    const message = outbound(address, "Backup\n\nfailed");
    const hint = channel.reconcileHint?.(message) ?? "";
    fake.failNext("cut-after-accept");
    await expect(channel.send(message, createSendContext())).rejects.toMatchObject({ code: "send-uncertain" });
    const sent = fake.messages.at(-1);
    expect(Object.fromEntries(sent?.form ?? [])).toMatchObject({
      ContentSid: contentSid,
      ContentVariables: '{"1":"Backup · failed"}',
    });
    const reached = { ...sent, createdAt: Date.now() + day + 61_000 } as (typeof fake.messages)[number];
    fake.messages.splice(-1, 1, reached);
    expect(await channel.reconcile?.(message, createSendContext([], { hint }))).toEqual({
      state: "arrived",
      platformId: sent?.sid,
    });
  });

  it("has choices by number", async () => {
    const { channel, fake, sink } = await open();
    const choices = [{ label: "Approve", command: "/approve 3f9a" }];
    await channel.send(outbound(address, "May I?", { choices }), createSendContext());
    await fake.receive({ from: person, to: `whatsapp:${ours}`, body: "1" });
    expect((await sink.waitFor(2))[1]).toMatchObject({ kind: "command", text: "/approve 3f9a" });
  });

  it("passes on what becomes of a message", async () => {
    const { channel, fake, sink } = await open();
    await channel.send(outbound(address, "hello", { id: "out-1" }), createSendContext());
    const message = fake.messages.at(-1);
    if (message === undefined) throw new Error("nothing was sent");
    await fake.report(message, "read");
    await fake.report(message, "failed", 63016);
    expect(sink.reports).toEqual([
      { outboundId: "out-1", state: "read" },
      { outboundId: "out-1", state: "failed", reason: expect.stringContaining("24 hours") as string },
    ]);
  });
});

it("speaks with emulate's Twilio as a WhatsApp sender", async () => {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  const accountSid = `AC${"0".repeat(32)}`;
  const authToken = "twilio_test_auth_token";
  const emulator = await createEmulator({
    service: "twilio",
    port,
    seed: {
      twilio: {
        account: { sid: accountSid, auth_token: authToken, friendly_name: "Example Inc." },
        phone_numbers: [{ phone_number: `whatsapp:${ours}`, friendly_name: "ours" }],
      },
    },
  });
  cleanups.push(() => emulator.close());
  const account = { accountSid, authToken, from: ours, apiUrl: emulator.url, pollSeconds: 0.05 };
  const options = optionsSchema.parse({ transport: "twilio", ...account });
  expect(await setup.check(options, new AbortController().signal)).toBe(`${ours} of Example Inc. at Twilio`);
  const channel = createChannel(createChannelContext(options, { name: "wa", disk: createTestDisk() }));
  const sink = createRecordingSink();
  const stop = new AbortController();
  const ended = channel.start(sink, stop.signal);
  cleanups.push(async () => {
    stop.abort();
    await ended;
  });
  await sink.waitForState("up");
  await fetch(`${emulator.url}/_twilio/simulate/inbound-message`, {
    method: "POST",
    body: new URLSearchParams({ To: `whatsapp:${ours}`, From: person, Body: "hi there" }),
    headers: { authorization: `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString("base64")}` },
  });
  const [message] = await sink.waitFor(1);
  expect(message).toMatchObject({ text: "hi there", address, sender: { id: "wa:15550100042" } });
  expect(await channel.send(outbound(address, "hello"), createSendContext())).toEqual([expect.stringMatching(/^SM/)]);
});
