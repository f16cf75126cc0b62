import { strToU8, zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { detectKind } from "../../../src/style/sources/detect-kind.ts";
import { collect, textsOf } from "./chunks.ts";

const day = (at: number | undefined): string => new Date(at ?? 0).toISOString().slice(0, 16);

describe("a mailbox", () => {
  const mail = (head: string, body: string): string => `From x Sat Mar  1 09:00:00 2025\n${head}\n\n${body}\n\n`;
  const date = "Date: Sat, 1 Mar 2025 09:00:00 +0100";

  it("gives a mail's own text, decoded", async () => {
    const file =
      mail(
        `From: Kim <KIM@example.org>\nTo: Anna <Anna@example.org>, bob@example.org\n${date}\nMIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=b`,
        "--b\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\nR3LDvMOfZSBhbiBhbGxl\n--b\nContent-Type: text/html\n\n<p>other</p>\n--b--",
      ) +
      mail(
        `From: kim@example.org (Kim)\n${date}\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable`,
        "Gr=FC=DFe",
      ) +
      mail(`From: kim@example.org\n${date}\nContent-Type: text/html`, "<p>only <b>this</b></p>") +
      mail(`From: kim@example.org\n${date}`, ">From here on\n>>From there");
    const { messages } = await collect("mbox", file, ["kim@example.org"], 50);
    expect(messages.map(({ text }) => text)).toEqual([
      "Grüße an alle",
      "Grüße",
      "only this",
      "From here on\n>From there",
    ]);
    expect(messages[0]).toMatchObject({ to: "anna@example.org", at: Date.UTC(2025, 2, 1, 8) });
  });

  it("takes nobody for the owner who only looks like them", async () => {
    const file =
      mail(`From: "kim@example.org" <anna@example.org>\n${date}`, "a name is no address") +
      mail(`From: anna@example.org\nReply-To: kim@example.org\nSender: kim@example.org\n${date}`, "nor is a sender") +
      mail(`From: anna@example.org\n${date}`, "From: kim@example.org\n\nnor what stands in the text") +
      mail(`From: notkim@example.org\n${date}`, "nor a part of one") +
      mail(`From: kim@example.org\n${date}\nAuto-Submitted: auto-replied`, "I am away.") +
      mail(`From: kim@example.org\n${date}`, "mine");
    expect(await textsOf("mbox", file, ["Kim@Example.org"])).toEqual(["mine"]);
  });

  it("names the line of what is no mail", async () => {
    const { faults } = await collect(
      "mbox",
      `${mail(`From: kim@example.org\n${date}`, "mine")}From y 2025\nno head\n\nFrom z 2025\nFrom: kim@example.org\n\nno date\n`,
      ["kim@example.org"],
    );
    expect(faults.first.map(({ where }) => where)).toEqual(["line 7", "line 10"]);
  });

  it("may be a single mail", async () => {
    const file = `Return-Path: <kim@example.org>\nFrom: kim@example.org\n${date}\n\njust this\n`;
    expect(detectKind(strToU8(file))).toBe("mbox");
    expect(await textsOf("mbox", file, ["kim@example.org"])).toEqual(["just this"]);
  });
});

describe("a chat of WhatsApp", () => {
  it("is read as an iPhone writes it, with what runs over several lines", async () => {
    const file =
      "\uFEFF[31.12.25, 21:15:07] Anna & Kim: \u200eMessages and calls are end-to-end encrypted.\r\n" +
      "\u200e[31.12.25, 21:15:08] Kim: first line\r\nsecond: line\r\n" +
      "[31.12.25, 21:16:00] ~\u00a0Anna: kim: no\r\n" +
      "\u200e[01.01.26, 00:01:00] Kim: \u200eimage omitted\r\n" +
      "[01.01.26, 00:02:00] Kim: right \u200e<This message was edited>\r\n";
    const { messages, others } = await collect("whatsapp", file, ["kim"]);
    expect(messages.map(({ text, at }) => [text, day(at)])).toEqual([
      ["first line\nsecond: line", "2025-12-31T21:15"],
      ["right", "2026-01-01T00:02"],
    ]);
    expect(others.map(({ sender }) => sender)).toContain("Anna");
  });

  it.each([
    ["12/31/25, 9:15 PM - Kim: x", "2025-12-31T21:15"],
    ["12/31/25, 9:15\u202fPM - Kim: x", "2025-12-31T21:15"],
    ["1/2/26, 12:05 AM - Kim: x", "2026-01-02T00:05"],
    ["02/01/2026, 00:05 - Kim: x", "2026-01-02T00:05"],
    ["31/12/2025 21:15 - Kim: x", "2025-12-31T21:15"],
    ["31.12.25, 21:15 - Kim: x", "2025-12-31T21:15"],
    ["2025-12-31, 21:15 - Kim: x", "2025-12-31T21:15"],
    ["[12/31/25, 9:15:07 PM] Kim: x", "2025-12-31T21:15"],
    ["[31/12/2025, 21:15:07] Kim: x", "2025-12-31T21:15"],
    ["[2025/12/31, 21:15:07] Kim: x", "2025-12-31T21:15"],
    ["31-12-25 9:15 p. m. - Kim: x", "2025-12-31T21:15"],
  ])("has its dates in the form of the phone's country: %s", async (line, when) => {
    const { messages } = await collect("whatsapp", `${line}\n`, ["Kim"]);
    expect(messages.map(({ at, text }) => [day(at), text])).toEqual([[when, "x"]]);
    expect(detectKind(strToU8(line))).toBe("whatsapp");
  });

  it("tells day and month by all its dates, not by the first", async () => {
    const american = "02/03/26, 10:00 - Kim: a\n02/04/26, 10:00 - Anna: b\n02/28/26, 10:00 - Kim: c\n";
    const { messages } = await collect("whatsapp", american, ["Kim"]);
    expect(messages.map(({ at }) => day(at))).toEqual(["2026-02-03T10:00", "2026-02-28T10:00"]);
    const german = "28/02/26, 10:00 - Anna: a\n01/03/26, 10:00 - Kim: b\n";
    expect(day((await collect("whatsapp", german, ["Kim"])).messages[0]?.at)).toBe("2026-03-01T10:00");
    // No date tells, but time does not run backwards.
    const ordered = "1/12/26, 10:00 - Kim: a\n2/1/26, 10:00 - Kim: b\n3/1/26, 10:00 - Kim: c\n";
    expect((await collect("whatsapp", ordered, ["Kim"])).messages.map(({ at }) => day(at))).toEqual([
      "2026-01-12T10:00",
      "2026-02-01T10:00",
      "2026-03-01T10:00",
    ]);
  });

  it("has no words of the owner where there was a picture, or where WhatsApp speaks", async () => {
    const file =
      "1.1.26, 10:00 - Messages are encrypted.\n1.1.26, 10:01 - Kim: <Media omitted>\n1.1.26, 10:02 - Kim: IMG-1.jpg (file attached)\n1.1.26, 10:03 - Kim: This message was deleted\n1.1.26, 10:04 - Kim: yes\n";
    expect(await textsOf("whatsapp", file, ["Kim"])).toEqual(["yes"]);
  });

  it("names the line of a day that there is not, and refuses what is no chat", async () => {
    const { faults } = await collect("whatsapp", "1.1.26, 10:00 - Kim: a\n45.45.26, 10:00 - Kim: b\n", ["Kim"]);
    expect(faults.first).toEqual([{ where: "line 2", what: "There is no such day." }]);
    await expect(collect("whatsapp", "Dear diary,\n".repeat(300), ["Kim"], 999)).rejects.toThrow(/no chat exported/);
  });
});

describe("a Slack export", () => {
  const zip = (messages: unknown, more: Record<string, string> = {}): Uint8Array =>
    zipSync({
      ...Object.fromEntries(Object.entries(more).map(([name, text]) => [name, strToU8(text)])),
      "general/2026-03-01.json": strToU8(JSON.stringify(messages)),
    });
  const said = (text: string, more = {}) => ({ type: "message", user: "U1", text, ts: "1772355600.000100", ...more });

  it("gives what the owner typed, as it stood there", async () => {
    const { messages, others } = await collect(
      "slack",
      zip([
        said("ask <@U2|anna> or <@U3> in <#C1|general>, <!here>"),
        said("see <https://example.org/a?b=1&amp;c|the page> &amp; a &lt; b"),
        said("U1", { user: "U2" }),
        said("<@U1> has joined", { subtype: "channel_join" }),
        said("from an app", { bot_id: "B1" }),
        said("to all", { subtype: "thread_broadcast" }),
        { type: "message", user: "U1", ts: "1" },
        null,
      ]),
      ["u1"],
      100,
    );
    expect(messages.map(({ text }) => text)).toEqual([
      "ask @anna or @U3 in #general, @here",
      "see https://example.org/a?b=1&c & a < b",
      "to all",
    ]);
    expect(messages[0]).toMatchObject({ to: "general", at: 1_772_355_600_000 });
    expect(others).toEqual([{ sender: "U2", messages: 1 }]);
  });

  it("names the file that cannot be read, and goes on", async () => {
    const { faults, own } = await collect(
      "slack",
      zip([said("yes")], { "random/2026-03-01.json": "{", "other/2026-03-02.json": "{}", "users.json": "{" }),
      ["U1"],
    );
    expect(own).toBe(1);
    expect(faults.first.map(({ where }) => where).toSorted()).toEqual([
      "other/2026-03-02.json",
      "random/2026-03-01.json",
    ]);
  });

  it("is refused when it is no archive", async () => {
    await expect(collect("slack", "no archive", ["U1"])).rejects.toThrow(/no ZIP archive/);
  });
});

describe("an export of Telegram", () => {
  const said = (text: unknown, more = {}) => ({
    id: 1,
    type: "message",
    date: "2026-03-01T09:00:00",
    from: "Kim",
    from_id: "user11",
    text,
    ...more,
  });
  const all = (messages: readonly unknown[]): string =>
    JSON.stringify({
      about: '\\"]}{[',
      personal_information: { user_id: 11, first_name: "Kim" },
      chats: {
        list: [
          { name: "Anna", type: "personal_chat", id: 22, messages },
          { name: 'All "of" us', type: "private_group", id: 33, messages: [said("to all")] },
        ],
      },
    });

  it("gives the owner's own words of all chats, with code marked, and nothing forwarded", async () => {
    const file = all([
      said(["run ", { type: "code", text: "ls -l" }, " or ", { type: "link", text: "https://example.org" }]),
      said([{ type: "blockquote", text: "you said" }, "yes"]),
      said("not mine", { forwarded_from: "Anna" }),
      said("by a bot", { via_bot: "@gif" }),
      said("", { type: "service", actor: "Kim" }),
      said("hers", { from: "Anna", from_id: "user22" }),
      said("", {}),
    ]);
    for (const me of ["11", "user11", "kim"]) {
      const { messages } = await collect("telegram", file, [me], 3);
      expect(messages.map(({ text, to }) => [text, to])).toEqual([
        ["run `ls -l` or https://example.org", "Anna"],
        ["yes", "Anna"],
        ["to all", 'All "of" us'],
      ]);
      expect(day(messages[0]?.at)).toBe("2026-03-01T09:00");
    }
  });

  it("asks for the id when two people have the owner's name", async () => {
    const file = all([said("mine"), said("another's", { from_id: "user99" })]);
    await expect(collect("telegram", file, ["Kim"])).rejects.toThrow(/Two people .* user11 and user99/);
    expect(await textsOf("telegram", file, ["user11"])).toEqual(["mine", "to all"]);
  });

  it("says where it breaks off, and refuses what is none", async () => {
    const { own, faults } = await collect("telegram", all([said("one"), said("two")]).slice(0, -130), ["11"]);
    expect(own).toBe(2);
    expect(faults.first).toEqual([{ where: "the end", what: "The file breaks off, or is damaged." }]);
    await expect(collect("telegram", '{"a": 1}', ["11"])).rejects.toThrow(/no export of Telegram/);
  });
});

describe("texts and lines of JSON", () => {
  it("are one message a line where there is no blank line between two", async () => {
    expect(await textsOf("text", "\n\none\r\ntwo\n\n")).toEqual(["one", "two"]);
  });

  it("name the lines that cannot be read", async () => {
    const { own, faults } = await collect(
      "jsonl",
      '{"at":"2026-03-01","text":"a"}\n\nnot json\n{"at":"soon","text":"b"}\n{"at":1}\n[]\n{"at":1,"text":"c","from":1}',
    );
    expect(own).toBe(1);
    expect(faults.first.map(({ where }) => where)).toEqual(["line 3", "line 4", "line 5", "line 6", "line 7"]);
  });
});
