import type { Channel } from "../../../src/core/channel.ts";
import { describeChannel, type ChannelHarness, type PlatformEvent } from "../../contracts/channel.ts";
import {
  call,
  type Activity,
  type FakeAttachment,
  type FakeTeams,
  type SentActivity,
} from "../../doubles/fake-teams.ts";
import { createSigner } from "../../doubles/fake-teams-identity.ts";
import { buttonsOf, createScene, wordsOf } from "./person.ts";

const infoType = "application/vnd.microsoft.teams.card.file.info";
const consentType = "application/vnd.microsoft.teams.card.file.consent";

async function createHarness(isMultiTenant: boolean): Promise<ChannelHarness> {
  const scene = await createScene({ isMultiTenant });
  const { fake } = scene;
  const password = fake.appPassword;
  let last: Activity | undefined;
  let current: Channel | undefined;

  const deliver = (activity: Activity, channel: Channel): Promise<Response> => {
    last = activity;
    return scene.deliver(activity, channel);
  };
  fake.onSent((sent) => {
    if (current !== undefined) void acceptOffer(sent, current);
  });

  /** Ada presses "Allow" on each card that offers her a file. */
  async function acceptOffer(sent: SentActivity, channel: Channel): Promise<void> {
    const card = sent.activity.attachments?.find(({ contentType }) => contentType === consentType);
    if (card === undefined) return;
    const uniqueId = crypto.randomUUID();
    const name = card.name ?? "";
    const root = new URL(fake.serviceUrl).origin;
    const uploadInfo = {
      contentUrl: `${root}/shown/${uniqueId}`,
      name,
      uploadUrl: `${root}/drive/${uniqueId}/${encodeURIComponent(name)}`,
      uniqueId,
      fileType: name.split(".").at(-1),
    };
    const value = { type: "fileUpload", action: "accept", context: card.content?.["acceptContext"], uploadInfo };
    const press = scene.activity({ type: "invoke", name: "fileConsent/invoke", value, replyToId: sent.id });
    await scene.deliver(press, channel);
  }

  return {
    name: "teams",
    files: scene.disk.files,
    groups: true,
    create: (isListening) => (current = scene.create({}, isListening)),
    createAgainst: (loginUrl) => scene.create({ loginUrl }),
    async revoke() {
      fake.revokeTokens();
      fake.changePassword("another-secret");
    },
    restore: async () => fake.changePassword(password),
    attempts: () => fake.requests.length,
    advance: scene.clock.advance,
    async deliver(event, channel) {
      await deliver(scene.activity(formatEvent(event, fake), event.place), channel);
    },
    async redeliver(channel) {
      if (last !== undefined) await scene.deliver(last, channel);
    },
    received: () => fake.sent.filter(({ isDeleted }) => !isDeleted).map((sent) => describeSent(sent, fake)),
    failSend: {
      "rate-limited": (skip, waitMs = 20) => fake.failNext("429", { skip, retryAfterS: waitMs / 1_000 }),
      unavailable: (skip) => fake.failNext("503", { skip, retryAfterS: 0.02 }),
      "cut-after-accept": (skip) => fake.failNext("cut-after-accept", { skip }),
      "cut-before-accept": (skip) => fake.failNext("cut-before-accept", { skip }),
    },
    async press(label, channel) {
      const card = fake.sent.at(-1);
      const button = card === undefined ? undefined : buttonsOf(card).find(({ title }) => title === label);
      await deliver(scene.activity({ value: button?.data, replyToId: card?.id }), channel);
    },
    async revise(text, channel) {
      const edit = { ...last, type: "messageUpdate", text, channelData: { eventType: "editMessage" } };
      await scene.deliver({ ...edit, timestamp: "2026-01-02T00:00:00.000Z" }, channel);
    },
    async takeBack(channel) {
      const deletion = { ...last, type: "messageDelete", channelData: { eventType: "softDeleteMessage" } };
      await scene.deliver({ ...deletion, text: "", timestamp: "2026-01-03T00:00:00.000Z" }, channel);
    },
    async reactToUs(emoji, channel) {
      const type = emoji === "👍" ? "like" : emoji;
      const replyToId = fake.sent.at(-1)?.id;
      await scene.deliver(scene.activity({ type: "messageReaction", reactionsAdded: [{ type }], replyToId }), channel);
    },
    forgedRequests: () => listForgeries(scene.activity({ text: "I am the owner" }), fake),
    oversizedRequest: () => fake.sign(scene.activity({ text: "x".repeat(2_000_000) })),
    close: scene.close,
  };
}

