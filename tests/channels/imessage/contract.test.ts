import { describeChannel, type ChannelHarness } from "../../contracts/channel.ts";
import type { FakeBlueMessage } from "../../doubles/fake-bluebubbles.ts";
import { ada, createBlue, createMac, formatMention, group, hookUrl, ours, password, secret } from "./harness.ts";

interface Way {
  readonly privateApi: boolean;
  readonly osVersion: string;
  readonly hasHook: boolean;
}

async function createMacHarness(): Promise<ChannelHarness> {
  const { mac, disk, create, close } = await createMac();
  let last = "";
  return {
    name: "imessage",
    files: disk.files,
    state: disk.state,
    groups: true,
    repeatsByItself: true,
    create: (isListening) => create({}, isListening),
    async deliver({ from, place, text, isMention, file }) {
      last = mac.receive({
        isFromMe: from === "self",
        from: ada,
        text: place === "group" && isMention === true ? `@parlance ${text}` : text,
        ...(place === "group" ? { chat: group } : {}),
        ...(file === undefined ? {} : { file }),
      });
    },
    async sendElsewhere({ place, text }) {
      mac.receive({ isFromMe: true, from: ada, text, ...(place === "group" ? { chat: group } : {}) });
    },
    received: () => mac.sent().map(({ chat, text, files }) => ({ chat: chat.replace(/^[^;]*;/, ""), text, files })),
    failSend: {
      unavailable: (skip) => mac.failNext("-600", skip),
      "cut-after-accept": (skip) => mac.failNext("-1712 after", skip),
      "cut-before-accept": (skip) => mac.failNext("-1712", skip),
    },
    async revise(text) {
      mac.edit(last, text);
    },
    async takeBack() {
      mac.edit(last, undefined);
    },
    async deliverWhileAway({ text }) {
      mac.receive({ from: ada, text });
    },
    close,
  };
}

async function createHarness({ privateApi, osVersion, hasHook }: Way): Promise<ChannelHarness> {
  const options = { privateApi, ...(hasHook ? {} : { webhookSecret: undefined, pollSeconds: 0.05 }) };
  const { fake, disk, create, advance, close } = await createBlue(options, { osVersion, hasPrivateApi: privateApi });
  let last: FakeBlueMessage | undefined;
  let rewind = async (): Promise<void> => undefined;
  const service = osVersion.startsWith("26") ? "any" : "iMessage";
  const forge = (query: string, body = JSON.stringify({ type: "new-message", data: { guid: "x" } })): Request =>
    new Request(`${hookUrl}${query}`, { method: "POST", body });

  return {
    name: "imessage",
    files: disk.files,
    state: disk.state,
    groups: true,
    repeatsByItself: true,
    create: (isListening) => create({}, isListening),
    createAgainst: (serverUrl) => create({ serverUrl }),
    revoke: async () => fake.changePassword("another-password"),
    restore: async () => fake.changePassword(password),
    attempts: () => fake.requests.length,
    async deliver({ from, place, text, isMention, file }) {
      const words = place === "group" && isMention === true ? formatMention(text, ours) : { text };
      const kept = new Map(disk.entries);
      rewind = async () => {
        for (const [key, value] of kept) await disk.state.set(key, value);
      };
      last = await fake.receive({
        ...(place === "group" ? { chat: group.replace("any", service) } : {}),
        isFromMe: from === "self",
        from: ada,
        text,
        extra: words as Record<string, unknown>,
        ...(file === undefined ? {} : { file }),
      });
    },
    async sendElsewhere({ place, text }) {
      const chat = place === "group" ? { chat: group.replace("any", service) } : {};
      last = await fake.receive({ ...chat, isFromMe: true, from: ada, text });
    },
    advance,
    ...(hasHook
      ? {
          async redeliver() {
            await fake.announce("new-message", last ?? {});
          },
        }
      : {
          // It stays in the history.
          redeliver: async () => undefined,
          lookUps: () => fake.requests.filter(({ line }) => line.startsWith("POST /api/v1/message/query")).length,
          rewind: async () => rewind(),
        }),
    received: () =>
      fake.messages
        .filter(({ isFromMe, method, attachments }) => isFromMe && (method !== undefined || attachments.length > 0))
        .map(({ chats, text, attachments }) => ({
          chat: chats[0]?.guid.replace(/^[^;]*;/, "") ?? "",
          text: (text ?? "").replaceAll("\uFFFC", ""),
          files: attachments.map(({ guid, transferName }) => ({
            name: transferName,
            content: fake.files.get(guid) ?? new Uint8Array(),
          })),
        })),
    failSend: {
      unavailable: (skip) => fake.failNext("/message/text", "503", skip),
      "cut-after-accept": (skip) => fake.failNext("/message/text", "cut-after-accept", skip),
      "cut-before-accept": (skip) => fake.failNext("/message/text", "cut-before-accept", skip),
    },
    ...(hasHook
      ? {
          async revise(text: string) {
            if (last === undefined) return;
            Object.assign(last, { text, dateEdited: Date.now() });
            await fake.announce("updated-message", last);
          },
          async takeBack() {
            if (last === undefined) return;
            Object.assign(last, { text: null, dateEdited: Date.now(), dateRetracted: Date.now() });
            await fake.announce("updated-message", last);
          },
        }
      : {}),
    async reactToUs() {
      const target = fake.messages.findLast(({ isFromMe }) => isFromMe)?.guid;
      const extra = { associatedMessageGuid: `p:0/${target}`, associatedMessageType: "like" };
      await fake.receive({ text: "Liked “how was it?”", extra });
    },
    async deliverWhileAway({ text }) {
      await fake.receive({ text, isSilent: true });
    },
    forgedRequests: () => [forge(""), forge("?secret="), forge("?secret=wrong"), forge(`?secret=${secret}x`)],
    oversizedRequest: () => forge(`?secret=${secret}`, `{"type":"${"x".repeat(3_000_000)}"}`),
    close,
  };
}

describeChannel("imessage with the Private API", () =>
  createHarness({ privateApi: true, osVersion: "26.0.1", hasHook: true }),
);
describeChannel("imessage without the Private API", () =>
  createHarness({ privateApi: false, osVersion: "14.6.1", hasHook: true }),
);
describeChannel("imessage without a hook", () =>
  createHarness({ privateApi: true, osVersion: "15.6.1", hasHook: false }),
);
describeChannel("imessage by osascript", createMacHarness);
