import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseInbound } from "../../../channels/_shared/twilio-inbound.ts";
import { parseStatus } from "../../../channels/_shared/twilio-status.ts";
import { parseKeyword } from "../../../channels/sms/opt-outs.ts";
import { parseMessage } from "../../../channels/sms/parse.ts";

const read = (name: string): Record<string, string> =>
  JSON.parse(readFileSync(new URL(`../../fixtures/sms/${name}.json`, import.meta.url), "utf8")) as Record<
    string,
    string
  >;

function parse(fields: Record<string, string>): ReturnType<typeof parseMessage> | undefined {
  const inbound = parseInbound(fields, 1_700_000_000_000);
  return inbound && parseMessage(inbound, { channel: "text" });
}

describe("a call with a message", () => {
  it("becomes the exact envelope", () => {
    expect(parse(read("inbound-sms"))).toEqual({
      id: "SM0123456789abcdef0123456789abcdef",
      address: { channel: "text", chat: "+15550100042" },
      sender: { id: "text:+15550100042", name: "+15550100042", isBot: false },
      text: "What's *up*? 🙂",
      attachments: [],
      isAddressed: true,
      isGroup: false,
      sentAt: 1_700_000_000_000,
      kind: "message",
    });
  });

  it("names its files", () => {
    expect(parseInbound(read("inbound-mms"), 0)?.media.map(({ contentType }) => contentType)).toEqual([
      "image/jpeg",
      "text/x-vcard",
    ]);
  });

  it("is a command with a slash, and a machine's without a number", () => {
    expect(parse({ ...read("inbound-sms"), Body: "/help" })).toMatchObject({ kind: "command", text: "/help" });
    expect(parse({ ...read("inbound-sms"), From: "EXAMPLE" })).toMatchObject({ isAutomated: true });
    expect(parse({ ...read("inbound-sms"), From: "72345" })).toMatchObject({ isAutomated: true });
  });

  it("is none without its sender or id", () => {
    const { From: _from, ...rest } = read("inbound-sms");
    expect(parse(rest)).toBeUndefined();
  });
});

describe("a status call", () => {
  const query = (of: number, part: number): URLSearchParams =>
    new URLSearchParams({ outbound: "out-1", part: String(part), of: String(of) });

  it("tells why in plain words", () => {
    expect(parseStatus(read("status-undelivered"), query(1, 0))).toEqual({
      outboundId: "out-1",
      state: "failed",
      reason: "the phone is switched off or cannot be reached (30003)",
    });
    const unknown = { ...read("status-undelivered"), ErrorCode: "39999" };
    expect(parseStatus(unknown, query(1, 0))?.reason).toBe("see https://www.twilio.com/docs/errors/39999");
  });

  it("says delivered for the last part only, and failed for each", () => {
    expect(parseStatus({ MessageStatus: "delivered" }, query(2, 0))).toBeUndefined();
    expect(parseStatus({ MessageStatus: "delivered" }, query(2, 1))).toEqual({
      outboundId: "out-1",
      state: "delivered",
    });
    expect(parseStatus({ MessageStatus: "failed", ErrorCode: "30005" }, query(2, 0))).toMatchObject({
      state: "failed",
    });
    expect(parseStatus({ MessageStatus: "sent" }, query(1, 0))).toBeUndefined();
    expect(parseStatus({ MessageStatus: "delivered" }, new URLSearchParams())).toBeUndefined();
  });
});

describe("keywords", () => {
  it.each(["STOP", "stop", " Stop \n", "STOPALL", "UNSUBSCRIBE", "cancel", "END", "QUIT", "REVOKE", "OPTOUT"])(
    "%j ends it",
    (text) => expect(parseKeyword(text)).toBe("stop"),
  );
  it.each([
    ["START", "start"],
    ["unstop", "start"],
    ["HELP", "help"],
    ["info", "help"],
    ["STOP please", undefined],
    ["/stop", undefined],
    ["the end", undefined],
    ["", undefined],
  ])("%j is %s", (text, keyword) => expect(parseKeyword(text)).toBe(keyword));
  it("follow what Twilio made of words of one's own", () => expect(parseKeyword("ARRET", "STOP")).toBe("stop"));
});
