import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Channel } from "../../../src/core/channel.ts";
import type { Address, Attachment } from "../../../src/core/message.ts";
import {
  createRecordingSink,
  createSendContext,
  outbound,
  waitUntil,
  type RecordingSink,
} from "../../doubles/channel-context.ts";
import { buttonsOf, createScene, personalChat, groupChat, wordsOf, type Scene } from "./person.ts";

const hookUrl = "https://parlance.example.org/hooks/teams";
const consentType = "application/vnd.microsoft.teams.card.file.consent";
const driveType = "application/vnd.microsoft.teams.file.download.info";
const direct: Address = { channel: "teams", chat: personalChat };
const group: Address = { channel: "teams", chat: groupChat };

let scene: Scene;
let channel: Channel;
let sink: RecordingSink;
let stop: AbortController;
let ended: Promise<void>;
let pdf: Attachment;

async function start(settings: { readonly hookUrl?: string } = {}): Promise<void> {
  channel = scene.create(settings);
  stop = new AbortController();
  ended = channel.start(sink, stop.signal);
  await sink.waitForState("up");
  await scene.deliver(scene.activity({ text: "hi" }), channel);
  await scene.deliver(scene.activity({ text: "hi" }, "group"), channel);
}

beforeEach(async () => {
  scene = await createScene();
  sink = createRecordingSink();
  pdf = await scene.disk.files.save(Readable.from([Buffer.from("%PDF-1.7 report")]), { name: "report.pdf" });
});
afterEach(async () => {
  stop.abort();
  await ended;
  await scene.close();
});

describe("a file for a personal chat", () => {
  async function offer(): Promise<{
    press(action: string, extra?: object, place?: "direct" | "group"): Promise<number | undefined>;
    card: () => boolean;
  }> {
    await start();
    await channel.send(outbound(direct, "", { attachments: [pdf] }), createSendContext());
    const [sent] = scene.fake.sent;
    const context = sent?.activity.attachments?.[0]?.content?.["acceptContext"];
    const uploadInfo = {
      uploadUrl: `${new URL(scene.fake.serviceUrl).origin}/drive/file-1/report.pdf`,
      contentUrl: "https://example.sharepoint.com/report.pdf",
      name: "report.pdf",
      uniqueId: "file-1",
      fileType: "pdf",
    };
    return {
      card: () => sent?.isDeleted === false,
      async press(action, extra = {}, place = "direct") {
        const value = { type: "fileUpload", action, context, ...(action === "accept" ? { uploadInfo } : {}), ...extra };
        const press = scene.activity({ type: "invoke", name: "fileConsent/invoke", value, replyToId: sent?.id }, place);
        return (await channel.webhook?.(scene.fake.sign(press)))?.status;
      },
    };
  }

  it("is asked for, uploaded, shown, and the card taken away", async () => {
    const { press, card } = await offer();
    expect(scene.fake.sent[0]?.activity.attachments?.[0]).toMatchObject({
      contentType: consentType,
      name: "report.pdf",
      content: { sizeInBytes: 15 },
    });
    expect(await press("accept")).toBe(200);
    expect(Buffer.from(scene.fake.drive.get("file-1")?.content ?? []).toString()).toBe("%PDF-1.7 report");
    expect(scene.fake.sent[1]?.activity.attachments?.[0]).toMatchObject({
      content: { uniqueId: "file-1", fileType: "pdf" },
    });
    expect(card()).toBe(false);
  });

  it("is uploaded once, however often the card is pressed", async () => {
    const { press } = await offer();
    expect(await Promise.all([press("accept"), press("accept")])).toEqual([200, 200]);
    expect(await press("accept")).toBe(200);
    expect(scene.fake.sent).toHaveLength(2);
  });

  it("is not uploaded again when only the card had failed", async () => {
    const { press } = await offer();
    scene.fake.failNext("503", { retryAfterS: 0.01 });
    expect(await press("accept")).toBe(503);
    await new Promise((resolve) => void setTimeout(resolve, 30));
    expect(await press("accept")).toBe(200);
    expect(scene.fake.drive.size).toBe(1);
    expect(scene.fake.sent).toHaveLength(2);
  });

  it("is left alone when it is declined", async () => {
    const { press, card } = await offer();
    expect(await press("decline")).toBe(200);
    expect(card()).toBe(false);
    expect(await press("accept")).toBe(200);
    expect(scene.fake.drive.size).toBe(0);
  });

  it("goes to nobody else, and to no server that is not trusted", async () => {
    const { press } = await offer();
    expect(await press("accept", {}, "group")).toBe(404);
    expect(await press("accept", { context: { offer: "made-up" } })).toBe(404);
    expect(await press("accept", { uploadInfo: { uploadUrl: "https://example.org/take" } })).toBe(403);
    expect(scene.fake.drive.size).toBe(0);
  });
});

