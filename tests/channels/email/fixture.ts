import { readFile } from "node:fs/promises";
import {
  parseLinks,
  parseMail,
  pickChat,
  parseSender,
  type MailParts,
  type MailPlace,
} from "../../../channels/email/parse.ts";
import { readMail } from "../../../channels/email/read-mail.ts";
import type { InboundMessage } from "../../../src/core/message.ts";
import { createTestDisk } from "../../doubles/channel-context.ts";

export const place: MailPlace = {
  channel: "mail",
  ownAddress: "bot@example.org",
  uid: 7,
  receivedAt: Date.parse("2026-03-02T09:16:00Z"),
  trustedAuthServer: undefined,
};

/** A whole mail as readMail gets it: the header fetched before, then the bytes in pieces. */
export async function takeApart(raw: Buffer, chunkBytes = 1_000): Promise<MailParts> {
  const disk = createTestDisk();
  const blank = raw.indexOf("\r\n\r\n");
  const bodyStart = raw.subarray(0, 2).toString() === "\r\n" ? 2 : blank < 0 ? raw.length : blank + 4;
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let start = bodyStart; start < raw.length; start += chunkBytes) yield raw.subarray(start, start + chunkBytes);
  }
  try {
    return await readMail(raw.subarray(0, bodyStart), chunks(), { files: disk.files, keepsAttachments: true });
  } finally {
    await disk.remove();
  }
}

export async function parseRaw(raw: Buffer, at: MailPlace = place): Promise<InboundMessage> {
  const parts = await takeApart(raw);
  const links = parseLinks(parts.headers, at);
  const sender = parseSender(parts, at).id.slice(at.channel.length + 1);
  return parseMail(parts, links, pickChat(links, sender, at), at);
}

export async function parseFixture(name: string, at: MailPlace = place): Promise<InboundMessage> {
  const text = await readFile(new URL(`../../fixtures/email/${name}.eml`, import.meta.url), "latin1");
  return parseRaw(Buffer.from(text.replaceAll(/\r?\n/g, "\r\n"), "latin1"), at);
}
