import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseMail } from "../../../channels/email/parse.ts";
import { AppError } from "../../../src/core/errors.ts";
import { parseFixture, parseRaw, place, takeApart } from "./fixture.ts";

describe("parsing recorded mails", () => {
  it("reads a Gmail reply into the exact envelope", async () => {
    expect(await parseFixture("gmail-reply")).toEqual({
      id: "CA+abc123@mail.EXAMPLE.org",
      address: { channel: "mail", chat: "root-1@example.org" },
      sender: { id: "mail:ada@example.org", name: "Ada Löwe", isBot: false },
      text: "Sounds good – see you at *noon*.",
      attachments: [],
      replyToId: "bot-2@example.org",
      isAddressed: true,
      isGroup: true,
      sentAt: Date.parse("2026-03-02T09:15:00Z"),
      kind: "message",
      subject: "Re: März",
    });
  });

  it("turns Outlook's HTML into text without the history", async () => {
    const message = await parseFixture("outlook-html-reply");
    expect(message.text).toBe("Alles grün & fertig.\nDetails: hier (https://example.org/s?a=1&b=2)\n\n- eins\n- zwei");
    expect(message).toMatchObject({ address: { chat: "bot-8@example.org" }, isGroup: false });
  });

  it.each(["list", "bounce", "auto-reply"])("knows %s as automated", async (name) => {
    expect(await parseFixture(name)).toMatchObject({ isAutomated: true, sender: { isBot: true } });
  });

  it("is not addressed by a list", async () => {
    expect((await parseFixture("list")).isAddressed).toBe(false);
  });

  it("keeps a thread that we began as a direct chat with its writer", async () => {
    expect((await parseFixture("auto-reply")).address.chat).toBe("to:ada@example.org");
  });

  it("makes the best of a mail that breaks every rule", async () => {
    const message = await parseFixture("malformed");
    expect(message.sender.id).toBe("mail:ada@example.org");
    expect(message.sentAt).toBe(place.receivedAt);
    expect(message.id).toBeTruthy();
  });

  it("gives a mail without Message-ID the same id each time, and its own", async () => {
    const [first, second] = [await parseFixture("bare"), await parseFixture("bare")];
    expect(first.id).toMatch(/^no-id-[0-9a-f]{32}$/);
    expect(second.id).toBe(first.id);
    expect((await parseFixture("bare", { ...place, uid: 8 })).id).not.toBe(first.id);
    expect(first).toMatchObject({ text: "no subject, no id, no date", isAddressed: true });
  });

  it("keeps answers written between the quotes", async () => {
    const { text } = await parseFixture("inline-answers");
    expect(text).toContain("> First question?\n\nYes.");
    expect(text).toContain("No.");
  });

  it("keeps what is forwarded", async () => {
    expect((await parseFixture("forward")).text).toContain("The important part.");
  });

  it("gives nobody's rights to a sender that the trusted server did not vouch for", async () => {
    const strict = { ...place, trustedAuthServer: "mx.example.org" };
    expect((await parseFixture("gmail-reply", strict)).sender.id).toBe("mail:ada@example.org");
    expect((await parseFixture("inline-answers", strict)).sender.id).toBe("mail:unverified:ada@example.org");
    expect((await parseFixture("gmail-reply", { ...place, trustedAuthServer: "other.example.org" })).sender.id).toBe(
      "mail:unverified:ada@example.org",
    );
    const forged = Buffer.from(
      'From: ada@example.org\r\nAuthentication-Results: mx.example.org; spf=fail smtp.mailfrom="x; dmarc=pass" (; dmarc=pass)\r\n\r\nhi',
    );
    expect((await parseRaw(forged, strict)).sender.id).toBe("mail:unverified:ada@example.org");
  });

  it("lets no thread pass for somebody's direct chat", async () => {
    const message = await parseRaw(Buffer.from("From: eve@example.org\r\nMessage-ID: <to:ada@example.org>\r\n\r\nhi"));
    expect(message.address.chat).not.toMatch(/^to:/);
  });

  it("takes a +tag of our address for ours", async () => {
    expect(await parseRaw(Buffer.from("From: ada@example.org\r\nTo: bot+x@example.org\r\n\r\nhi"))).toMatchObject({
      isAddressed: true,
      isGroup: false,
    });
    expect(
      await parseRaw(Buffer.from("From: ada@example.org\r\nTo: grace@example.org\r\nCc: bot@example.org\r\n\r\nhi")),
    ).toMatchObject({ isAddressed: false, isGroup: true });
  });
});

