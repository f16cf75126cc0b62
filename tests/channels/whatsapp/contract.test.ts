import { describeChannel, type ChannelHarness } from "../../contracts/channel.ts";
import type { FakeTwilioMessage } from "../../doubles/fake-twilio.ts";
import { createCloud, displayNumber, person } from "./cloud-harness.ts";
import * as twilio from "./twilio-harness.ts";

const group = "Y2FwaV9ncm91cDoxNzA1NTU1MDEzOToxMjAzNjM0MDQ2OTQyMzM4MjAZD";

async function createCloudHarness(): Promise<ChannelHarness> {
  const { fake, disk, create, advance, close } = await createCloud();
  let last: Record<string, unknown> = {};
  let lastValue: Record<string, unknown> = {};
  const deliver = async (from: string, extra: Record<string, unknown>): Promise<void> => {
    const { message } = await fake.say({ from, extra });
    last = message;
    lastValue = { contacts: [{ profile: { name: "Ada" }, wa_id: from }], messages: [message] };
  };
  const change = (type: string, content: object): Promise<void> =>
    deliver(person, { type, [type]: { original_message_id: last["id"], ...content } });

  return {
    name: "wa",
    files: disk.files,
    groups: true,
    repeatsByItself: true,
    create,
    advance,
    revoke: async () => fake.revoke(),
    restore: async () => fake.restore(),
    attempts: () => fake.requests.length,
    async deliver({ from, place, text, isMention, file }) {
      const words = place === "group" && isMention === true ? `@${displayNumber} ${text}` : text;
      const where = place === "group" ? { group_id: group } : {};
      const content =
        file === undefined
          ? { type: "text", text: { body: words } }
          : {
              type: "image",
              image: { id: fake.addMedia(file.content, "image/png"), mime_type: "image/png", caption: words },
            };
      await deliver(from === "self" ? displayNumber : person, { ...where, ...content });
    },
    async redeliver() {
      await fake.call(lastValue);
    },
    received: () => fake.sent.map(({ chat, text, file }) => ({ chat, text, files: file === undefined ? [] : [file] })),
    failSend: {
      "rate-limited": (skip, waitMs = 20) =>
        fake.failNext({ code: 131056, status: 400, retryAfterS: waitMs / 1_000 }, skip),
      unavailable: (skip) => fake.failNext({ code: 131016, status: 500 }, skip),
      "cut-after-accept": (skip) => fake.failNext("cut-after-accept", skip),
      "cut-before-accept": (skip) => fake.failNext("cut-before-accept", skip),
    },
    async press(label) {
      const card = fake.sent.at(-1);
      const { action } = (card?.body ?? {})["interactive"] as {
        action: { buttons: { reply: { id: string; title: string } }[] };
      };
      const button = action.buttons.find(({ reply }) => reply.title === label);
      const context = { from: displayNumber, id: card?.id };
      await deliver(person, {
        context,
        type: "interactive",
        interactive: { type: "button_reply", button_reply: button?.reply },
      });
    },
    revise: (text) => change("edit", { message: { type: "text", text: { body: text } } }),
    async takeBack() {
      last = { id: (last["edit"] as { original_message_id: string }).original_message_id };
      await change("revoke", {});
    },
    async reactToUs(emoji) {
      await deliver(person, { type: "reaction", reaction: { message_id: fake.sent.at(-1)?.id, emoji } });
    },
    offeredCommands: () => fake.commands().map(({ command_name: name }) => name),
    forgedRequests: () => [
      fake.sign("{}", "another-secret"),
      fake.sign("{}", ""),
      new Request("http://127.0.0.1/hooks/wa", { method: "POST", body: "{}" }),
      new Request("http://127.0.0.1/hooks/wa", {
        method: "POST",
        body: "{}",
        headers: { "x-hub-signature-256": "00" },
      }),
      new Request("http://127.0.0.1/hooks/wa?hub.mode=subscribe&hub.verify_token=wrong&hub.challenge=1"),
    ],
    oversizedRequest: () => fake.sign(`{"entry":"${"x".repeat(4_000_000)}"}`),
    close,
  };
}

async function createTwilioHarness(): Promise<ChannelHarness> {
  const { fake, disk, create, advance, close } = await twilio.createTwilio();
  let last: FakeTwilioMessage | undefined;
  const forge = (signature: string): Request =>
    new Request(twilio.hookUrl, {
      method: "POST",
      body: new URLSearchParams({ MessageSid: "SM1", From: twilio.person, To: `whatsapp:${twilio.ours}`, Body: "hi" }),
      headers: { "x-twilio-signature": signature },
    });
  return {
    name: "wa",
    files: disk.files,
    groups: false,
    repeatsByItself: true,
    create,
    advance,
    revoke: async () => void (fake.account.isLocked = true),
    restore: async () => void (fake.account.isLocked = false),
    attempts: () => fake.requests.length,
    async deliver({ from, text, file }) {
      const sender = from === "self" ? `whatsapp:${twilio.ours}` : twilio.person;
      const files = file === undefined ? [] : [{ ...file, type: "image/png" }];
      const extra = { ProfileName: "Ada", WaId: "15550100042" };
      const to = `whatsapp:${twilio.ours}`;
      last = (await fake.receive({ from: sender, to, body: text, files, extra })).message;
    },
    async redeliver() {
      if (last !== undefined) await fake.repeat(last);
    },
    received: () =>
      fake.messages
        .filter(({ direction }) => direction === "outbound-api")
        .map(({ to, body, media }) => ({ chat: to.replace("whatsapp:+", ""), text: body, files: media })),
    failSend: {
      "rate-limited": (skip, waitMs = 20) => fake.failNext("429", { skip, retryAfterS: waitMs / 1_000 }),
      unavailable: (skip) => fake.failNext("503", { skip }),
      "cut-after-accept": (skip) => fake.failNext("cut-after-accept", { skip }),
      "cut-before-accept": (skip) => fake.failNext("cut-before-accept", { skip }),
    },
    deliverWhileAway: async ({ text }) => {
      await fake.receive({ from: twilio.person, to: `whatsapp:${twilio.ours}`, body: text, isSilent: true });
    },
    forgedRequests: () => [forge(""), forge("d3Jvbmc="), new Request(twilio.hookUrl, { method: "POST", body: "x" })],
    oversizedRequest: () =>
      new Request(twilio.hookUrl, {
        method: "POST",
        body: `Body=${"x".repeat(1_000_000)}`,
        headers: { "x-twilio-signature": "d3Jvbmc=" },
      }),
    close,
  };
}

describeChannel("whatsapp by the Cloud API", createCloudHarness);
describeChannel("whatsapp by Twilio", createTwilioHarness);