function formatEvent({ from, place, text, isMention, file }: PlatformEvent, fake: FakeTeams): object {
  const isCalled = place !== "direct" && isMention === true;
  const mention = { type: "mention", text: "<at>Parlance</at>", mentioned: { id: fake.botId, name: "Parlance" } };
  return {
    text: isCalled ? `<at>Parlance</at> ${text}` : text,
    ...(isCalled ? { entities: [mention] } : {}),
    ...(from === "self" ? { from: { id: fake.botId, name: "Parlance" } } : {}),
    ...(file === undefined
      ? {}
      : {
          attachments: [{ contentType: "image/*", contentUrl: fake.putFile(file.content, "service"), name: file.name }],
        }),
  };
}

function listForgeries(activity: Activity, fake: FakeTeams): readonly Request[] {
  const now = Math.floor(Date.now() / 1_000);
  const claims = {
    iss: fake.issuer,
    aud: fake.appId,
    serviceurl: fake.serviceUrl,
    nbf: now - 10,
    exp: now + 3_600,
  };
  const bearer = (changed: object, header: object = {}, by = fake.signer): Request =>
    call(activity, `Bearer ${by.sign({ ...claims, ...changed }, header)}`);
  const [head = "", body = ""] = fake.signer.sign(claims).split(".");
  return [
    call(activity),
    call(activity, "Bearer not-a-token"),
    call(activity, `Basic ${fake.signer.sign(claims)}`),
    // The same key id, but not the key.
    bearer({}, {}, createSigner()),
    bearer({ aud: "66666666-7777-4888-8999-000000000000" }),
    bearer({ iss: "https://example.org" }),
    // The Emulator's, as anybody with a tenant can get them.
    bearer({ iss: `https://sts.windows.net/${fake.tenantId}/`, tid: fake.tenantId, ver: "1.0", appid: fake.appId }),
    bearer({ exp: now - 3_600, nbf: now - 7_200 }),
    bearer({ nbf: now + 3_600 }),
    bearer({ serviceurl: "https://smba.trafficmanager.net/emea/" }),
    bearer({ serviceurl: undefined }),
    bearer({}, { kid: "key-2" }),
    bearer({}, { alg: "none" }),
    call(activity, `Bearer ${head}.${body}.${"A".repeat(342)}`),
    fake.sign({ ...activity, serviceUrl: "https://example.org/" }),
  ];
}

function describeSent(sent: SentActivity, fake: FakeTeams): ReturnType<ChannelHarness["received"]>[number] {
  const [chat = "", thread] = sent.conversation.split(";messageid=");
  return {
    chat,
    ...(thread === undefined ? {} : { thread }),
    text: wordsOf(sent),
    files: (sent.activity.attachments ?? []).flatMap((attachment) => describeFile(attachment, fake)),
  };
}

function describeFile(
  { contentType, contentUrl = "", name = "", content }: FakeAttachment,
  fake: FakeTeams,
): { name: string; content: Uint8Array }[] {
  const [, base64] = /^data:[^;]+;base64,(.*)$/.exec(contentUrl) ?? [];
  if (base64 !== undefined) return [{ name, content: Buffer.from(base64, "base64") }];
  const file = contentType === infoType ? fake.drive.get(String(content?.["uniqueId"])) : undefined;
  return file === undefined ? [] : [{ name, content: file.content }];
}

describeChannel("teams, as a single-tenant bot", () => createHarness(false));
describeChannel("teams, as a multi-tenant bot", () => createHarness(true));