describe("attachments", () => {
  const mail = (body: string): Buffer =>
    Buffer.from(
      `From: ada@example.org\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nsee\r\n${body}--b--\r\n`,
    );
  const part = (name: string, content: string): string =>
    `--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename="${name}"\r\n\r\n${content}\r\n`;

  it("notes a file beyond the limit, and takes the next", async () => {
    const parts = await takeApart(mail(part("big.bin", "x".repeat(2_000_000)) + part("small.txt", "ok")), 50_000);
    expect(parts.attachments.map(({ name, bytes }) => [name, bytes])).toEqual([["small.txt", 2]]);
    expect(parts.notes).toEqual(["Too large to be taken over: big.bin."]);
    expect(parts.text).toContain("see");
  });

  it("bounds their number and cleans their names", async () => {
    const many = Array.from({ length: 60 }, (_, index) => part(`../../${index}\u0007`, "x")).join("");
    const parts = await takeApart(mail(many));
    expect(parts.attachments).toHaveLength(50);
    expect(parts.notes).toHaveLength(10);
    for (const { name } of parts.attachments)
      for (const mark of ["/", "\\", "\u0007"]) expect(name).not.toContain(mark);
  });

  it("passes the source's and the disk's failures on, for the mail must be read again", async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from("hal");
      throw new AppError("unreachable", "gone", { retryAfterMs: 1 });
    }
    const { readMail } = await import("../../../channels/email/read-mail.ts");
    await expect(
      readMail(Buffer.from("From: ada@example.org\r\n\r\n"), broken(), {
        files: { save: () => Promise.reject(new Error("unused")) },
        keepsAttachments: true,
      }),
    ).rejects.toMatchObject({ code: "unreachable" });
    const whole = mail(part("a.txt", "x"));
    const split = whole.indexOf("\r\n\r\n") + 4;
    const body = (async function* () {
      yield whole.subarray(split);
    })();
    await expect(
      readMail(whole.subarray(0, split), body, {
        files: { save: () => Promise.reject(new AppError("store-failed", "disk full")) },
        keepsAttachments: true,
      }),
    ).rejects.toMatchObject({ code: "store-failed" });
  });
});

describe("parsing anything at all", () => {
  const isSound = (text: string): boolean => text.isWellFormed() && !text.includes("\0");

  it("survives huge headers", async () => {
    const refs = Array.from({ length: 20_000 }, (_, index) => `<${index}@example.org>`).join("\r\n ");
    const message = await parseRaw(
      Buffer.from(
        `From: ada@example.org\r\nMessage-ID: <${"x".repeat(900)}@example.org>\r\nReferences: ${refs}\r\nSubject: ${"s".repeat(100_000)}\r\n\r\nhi`,
      ),
    );
    expect(message.id.length).toBeLessThanOrEqual(250);
    expect(message.address.chat).toBe("0@example.org");
    expect(message.subject?.length).toBeLessThanOrEqual(998);
  });

  it("lets half surrogates and NULs out of every field", async () => {
    const half = "\ud83d \0 \udc00";
    const parts = {
      headers: [{ key: "message-id", value: `<${half}a@b>` }],
      from: [{ name: half, address: "ada@example.org" }],
      replyTo: [],
      to: [],
      cc: [],
      subject: half,
      date: new Date(Number.NaN),
      text: half,
      html: undefined,
      attachments: [],
      notes: [half],
    };
    const message = parseMail(parts, { id: "x", references: [] }, "x", place);
    for (const text of [message.text, message.sender.name, message.subject ?? ""]) expect(isSound(text)).toBe(true);
  });

  it("never throws, whatever the bytes", async () => {
    const line = fc.oneof(
      fc.constantFrom(
        "From: ada@example.org",
        "Content-Type: multipart/mixed; boundary=b",
        "Content-Type: text/html; charset=utf-7",
        "Content-Type: message/rfc822",
        "Content-Transfer-Encoding: base64",
        "Content-Transfer-Encoding: quoted-printable",
        "Content-Disposition: attachment; filename*=utf-8''%FF",
        "--b",
        "--b--",
        "",
        "<style>",
        "<!--",
        "<blockquote>",
        "&#xd800;",
        "> quoted",
        "-- ",
        "On Monday, Ada wrote:",
        "From: x",
        "Date: Mon, 99 Foo 20260",
        "References: <a@b> <<<>> junk",
        "begin 644 file",
      ),
      fc.string({ unit: "binary", maxLength: 80 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 40 }), async (lines) => {
        const message = await parseRaw(Buffer.from(lines.join("\r\n"), "latin1"));
        expect(
          isSound(message.text) && isSound(message.sender.name) && isSound(message.id) && isSound(message.address.chat),
        ).toBe(true);
        expect(message.id).not.toBe("");
        expect(JSON.parse(JSON.stringify(message))).toEqual(message);
      }),
      { numRuns: 300 },
    );
  }, 60_000);
});
