import { describe, expect, it } from "vitest";
import { isAutomatedMail } from "../../../channels/email/automated.ts";
import { optionsSchema } from "../../../channels/email/config.ts";
import { parseAddrSpec, parseHeaders, parseMessageIds } from "../../../channels/email/headers.ts";

const isAutomated = (...fields: readonly string[]): boolean =>
  isAutomatedMail(
    parseHeaders(
      [...(fields.some((field) => field.startsWith("From:")) ? [] : ["From: ada@example.org"]), ...fields].join("\r\n"),
    ),
  );

describe("telling machines from people", () => {
  it.each([
    "Auto-Submitted: auto-replied",
    "Auto-Submitted: auto-generated; owner-email=ada@example.org",
    "AUTO-SUBMITTED: Auto-Notified",
    "List-Id: <x.example.org>",
    "List-Unsubscribe: <mailto:x@example.org>",
    "Precedence: bulk",
    "Precedence: list",
    "Precedence: JUNK",
    "X-Auto-Response-Suppress: All",
    "X-Auto-Response-Suppress: DR, OOF, AutoReply",
    "Content-Type: multipart/report; report-type=delivery-status",
    "Return-Path: <>",
    "From: no-reply@example.org",
    "From: Shop <noreply+42@example.org>",
    "From: DoNotReply@example.org",
    "From: MAILER-DAEMON@example.org (Mail Delivery System)",
    "From: bounces-7@lists.example.org",
    "From: nobody at all",
    "X-Parlance: 0123456789abcdef",
  ])("a machine: %s", (field) => {
    expect(isAutomated(field)).toBe(true);
  });

  it.each([
    "Auto-Submitted: no",
    "Auto-Submitted: no (really)",
    "Precedence: first-class",
    "Return-Path: <ada@example.org>",
    "Content-Type: multipart/mixed",
    "From: norbert.reply@example.org",
    "From: bouncer@example.org",
  ])("a person: %s", (field) => {
    expect(isAutomated(field)).toBe(false);
  });
});

describe("reading header fields", () => {
  it("unfolds, and ignores what is no field", () => {
    expect(parseHeaders("A: 1\r\n 2\r\n\t3\r\nnonsense\r\n: x\r\nB:4\r\n\r\nC: body")).toEqual([
      { key: "a", value: "1 2 3" },
      { key: "b", value: "4" },
    ]);
  });

  it("reads message ids, also badly written ones", () => {
    expect(parseMessageIds("<a@b> (comment) < c@d ><a@b>")).toEqual(["a@b", "c@d"]);
    expect(parseMessageIds("a@b c@d")).toEqual(["a@b", "c@d"]);
    expect(parseMessageIds("Your message of Monday")).toEqual([]);
    expect(parseMessageIds(undefined)).toEqual([]);
  });

  it("is not fooled by an address in a display name", () => {
    expect(parseAddrSpec('"ada@example.org" <Eve@Example.org>')).toBe("eve@example.org");
    expect(parseAddrSpec("ada@example.org <eve@example.org>")).toBe("eve@example.org");
    expect(parseAddrSpec("")).toBeUndefined();
  });
});

describe("options", () => {
  const base = { address: "bot@example.org", imap: { host: "h", user: "u", password: "p" }, smtp: { host: "h" } };

  it("default to TLS everywhere", () => {
    expect(optionsSchema.parse(base)).toMatchObject({
      imap: { port: 993, secure: "tls" },
      smtp: { port: 465, secure: "tls" },
      mailbox: "INBOX",
    });
  });

  it("refuse true and false, of which nobody can tell whether STARTTLS is meant", () => {
    for (const secure of [true, false])
      expect(optionsSchema.safeParse({ ...base, imap: { ...base.imap, secure } }).success).toBe(false);
  });

  it("refuse unknown keys and bad addresses", () => {
    expect(optionsSchema.safeParse({ ...base, adress: "x" }).success).toBe(false);
    expect(optionsSchema.safeParse({ ...base, address: "Bot <bot@example.org>\r\nBcc: x" }).success).toBe(false);
  });
});
