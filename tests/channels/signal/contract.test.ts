import { describeChannel, type ChannelHarness } from "../../contracts/channel.ts";
import type { FakeSignalSettings } from "../../doubles/fake-signal.ts";
import { ada, createSignal, formatEnvelope, groupId, ours } from "./harness.ts";

async function createHarness(settings: Partial<FakeSignalSettings>): Promise<ChannelHarness> {
  const { fake, disk, clock, create, say, close } = await createSignal({}, settings);
  let last: object = {};
  let lastTimestamp = 0;

  return {
    name: "signal",
    files: disk.files,
    state: disk.state,
    groups: true,
    repeatsByItself: true,
    create: (isListening) => create({}, isListening),
    createAgainst: (rpcUrl) => create({ rpcUrl }),
    advance: clock.advance,
    drop: () => fake.drop(),
    revoke: async () => void (fake.isUnlinked = true),
    restore: async () => void (fake.isUnlinked = false),
    attempts: () => fake.calls.get("listDevices")?.length ?? 0,
    async deliver({ from, place, text, isMention, file }) {
      const isToUs = place === "group" && isMention === true;
      const timestamp = fake.tick();
      const data = {
        timestamp,
        message: isToUs ? `\uFFFC ${text}` : text,
        ...(isToUs
          ? { mentions: [{ name: ours.number, number: ours.number, uuid: ours.aci, start: 0, length: 1 }] }
          : {}),
        ...(place === "group" ? { groupInfo: { groupId, groupName: "Example", revision: 3, type: "DELIVER" } } : {}),
        ...(file === undefined
          ? {}
          : {
              attachments: [
                {
                  id: fake.addAttachment(file.content),
                  contentType: "image/png",
                  filename: file.name,
                  size: file.content.length,
                },
              ],
            }),
      };
      last =
        from === "self"
          ? {
              ...formatEnvelope(data, { sourceUuid: ours.aci, sourceNumber: ours.number }),
              dataMessage: undefined,
              syncMessage: { sentMessage: { destinationUuid: ada, ...data } },
            }
          : formatEnvelope(data);
      lastTimestamp = timestamp;
      fake.deliver(last);
    },
    async redeliver() {
      fake.deliver(last);
    },
    async sendElsewhere({ place, text }) {
      const timestamp = fake.tick();
      const group =
        place === "group" ? { groupInfo: { groupId, groupName: "Example", revision: 3, type: "DELIVER" } } : {};
      const sentMessage = { destinationUuid: place === "group" ? null : ada, timestamp, message: text, ...group };
      const from = { sourceUuid: ours.aci, sourceNumber: ours.number };
      last = { ...formatEnvelope({ timestamp }, from), dataMessage: undefined, syncMessage: { sentMessage } };
      fake.deliver(last);
    },
    received: () =>
      fake.sent.map(({ chat, text, files }) => ({
        chat,
        text,
        files: files.map(({ name, content }) => ({ name, content })),
      })),
    failSend: {
      "rate-limited": (skip, waitMs = 20) => fake.failNext("send", "429", { skip, retryAfterS: waitMs / 1_000 }),
      unavailable: (skip) => fake.failNext("send", "503", { skip }),
      "cut-after-accept": (skip) => fake.failNext("send", "cut-after-accept", { skip }),
      "cut-before-accept": (skip) => fake.failNext("send", "cut-before-accept", { skip }),
    },
    async revise(text) {
      const timestamp = fake.tick();
      const dataMessage = { timestamp, message: text, expiresInSeconds: 0, viewOnce: false };
      fake.deliver({
        ...formatEnvelope({ timestamp }),
        dataMessage: undefined,
        editMessage: { targetSentTimestamp: lastTimestamp, dataMessage },
      });
    },
    async takeBack() {
      say({ remoteDelete: { timestamp: lastTimestamp } });
    },
    async reactToUs(emoji) {
      const reaction = {
        emoji,
        targetAuthor: ours.number,
        targetAuthorNumber: ours.number,
        targetAuthorUuid: ours.aci,
        targetSentTimestamp: fake.sent.at(-1)?.timestamp,
        isRemove: false,
      };
      say({ reaction });
    },
    async deliverWhileAway({ text }) {
      say({ message: text });
    },
    close,
  };
}

describeChannel("signal, waiting at Signal", () => createHarness({ receiveMode: "on-connection", echoesOwn: true }));
describeChannel("signal, waiting in the daemon", () => createHarness({ receiveMode: "on-start", echoesOwn: true }));
describeChannel("signal by an older daemon", () =>
  createHarness({ receiveMode: "on-connection", countsEvents: false, isSingle: true }),
);
