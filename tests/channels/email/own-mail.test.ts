import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDraft, formatMail } from "../../../channels/email/format.ts";
import { parseHeaders } from "../../../channels/email/headers.ts";
import { formatDraftMessageId, isSentByUs, parseOwnMessageId } from "../../../channels/email/identity.ts";
import { isOwners } from "../../../channels/email/own-mail.ts";
import { parseLinks, parseOwnMail } from "../../../channels/email/parse.ts";
import { createThreads, findKnownChat } from "../../../channels/email/threads.ts";
import type { InboundMessage } from "../../../src/core/message.ts";
import { createTestDisk, outbound } from "../../doubles/channel-context.ts";
import { place, takeApart } from "./fixture.ts";

const own = place.ownAddress;

async function parse(fields: readonly string[], text = "I come."): Promise<InboundMessage> {
  const raw = Buffer.from(["Message-ID: <own@example.org>", ...fields, "", text, ""].join("\r\n"));
  const parts = await takeApart(raw);
  return parseOwnMail(parts, parseLinks(parts.headers, place), "the thread", place);
}

const headersOf = (fields: Readonly<Record<string, string>>): ReturnType<typeof parseHeaders> =>
  parseHeaders(
    Object.entries(fields)
      .map(([key, value]) => `${key}: ${value}`)
      .join("\r\n"),
  );

describe("a mail in Sent", () => {
  it("is the owner's and speaks to the others, whatever its fields say", async () => {
    const address = fc.constantFrom(own, "Bot <BOT@example.org>", "bot+tag@example.org", "ada@example.org", "nobody");
    await fc.assert(
      fc.asyncProperty(address, fc.array(address, { maxLength: 4 }), address, async (from, to, replyTo) => {
        const message = await parse([`From: ${from}`, `To: ${to.join(", ")}`, `Reply-To: ${replyTo}`]);
        expect(message).toMatchObject({
          address: { channel: "mail", chat: "the thread" },
          sender: { id: `mail:${own}`, isBot: false },
          isOwn: true,
          isAddressed: false,
          text: "I come.",
        });
        expect(message).not.toHaveProperty("isAutomated");
      }),
      { numRuns: 30 },
    );
  });

  it("is to a group when it goes to several others", async () => {
    const isGroup = async (...fields: string[]): Promise<boolean> => (await parse([`From: ${own}`, ...fields])).isGroup;
    expect(await isGroup("To: ada@example.org")).toBe(false);
    expect(await isGroup("To: ada@example.org, bot+x@example.org", `Cc: ${own}`)).toBe(false);
    expect(await isGroup("To: ada@example.org", "Cc: bob@example.org")).toBe(true);
    expect(await isGroup("Bcc: ada@example.org")).toBe(false);
  });

  it("loses quotes and signature, as others do, and names what it answers", async () => {
    const text = "At noon.\r\n\r\nOn Monday, Ada wrote:\r\n> When?\r\n\r\n-- \r\nGrace";
    const message = await parse([`From: ${own}`, "To: ada@example.org", "In-Reply-To: <asked@example.org>"], text);
    expect(message).toMatchObject({ text: "At noon.", replyToId: "asked@example.org" });
  });

  const answered = {
    id: "asked@example.org",
    to: "ada@example.org",
    subject: "Lunch",
    references: ["asked@example.org"],
  };
  const mail = (id: string) =>
    formatMail(
      outbound({ channel: "mail", chat: "asked@example.org" }, "At noon.", { id }),
      { address: own, name: "Grace" },
      "ada@example.org",
      answered,
    );

  it.each([
    ["by our id", (id: string) => ({ "Message-ID": `<${mail(id).messageId}>` })],
    [
      "by our mark, where the server gave it another id",
      (id: string) => ({ ...mail(id).headers, "Message-ID": "<x@y>" }),
    ],
  ])("is ours %s, also what a person approved", (_, fields) => {
    for (const id of ["out-1", "draft-1"]) {
      expect(isSentByUs(headersOf({ From: own, ...fields(id) }), own)).toBe(true);
      expect(isOwners(headersOf({ From: own, ...fields(id) }), own)).toBe(false);
    }
  });

  it("is nobody's where a program sent it in the owner's name", () => {
    for (const fields of [
      { "Auto-Submitted": "auto-replied" },
      { "Content-Type": "multipart/report; report-type=disposition-notification" },
      { "X-Autoreply": "yes" },
    ] as Record<string, string>[])
      expect(isOwners(headersOf({ From: own, "Message-ID": "<x@y>", ...fields }), own)).toBe(false);
    expect(isOwners(headersOf({ From: "noreply@example.org", "Message-ID": "<x@y>" }), own)).toBe(true);
  });

  it("is the owner's where it was a draft of ours, with all that a draft has", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 80 }), (id) => {
        const draft = formatDraft(id.replaceAll(/[\r\n]/g, ""), mail("out-1"));
        expect(parseOwnMessageId(draft.messageId, own)).toBeUndefined();
        expect(draft.messageId).toBe(formatDraftMessageId(id.replaceAll(/[\r\n]/g, ""), own));
        expect(isOwners(headersOf({ From: own, ...draft.headers, "Message-ID": `<${draft.messageId}>` }), own)).toBe(
          true,
        );
        expect(draft).toMatchObject({ inReplyTo: answered.id, references: [answered.id], subject: "Re: Lunch" });
      }),
    );
  });
});

describe("a thread", () => {
  it("is found by a mail of the owner's, and its answers still go to whom they went", async () => {
    const threads = createThreads(createTestDisk().state);
    const asked = {
      id: "asked@example.org",
      to: "ada@example.org",
      subject: "Lunch",
      references: ["asked@example.org"],
    };
    await threads.remember("asked@example.org", asked);
    await threads.note("asked@example.org", "own@example.org");
    expect(await findKnownChat(threads, ["own@example.org"], own)).toBe("asked@example.org");
    expect(await threads.read("asked@example.org")).toEqual([asked]);
  });
});
