import { simpleParser } from "mailparser";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { composeMail } from "../../../channels/email/compose.ts";
import { formatMail, formatSubject } from "../../../channels/email/format.ts";
import { parseHeaders } from "../../../channels/email/headers.ts";
import { isMarkedAutomated } from "../../../channels/email/automated.ts";
import { formatMessageId, isOwnMail, isSentByUs, parseOwnMessageId } from "../../../channels/email/identity.ts";
import { pickRecipient } from "../../../channels/email/recipient.ts";
import { createThreads, type ThreadMail } from "../../../channels/email/threads.ts";
import type { OutboundMessage } from "../../../src/core/message.ts";
import { createTestDisk, outbound } from "../../doubles/channel-context.ts";

const sender = { address: "bot@example.org", name: "Bot" };
const answered: ThreadMail = {
  id: "b@example.org",
  to: "ada@example.org",
  subject: "Re: Lunch",
  references: ["a@example.org", "b@example.org"],
};
const chat = { channel: "mail", chat: "a@example.org" };

async function compose(
  message: OutboundMessage,
  to = "ada@example.org",
  mail: ThreadMail | undefined = answered,
): Promise<Buffer> {
  const files = {
    open: () => {
      throw new Error("none");
    },
  };
  return composeMail(formatMail(message, sender, to, mail), [], files, new Date(0), 1_000_000);
}