describe("a file for a group", () => {
  it("is a link that our own server answers", async () => {
    await start({ hookUrl });
    await channel.send(outbound(group, "", { attachments: [pdf] }), createSendContext());
    const [, name, url = ""] = /^\[(.*)\]\((.*)\)$/.exec(scene.fake.sent[0]?.activity.text ?? "") ?? [];
    expect(name).toBe("report.pdf");
    expect(url.startsWith(hookUrl)).toBe(true);
    const answer = await channel.webhook?.(new Request(url));
    expect(await answer?.text()).toBe("%PDF-1.7 report");
    const forged = new URL(url);
    forged.searchParams.set("proof", "00");
    expect((await channel.webhook?.(new Request(forged)))?.status).toBe(403);
  });

  it("is a remark where nobody can reach our server", async () => {
    await start();
    await channel.send(outbound(group, "", { attachments: [pdf] }), createSendContext());
    expect(scene.fake.sent[0]?.activity.text).toMatch(/report\.pdf cannot be shown here/);
  });

  it("is shown at once when it is a small picture", async () => {
    await start();
    const png = await scene.disk.files.save(Readable.from([Buffer.from("89504e470d0a1a0a", "hex")]), {
      name: "dot.png",
    });
    await channel.send(outbound(group, "look", { attachments: [png] }), createSendContext());
    expect(scene.fake.sent.map(wordsOf)).toEqual(["look", ""]);
    expect(scene.fake.sent[1]?.activity.attachments?.[0]).toMatchObject({
      contentType: "image/png",
      contentUrl: "data:image/png;base64,iVBORw0KGgo=",
    });
  });
});

describe("a file that somebody sends", () => {
  const driveFile = (downloadUrl: string): object => ({
    text: "the report",
    attachments: [{ contentType: driveType, name: "report.pdf", content: { downloadUrl, fileType: "pdf" } }],
  });
  const last = (): { text: string | undefined; files: readonly string[] | undefined } => ({
    text: sink.messages.at(-1)?.text,
    files: sink.messages.at(-1)?.attachments.map(({ name }) => name),
  });

  it("is fetched from the OneDrive without our token", async () => {
    await start();
    const url = scene.fake.putFile(Buffer.from("%PDF-1.7"), "drive", "report.pdf");
    await scene.deliver(scene.activity(driveFile(url)), channel);
    expect(last()).toEqual({ text: "the report", files: ["report.pdf"] });
  });

  it("that is gone, too large, or elsewhere becomes a remark", async () => {
    await start();
    const gone = `${new URL(scene.fake.serviceUrl).origin}/drive/nothing/report.pdf`;
    await scene.deliver(scene.activity(driveFile(gone)), channel);
    expect(last()).toEqual({ text: expect.stringMatching(/not there any more/) as string, files: [] });
    const large = scene.fake.putFile(Buffer.alloc(1_200_000), "drive", "report.pdf");
    await scene.deliver(scene.activity(driveFile(large)), channel);
    expect(last()).toEqual({ text: expect.stringMatching(/too large/) as string, files: [] });
    await scene.deliver(scene.activity(driveFile("https://example.org/report.pdf")), channel);
    expect(last()).toEqual({ text: expect.stringMatching(/not trusted/) as string, files: [] });
  });
});

describe("choices", () => {
  it("stay buttons when a message is edited, and go when they are over", async () => {
    await start();
    const message = outbound(direct, "May I?", { choices: [{ label: "Yes", command: "/approve 1" }] });
    const [id = ""] = await channel.send(message, createSendContext());
    await waitUntil(() => scene.fake.sent.length === 1);
    const [card] = scene.fake.sent;
    if (card === undefined) throw new Error("nothing was sent");
    expect(buttonsOf(card)).toEqual([{ title: "Yes", data: { parlance: "/approve 1" } }]);
    await channel.edit?.({ ...message, text: "Approved.", choices: [] }, id, stop.signal);
    expect(buttonsOf(card)).toEqual([]);
    expect(wordsOf(card)).toBe("Approved.");
  });
});
