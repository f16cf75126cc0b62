import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseHtmlText } from "../../../channels/email/html.ts";
import { cutQuotedHistory } from "../../../channels/email/quote.ts";

const reply = { isReply: true, subject: "Re: x" };

describe("cutting quoted history", () => {
  it.each([
    ["English", "Yes.\n\nOn Mon, 2 Mar 2026, Bot wrote:\n> Is it?\n> Really?", "Yes."],
    ["wrapped", "Yes.\n\nOn Mon, 2 Mar 2026 at 10:00,\nBot <bot@example.org>\nwrote:\n\n> Is it?", "Yes."],
    ["German", "Ja.\n\nAm 02.03.2026 um 10:00 schrieb Bot <bot@example.org>:\n> Ist es so?", "Ja."],
    ["French", "Oui.\n\nLe lun. 2 mars 2026 à 10:00, Bot a écrit :\n\n> Est-ce vrai ?", "Oui."],
    ["Spanish", "Sí.\n\nEl lun, 2 mar 2026, Bot escribió:\n> ¿De verdad?", "Sí."],
    ["Outlook", "Done.\n\n-----Original Message-----\nFrom: Bot\nSent: Monday\nTo: Ada\nSubject: x\n\nold", "Done."],
    [
      "Outlook with a rule",
      "Done.\n________________________________\nFrom: Bot\nSent: Monday\nTo: Ada\nSubject: x\n\nold",
      "Done.",
    ],
    ["a signature behind", "Yes.\n\nOn Monday, Bot wrote:\n> Is it?\n\n-- \nAda", "Yes."],
    ["a signature alone", "Hello.\n\n-- \nAda\nTel. 1234", "Hello."],
  ])("cuts: %s", (_, text, kept) => {
    expect(cutQuotedHistory(text, reply)).toBe(kept);
  });

  it.each([
    ["answers between the quotes", "On Monday, Bot wrote:\n> one?\n\nyes\n\n> two?\n\nno"],
    ["an answer below the quote", "On Monday, Bot wrote:\n> one?\n\nyes"],
    ["a quote of somebody else, without attribution", "Look at this:\n\n> All animals are equal."],
    ["a quote that is all there is", "> just this"],
    ["a signature that is all there is", "-- \nAda"],
    ["dashes with much below", `Report\n--\n${"line\n".repeat(20)}end`],
    ["one header-like line", "Plan:\n\nFrom: Monday\nwe go on"],
  ])("keeps: %s", (_, text) => {
    expect(cutQuotedHistory(text, reply)).toBe(text);
  });

  it("keeps everything of a mail that answers nothing, and of forwards", () => {
    const text = "See:\n\nOn Monday, Grace wrote:\n> the point";
    expect(cutQuotedHistory(text, { isReply: false, subject: "x" })).toBe(text);
    expect(cutQuotedHistory(text, { isReply: true, subject: "WG: x" })).toBe(text);
  });

  it("only ever shortens, and leaves nothing empty that was not", () => {
    const piece = fc.constantFrom(
      "words",
      "> quote",
      "",
      "-- ",
      "On Monday, Bot wrote:",
      "From: Bot",
      "Sent: x",
      "To: y",
      "Subject: z",
      "________________________________",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (lines) => {
        const text = lines.join("\n");
        const kept = cutQuotedHistory(text, reply);
        expect(text).toContain(kept);
        expect(kept === "").toBe(text.trim() === "");
      }),
    );
  });
});

describe("reading HTML", () => {
  it.each([
    ["<p>a</p><p>b</p>", "a\n\nb"],
    ["a<br>b", "a\nb"],
    ["<script>alert(1)</script>x<style>p{}</style>", "x"],
    ["<!-- hidden -->seen", "seen"],
    ["<pre>a\n  b</pre>", "a\n  b"],
    ["<blockquote>q<blockquote>r</blockquote></blockquote>after", "> q\n>\n> > r\n\nafter"],
    ['<a href="https://example.org">https://example.org</a> <a href="javascript:x">y</a>', "https://example.org y"],
    ["1 &lt; 2 &amp;&amp; &#8364; &nope; &#xd800;", "1 < 2 && € &nope; \ufffd"],
    ["a < b", "a < b"],
  ])("%s", (html, text) => {
    expect(parseHtmlText(html).replaceAll("\u00a0", " ")).toBe(text);
  });

  // Each would take minutes with an expression that looks back from every start.
  it.each(["<style", "<!--", "<!", "<a ", "<blockquote>", "&", "</", '<a href="', "<pre>\n", " \n"])(
    "is linear in hostile input: %s",
    (piece) => {
      const time = (count: number): number => {
        const html = piece.repeat(count);
        const since = performance.now();
        cutQuotedHistory(parseHtmlText(html), reply);
        return performance.now() - since;
      };
      time(1_000);
      const small = Math.max(1, time(10_000));
      expect(time(80_000) / small).toBeLessThan(60);
    },
  );

  it.each(["\n", "> ", "schrieb ", "wrote:", "-", "_", "From: ", "--\n", "On "])(
    "cuts hostile text in linear time: %j",
    (piece) => {
      const time = (count: number): number => {
        const text = piece.repeat(count);
        const since = performance.now();
        cutQuotedHistory(text, reply);
        return performance.now() - since;
      };
      time(1_000);
      const small = Math.max(1, time(5_000));
      expect(time(40_000) / small).toBeLessThan(60);
    },
  );
});
