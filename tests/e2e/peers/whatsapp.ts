import { appSecret, displayNumber, phoneNumberId, token, verifyToken } from "../../channels/whatsapp/cloud-harness.ts";
import { createFakeWhatsApp } from "../../doubles/fake-whatsapp.ts";
import { listOthers } from "../../doubles/recorded-requests.ts";
import { callUntilTaken, type CreatePeer } from "./peer.ts";

const prefix = "1555020";

/** The Cloud API, which calls again for days. */
export const createWhatsAppPeer: CreatePeer = async ({ hookUrl, people: [first = 1] }) => {
  const from = prefix + String(first);
  const answers: string[] = [];
  const fake = await createFakeWhatsApp({
    phoneNumberId,
    displayNumber,
    token,
    appSecret,
    async callHook(request) {
      answers.push(await callUntilTaken(() => new Request(hookUrl, request.clone())));
      return new Response();
    },
  });
  return {
    channel: { platform: "whatsapp", graphUrl: fake.url, phoneNumberId, token, appSecret, verifyToken },
    async say(person, text) {
      await fake.say({ from: prefix + String(person), extra: { type: "text", text: { body: text } } });
    },
    received: () => fake.sent.map(({ chat, text }) => ({ person: Number(chat.slice(prefix.length)), text })),
    async stir(mark) {
      const write = async (extra: Record<string, unknown>): Promise<string> =>
        String((await fake.say({ from, extra })).message["id"]);
      const group = { group_id: "Y2FwaV9ncm91cDoxNzA1NTU1MDEzOToxMjAzNjM0MDQ2OTQyMzM4MjAZD" };
      await write({ ...group, type: "text", text: { body: `${mark} in a group` } });
      await write({ ...group, type: "text", text: { body: `@${displayNumber} ${mark} to us` } });
      const id = fake.addMedia(Buffer.from("words"), "text/plain");
      const document = { id, mime_type: "text/plain", filename: "a.txt", caption: `${mark} a file` };
      const said = await write({ type: "document", document });
      const edit = { original_message_id: said, message: { type: "text", text: { body: `${mark} an edit` } } };
      await write({ type: "edit", edit });
      await write({ type: "reaction", reaction: { message_id: said, emoji: "👍" } });
      const press = { type: "button_reply", button_reply: { id: `/approve ${mark}`, title: "Approve" } };
      await write({ type: "interactive", interactive: press });
      return [...["in a group", "to us", "a file", "an edit"].map((words) => `${mark} ${words}`), `/approve ${mark}`];
    },
    shown: () => [
      ...listOthers(
        fake.requests.map(({ line }) => line),
        [/^GET /],
      ),
      ...answers.filter((words) => words !== ""),
    ],
    close: () => fake.stop(),
  };
};
