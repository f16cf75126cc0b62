import { Readable } from "node:stream";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Channel } from "../../../src/core/channel.ts";
import { createRecordingSink, createSendContext, outbound } from "../../doubles/channel-context.ts";
import { createScene, personalChat, type Scene } from "./person.ts";

let scene: Scene;
let channel: Channel;
let isListening: boolean;
let stop: AbortController;
let ended: Promise<void>;

beforeEach(async () => {
  scene = await createScene();
  isListening = false;
  channel = scene.create({}, () => isListening);
  const sink = createRecordingSink();
  stop = new AbortController();
  ended = channel.start(sink, stop.signal);
  await sink.waitForState("up");
  await scene.deliver(scene.activity({ text: "hi" }), channel);
});
afterEach(async () => {
  stop.abort();
  await ended;
  await scene.close();
});

/** Somebody presses "Allow" on the offer that the message of this id made. */
async function allow(id: string): Promise<number | undefined> {
  const uploadInfo = {
    uploadUrl: `${new URL(scene.fake.serviceUrl).origin}/drive/${id}/report.pdf`,
    contentUrl: "https://example.sharepoint.com/report.pdf",
    name: "report.pdf",
    uniqueId: id,
    fileType: "pdf",
  };
  const value = { type: "fileUpload", action: "accept", context: { offer: `${id}:0` }, uploadInfo };
  const press = scene.activity({ type: "invoke", name: "fileConsent/invoke", value });
  return (await channel.webhook?.(scene.fake.sign(press)))?.status;
}

it("brings a file that was offered before only when it may speak again, and an approved one at once", async () => {
  const pdf = await scene.disk.files.save(Readable.from([Buffer.from("%PDF-1.7 report")]), { name: "report.pdf" });
  const address = { channel: "teams", chat: personalChat };
  for (const id of ["answer-1", "draft-1"])
    await channel.send(outbound(address, "", { id, attachments: [pdf] }), createSendContext());
  isListening = true;
  const { length } = scene.fake.calls;
  expect(await allow("answer-1")).toBe(503);
  expect(scene.fake.calls).toHaveLength(length);
  expect(scene.fake.drive.size).toBe(0);
  expect(await allow("draft-1")).toBe(200);
  isListening = false;
  expect(await allow("answer-1")).toBe(200);
  expect([...scene.fake.drive.keys()]).toEqual(["draft-1", "answer-1"]);
});
