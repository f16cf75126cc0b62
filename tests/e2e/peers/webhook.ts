import { secret, signedCall } from "../../channels/webhook/calls.ts";
import { createReplyServer } from "../../channels/webhook/reply-server.ts";
import { callUntilTaken, type CreatePeer } from "./peer.ts";

export const createWebhookPeer: CreatePeer = async ({ hookUrl, people: [first = 1] }) => {
  const server = await createReplyServer();
  const answers: string[] = [];
  let count = 0;

  async function post(person: number, message: object, headers: Record<string, string> = {}): Promise<void> {
    count += 1;
    const body = { id: `say-${count}`, chat: `${person}`, sender: { id: `${person}` }, ...message };
    answers.push(await callUntilTaken(() => new Request(hookUrl, signedCall(body, { headers }))));
  }

  return {
    channel: { platform: "webhook", secret, replyUrl: server.url },
    say: (person, text) => post(person, { text }),
    received: () => server.replies.map(({ chat, text }) => ({ person: Number(chat), text })),
    async stir(mark) {
      await post(first, { text: `${mark} in a group`, chat: "all", isGroup: true });
      await post(first, { text: `/help ${mark}`, kind: "command" }, { prefer: "wait=2" });
      const file = { name: "a.txt", mimeType: "text/plain", data: Buffer.from("words").toString("base64") };
      await post(first, { text: `${mark} a file`, attachments: [file] });
      return [`${mark} in a group`, `/help ${mark}`, `${mark} a file`];
    },
    shown: () => [
      ...server.calls.map(({ reply }) => `reply: ${reply.text}`),
      ...answers.filter((words) => words.includes('"reply"')),
    ],
    close: () => server.close(),
  };
};
