import { expect, it } from "vitest";
import { optionsSchema } from "../../../channels/webhook/config.ts";
import { createChannel } from "../../../channels/webhook/index.ts";
import { createChannelContext, createRecordingSink } from "../../doubles/channel-context.ts";
import { secret, signedCall } from "./calls.ts";

it("keeps no caller waiting while it only listens, and repeats no earlier reply", async () => {
  const entry = { senderName: "Ada", attachments: [], at: 1 };
  const said = { id: "m1", direction: "in", text: "hello", ...entry } as const;
  const reply = { id: "r1", direction: "out", text: "an earlier reply", ...entry } as const;
  const channel = createChannel({
    ...createChannelContext(optionsSchema.parse({ secret }), { isListening: () => true }),
    transcript: { list: async () => [], read: async () => [said, reply] },
  });
  const stop = new AbortController();
  const ended = channel.start(createRecordingSink(), stop.signal);
  const body = { id: "m1", chat: "1", sender: { id: "1" }, text: "hello" };
  const since = performance.now();
  for (const status of ["accepted", "duplicate"]) {
    const answer = await channel.webhook?.(signedCall(body, { headers: { prefer: "wait=20" } }));
    expect([answer?.status, await answer?.json()]).toEqual([202, { status }]);
  }
  expect(performance.now() - since).toBeLessThan(5_000);
  stop.abort();
  await ended;
});
