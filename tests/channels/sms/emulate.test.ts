import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { createEmulator, type Emulator } from "emulate";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createChannel, optionsSchema } from "../../../channels/sms/index.ts";
import { setup } from "../../../channels/sms/setup.ts";
import type { Channel } from "../../../src/core/channel.ts";
import {
  createChannelContext,
  createRecordingSink,
  createSendContext,
  createTestDisk,
  outbound,
  waitUntil,
} from "../../doubles/channel-context.ts";
import { findFreePort } from "../../doubles/free-port.ts";

/*
 * Against a Twilio that nobody here wrote: its shapes, its signatures, its list, its status calls. It has no files, no
 * filter by date and no opt-outs; those are the fake's.
 */

const accountSid = `AC${"0".repeat(32)}`;
const authToken = "twilio_test_auth_token";
const ours = "+15550100100";
const person = "+15550100042";

let emulator: Emulator;
let server: Server;
let hookUrl: string;
let channel: Channel | undefined;
const disk = createTestDisk();

beforeEach(async () => {
  server = createServer((request, response) => {
    void (async () => {
      const call = new Request(`http://127.0.0.1:1${request.url}`, {
        method: "POST",
        body: await text(request),
        headers: { "x-twilio-signature": String(request.headers["x-twilio-signature"]) },
      });
      const answer = await channel?.webhook?.(call);
      response.writeHead(answer?.status ?? 503).end(await answer?.text());
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  hookUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks/text`;
  emulator = await createEmulator({
    service: "twilio",
    port: await findFreePort(),
    seed: {
      twilio: {
        account: { sid: accountSid, auth_token: authToken, friendly_name: "Example Inc." },
        phone_numbers: [{ phone_number: ours, sms_url: hookUrl, friendly_name: "ours" }],
      },
    },
  });
});

afterEach(async () => {
  channel = undefined;
  await emulator.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function simulate(what: string, fields: Readonly<Record<string, string>>): Promise<void> {
  const response = await fetch(`${emulator.url}/_twilio/simulate/${what}`, {
    method: "POST",
    body: new URLSearchParams(fields),
    headers: { authorization: `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString("base64")}` },
  });
  if (!response.ok) throw new Error(`the emulator answered ${response.status}: ${await response.text()}`);
}

it("speaks with emulate's Twilio: in, out, status, lookup, catching up", async () => {
  const options = optionsSchema.parse({ accountSid, authToken, from: ours, apiUrl: emulator.url, webhookUrl: hookUrl });
  let ahead = 0;
  const create = (): Channel =>
    (channel = createChannel(createChannelContext(options, { name: "text", disk, now: () => Date.now() + ahead })));
  expect(await setup.check(options, new AbortController().signal)).toContain("Example Inc.");

  const sink = createRecordingSink();
  const first = create();
  const stop = new AbortController();
  const ended = first.start(sink, stop.signal);
  await sink.waitForState("up");

  await simulate("inbound-message", { To: ours, From: person, Body: "What's up? 100% & more + 🙂" });
  const [message] = await sink.waitFor(1);
  expect(message).toMatchObject({ text: "What's up? 100% & more + 🙂", sender: { id: `text:${person}` } });

  const address = { channel: "text", chat: person };
  const sent = outbound(address, "Fine, *thanks*.", { id: "out-1" });
  const hint = first.reconcileHint?.(sent) ?? "";
  const [sid = ""] = await first.send(sent, createSendContext());
  expect(sid).toMatch(/^SM[0-9a-f]{32}$/);
  await simulate("message-status", { MessageSid: sid, Status: "delivered" });
  await waitUntil(() => sink.reports.length > 0);
  expect(sink.reports).toEqual([{ outboundId: "out-1", state: "delivered" }]);

  // As when the process had died before it could note the part: then nothing of it is in the store.
  await disk.state.set(`sent:${person}`, "[]");
  expect(await first.reconcile?.(sent, createSendContext([], { hint }))).toEqual({ state: "arrived", platformId: sid });
  const never = outbound(address, "never sent");
  const later = String(Date.now());
  await disk.state.set(`sent:${person}`, JSON.stringify([sid]));
  ahead = 60_000;
  expect(await first.reconcile?.(never, createSendContext([], { hint: later }))).toEqual({ state: "absent" });

  stop.abort();
  await ended;
  channel = undefined;
  await simulate("inbound-message", { To: ours, From: person, Body: "are you there?" });
  const again = new AbortController();
  const secondEnded = create().start(sink, again.signal);
  expect((await sink.waitFor(2))[1]?.text).toBe("are you there?");
  again.abort();
  await secondEnded;
});

it("is told in plain words what emulate's Twilio refuses", async () => {
  const options = optionsSchema.parse({ accountSid, authToken, from: "+15550100999", apiUrl: emulator.url });
  channel = createChannel(createChannelContext(options, { name: "text", disk: createTestDisk() }));
  const message = outbound({ channel: "text", chat: person }, "hi");
  await expect(channel.send(message, createSendContext())).rejects.toMatchObject({
    code: "send-rejected",
    message: expect.stringContaining("does not belong to the account") as string,
  });
  const wrong = createChannel(createChannelContext({ ...options, authToken: "wrong-token" }, { name: "text" }));
  await expect(wrong.send(message, createSendContext())).rejects.toMatchObject({ code: "unauthorised" });
});
