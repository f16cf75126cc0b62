import { describeChannel, type ChannelHarness } from "../../contracts/channel.ts";
import type { StoredEvent } from "../../doubles/fake-matrix-store.ts";
import { ada, bob, bot, createScene, type Scene } from "./scene.ts";

async function createHarness(): Promise<ChannelHarness> {
  const scene = await createScene();
  const { fake, disk, direct, group, device } = scene;
  const { store } = fake;
  const root = store.addEvent(group, {
    type: "m.room.message",
    sender: bob,
    content: { msgtype: "m.text", body: "a thread begins" },
  });
  let last: StoredEvent | undefined;

  async function say(from: string, place: string, content: object): Promise<void> {
    const thread = place === "thread" ? { "m.relates_to": { rel_type: "m.thread", event_id: root.event_id } } : {};
    const body = { msgtype: "m.text", ...content, ...thread };
    last = store.addEvent(place === "direct" ? direct : group, { type: "m.room.message", sender: from, content: body });
  }

  const sendPattern = /PUT .*\/send\/m\.room\.message\//;
  return {
    name: "mx",
    files: disk.files,
    groups: true,
    repeatsByItself: true,
    create: (isListening) => scene.create({}, undefined, isListening),
    createAgainst: (homeserverUrl) => scene.create({ homeserverUrl }),
    advance: scene.clock.advance,
    drop: () => fake.drop(),
    async revoke() {
      fake.revoke(device.token);
      fake.drop();
    },
    restore: async () => void store.devices.set(device.token, device),
    attempts: () => fake.requests.length,
    async deliver({ from, place, text, isMention, file }) {
      const isToUs = place !== "direct" && isMention === true;
      const mention = isToUs
        ? {
            "m.mentions": { user_ids: [bot] },
            format: "org.matrix.custom.html",
            formatted_body: `<a href="https://matrix.to/#/${bot}">Helper</a>: ${text}`,
          }
        : {};
      const sender = from === "self" ? bot : ada;
      if (file === undefined) return say(sender, place, { body: isToUs ? `Helper: ${text}` : text, ...mention });
      fake.media.set("file-1", { content: Buffer.from(file.content), type: "image/png" });
      const media = { url: "mxc://example.org/file-1", filename: file.name, info: { mimetype: "image/png" } };
      await say(sender, place, { msgtype: "m.image", body: text, ...media });
    },
    async redeliver() {
      if (last !== undefined) fake.rewind(device, last.position - 1);
    },
    received: () => showMessages(scene),
    failSend: {
      "rate-limited": (skip, waitMs = 20) => fake.failNext(sendPattern, "429", { skip, retryAfterMs: waitMs }),
      unavailable: (skip) => fake.failNext(sendPattern, "500", { skip }),
      "cut-after-accept": (skip) => fake.failNext(sendPattern, "cut-after-accept", { skip }),
      "cut-before-accept": (skip) => fake.failNext(sendPattern, "cut-before-accept", { skip }),
    },
    async revise(text) {
      store.addEvent(direct, {
        type: "m.room.message",
        sender: ada,
        content: {
          msgtype: "m.text",
          body: `* ${text}`,
          "m.new_content": { msgtype: "m.text", body: text },
          "m.relates_to": { rel_type: "m.replace", event_id: last?.event_id },
        },
      });
    },
    async takeBack() {
      store.redact(direct, last?.event_id ?? "", ada);
    },
    async reactToUs(emoji) {
      const target = scene.sent().at(-1)?.event_id;
      const content = { "m.relates_to": { rel_type: "m.annotation", event_id: target, key: `${emoji}\u{fe0f}` } };
      store.addEvent(direct, { type: "m.reaction", sender: ada, content });
    },
    deliverWhileAway: ({ text }) => say(ada, "direct", { body: text }),
    close: () => scene.close(),
  };
}

/** As people see it: an edit in the place of what it replaces. */
function showMessages(scene: Scene): ReturnType<ChannelHarness["received"]> {
  const events = scene.sent();
  const relation = (event: StoredEvent): Record<string, unknown> =>
    (event.content["m.relates_to"] ?? {}) as Record<string, unknown>;
  return events
    .filter((event) => relation(event)["rel_type"] !== "m.replace")
    .map((event) => {
      const edit = events.findLast(
        (each) => relation(each)["rel_type"] === "m.replace" && relation(each)["event_id"] === event.event_id,
      );
      const content = (edit?.content["m.new_content"] ?? event.content) as Record<string, unknown>;
      const { rel_type: kind, event_id: thread } = relation(event);
      const file = scene.fake.media.get(String(content["url"]).split("/").at(-1) ?? "");
      return {
        chat: event.room_id,
        ...(kind === "m.thread" ? { thread: String(thread) } : {}),
        text: file === undefined ? String(content["body"]) : "",
        files: file === undefined ? [] : [{ name: String(content["filename"]), content: file.content }],
      };
    });
}

describeChannel("matrix", createHarness);