describe("formatting a mail", () => {
  it("answers in the thread, marked as a machine's", () => {
    const mail = formatMail(outbound(chat, "yes"), sender, "ada@example.org", answered);
    expect(mail).toMatchObject({
      subject: "Re: Lunch",
      inReplyTo: "b@example.org",
      references: ["a@example.org", "b@example.org"],
    });
    expect(mail.headers["Auto-Submitted"]).toBe("auto-replied");
    // What a person approved is a person's mail.
    const approved = formatMail({ ...outbound(chat, "yes"), id: "draft-7kq2m9" }, sender, "ada@example.org", answered);
    expect(Object.keys(approved.headers)).toEqual(["X-Parlance"]);
    const headers = [{ key: "x-parlance", value: approved.headers["X-Parlance"] ?? "" }];
    expect(isMarkedAutomated(headers)).toBe(false);
    expect(isSentByUs(headers, sender.address)).toBe(true);
  });

  it.each([
    [undefined, undefined, "Message"],
    ["Hello", undefined, "Hello"],
    [undefined, "Hello", "Re: Hello"],
    [undefined, "RE: re: AW: Hello", "Re: Hello"],
    ["Other", "Hello", "Re: Other"],
    [undefined, "", "Re:"],
    [undefined, "Regarding: x", "Re: Regarding: x"],
  ])("subject of %j in answer to %j: %j", (own, thread, subject) => {
    expect(formatSubject(own, thread)).toBe(subject);
  });

  it("makes text and HTML of CommonMark, and lets no markup through", async () => {
    const text =
      '# Title\n\n**bold** and `a<b`\n\n- one\n- two\n\n```js\nlet x = "<&>";\n\nx();\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n<script>alert(1)</script> [x](javascript:alert) ![pixel](https://example.org/p.png)';
    const mail = await simpleParser(await compose(outbound(chat, text)));
    const html = String(mail.html);
    expect(html).toContain("<b>bold</b> and <code>a&lt;b</code>");
    expect(html).toContain("<ul><li>one</li><li>two</li></ul>");
    expect(html).toContain("<td>1</td>");
    expect(html).not.toMatch(/<script|<img|href="javascript/);
    expect(mail.text).toContain("*bold* and a<b");
    expect(mail.text).toContain('    let x = "<&>";');
  });

  it("gives the same Message-ID in every attempt, and knows it again", () => {
    const first = formatMail(outbound(chat, "a", { id: "o1" }), sender, "ada@example.org", answered).messageId;
    expect(formatMail(outbound(chat, "a", { id: "o1" }), sender, "ada@example.org", undefined).messageId).toBe(first);
    expect(parseOwnMessageId(first, sender.address)).toMatchObject({ outboundId: "o1" });
    expect(parseOwnMessageId(first, "bot@example.com")).toBeUndefined();
    expect(formatMessageId("weird id <>\r\n", "x", sender.address)).toMatch(
      /^parlance\.[0-9a-f]{64}\.[0-9a-f]{16}@example\.org$/,
    );
  });

  it("is recognised as our own when it comes back", async () => {
    const raw = (await compose(outbound(chat, "x"))).toString();
    expect(isOwnMail(parseHeaders(raw), sender.address)).toBe(true);
    // Through a list that writes itself into From.
    const relayed = parseHeaders(raw.replace(/^From: .*$/m, "From: list@example.org"));
    expect(isOwnMail(relayed, sender.address)).toBe(true);
    expect(isOwnMail(relayed, "other@example.org")).toBe(false);
  });

  it("never lets anything start a header of its own", async () => {
    const evil = fc.string({
      unit: fc.constantFrom("\r", "\n", "\r\nBcc: eve@example.org\r\n", "a", "\u2028", "\0", "é", '"', "<", ":"),
    });
    await fc.assert(
      fc.asyncProperty(evil, evil, evil, async (subject, name, id) => {
        const message = outbound(chat, "x", { id, subject, choices: [{ label: subject, command: name }] });
        const raw = await composeMail(
          formatMail(message, { ...sender, name }, "ada@example.org", { ...answered, subject }),
          [],
          {
            open: () => {
              throw new Error("none");
            },
          },
          new Date(0),
          1_000_000,
        );
        const keys = parseHeaders(raw.toString()).map(({ key }) => key);
        expect(keys.toSorted()).toEqual([
          "auto-submitted",
          "content-type",
          "date",
          "from",
          "in-reply-to",
          "message-id",
          "mime-version",
          "references",
          "subject",
          "to",
          "x-auto-response-suppress",
          "x-parlance",
        ]);
      }),
      { numRuns: 100 },
    );
  });
});

describe("whom an answer goes to", () => {
  const from = (id: string, to: string): ThreadMail => ({ id, to, subject: "s", references: [id] });
  const message = (replyToId?: string, at = "root@example.org"): OutboundMessage =>
    outbound({ channel: "mail", chat: at }, "x", replyToId === undefined ? {} : { replyToId });

  it("is the writer of the mail that is answered", () => {
    const mails = [from("1", "ada@example.org"), from("2", "eve@example.org")];
    expect(pickRecipient(message("1"), mails).to).toBe("ada@example.org");
    expect(pickRecipient(message(), mails).to).toBe("eve@example.org");
  });

  it("is nobody when that mail is forgotten and several wrote", () => {
    expect(() => pickRecipient(message("0"), [from("1", "ada@example.org"), from("2", "eve@example.org")])).toThrow(
      "not known any more",
    );
    expect(pickRecipient(message("0"), [from("1", "ada@example.org")]).to).toBe("ada@example.org");
  });

  it("is the person of a direct chat, whatever Reply-To said", () => {
    const picked = pickRecipient(message("1", "to:ada@example.org"), [from("1", "eve@example.org")]);
    expect(picked).toEqual({ to: "ada@example.org", answered: undefined });
  });
});

describe("remembered threads", () => {
  const mail = (id: string, to = "ada@example.org"): ThreadMail => ({ id, to, subject: "s", references: [id] });

  it("are found again by any of their mails, after a restart", async () => {
    const disk = createTestDisk();
    const threads = createThreads(disk.state);
    await threads.remember("root", mail("1"));
    await threads.remember("root", mail("2"));
    const again = createThreads(disk.state);
    expect(await again.findChat(["unknown", "2"])).toBe("root");
    expect((await again.read("root")).map(({ id }) => id)).toEqual(["1", "2"]);
  });

  it("are not changed by a second mail of the same id", async () => {
    const threads = createThreads(createTestDisk().state);
    await threads.remember("root", mail("1"));
    await threads.remember("root", mail("1", "eve@example.org"));
    expect((await threads.read("root"))[0]?.to).toBe("ada@example.org");
  });

  it("stay within bounds, the latest kept", async () => {
    const disk = createTestDisk();
    const threads = createThreads(disk.state);
    const long = { ...mail("x"), references: Array.from({ length: 12 }, (_, index) => `${index}${"r".repeat(280)}`) };
    for (let index = 0; index < 12_000; index += 1)
      await threads.remember(`chat-${index}`, { ...long, id: `id-${index}` });
    expect(disk.entries.size).toBeLessThanOrEqual(640);
    for (const value of disk.entries.values()) expect(Buffer.byteLength(value)).toBeLessThanOrEqual(65_536);
    expect(await threads.read("chat-11999")).toHaveLength(1);
    for (let index = 0; index < 30; index += 1) await threads.remember("busy", mail(`m${index}`));
    expect((await threads.read("busy")).at(-1)?.id).toBe("m29");
    expect((await threads.read("busy")).length).toBeLessThanOrEqual(8);
  });
});
