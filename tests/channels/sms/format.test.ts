import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatParts, type FormatLimits } from "../../../channels/sms/format.ts";
import { countSegments } from "../../../channels/sms/segments.ts";
import type { Attachment } from "../../../src/core/message.ts";
import { outbound } from "../../doubles/channel-context.ts";

const address = { channel: "text", chat: "+15550100042" };
const limits: FormatLimits = { maxSegments: 10, canSendFiles: true };

function textsOf(
  text: string,
  extra: Parameters<typeof outbound>[2] = {},
  with_: Partial<FormatLimits> = {},
): string[] {
  const { parts } = formatParts(outbound(address, text, extra), { ...limits, ...with_ });
  return parts.flatMap((part) => (part.kind === "text" ? [part.body] : []));
}

describe("an SMS", () => {
  it("shows the words of CommonMark", () => {
    const text = [
      "# Report",
      "It is **all** _fine_, see [the page](https://example.org/a) and `npm test`.",
      "- one\n- two",
      "| name | state |\n| --- | --- |\n| api | up |\n| web | down |",
      "```sh\nls -l\n```",
    ].join("\n\n");
    expect(textsOf(text)).toEqual([
      [
        "Report",
        "It is all fine, see the page (https://example.org/a) and npm test.",
        "- one\n- two",
        "name | state\napi | up\nweb | down",
        "ls -l",
      ].join("\n\n"),
    ]);
  });

  it("says its choices with numbers and commands", () => {
    const choices = [{ label: "Approve", command: "/approve 3f9a" }];
    expect(textsOf("May I?", { choices })).toEqual(["May I?\n\nReply with a number:\n1. Approve (/approve 3f9a)"]);
    expect(textsOf("", { choices })).toEqual(["Reply with a number:\n1. Approve (/approve 3f9a)"]);
  });

  it("takes files that Twilio takes, and names the others", () => {
    const file = (name: string, mimeType: string, bytes = 1_000): Attachment => ({
      kind: "file",
      name,
      mimeType,
      bytes,
      path: name,
    });
    const attachments = [file("a.png", "image/png"), file("b.zip", "application/zip"), file("c.png", "image/png", 6e6)];
    const { parts, files } = formatParts(outbound(address, "see", { attachments }), limits);
    expect(files).toBe(1);
    expect(parts).toEqual([
      { kind: "text", body: "see\n\n(The file b.zip cannot be sent by SMS.)\n(The file c.png cannot be sent by SMS.)" },
      { kind: "file", attachment: attachments[0] },
    ]);
    expect(formatParts(outbound(address, "see", { attachments }), { ...limits, canSendFiles: false }).files).toBe(0);
  });

  it("is cut at maxSegments, and says so, but never loses what to answer", () => {
    const choices = [{ label: "Approve", command: "/approve 3f9a" }];
    const message = outbound(address, "word ".repeat(2_000), { choices });
    const { parts, segments, isCut } = formatParts(message, { ...limits, maxSegments: 3 });
    const text = parts.map((part) => (part.kind === "text" ? part.body : "")).join("\n");
    expect(isCut).toBe(true);
    expect(segments).toBe(3);
    expect(text).toMatch(/\[cut here: 6\d more segments\]\n\nReply with a number:\n1\. Approve \(\/approve 3f9a\)$/);
  });

  it("keeps within every limit, whatever is said", () => {
    const word = fc.string({ unit: fc.constantFrom("a", "b", " ", "\n", "€", "’", "🙂", "👩‍👩‍👧", "Ж"), maxLength: 3_000 });
    fc.assert(
      fc.property(word, fc.integer({ min: 1, max: 12 }), (text, maxSegments) => {
        const formatted = formatParts(outbound(address, text), { ...limits, maxSegments });
        const bodies = formatted.parts.flatMap((part) => (part.kind === "text" ? [part.body] : []));
        expect(formatted.segments).toBe(bodies.reduce((sum, body) => sum + countSegments(body).segments, 0));
        expect(formatted.segments).toBeLessThanOrEqual(maxSegments);
        for (const body of bodies) expect(body.length).toBeLessThanOrEqual(1_600);
        expect(bodies.join("").includes("[cut here")).toBe(formatted.isCut);
      }),
    );
  });

  it("loses no grapheme where nothing is cut", () => {
    const graphemes = (text: string): string[] =>
      Array.from(
        new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text),
        ({ segment }) => segment,
      ).filter((each) => each.trim() !== "");
    const word = fc.string({ unit: fc.constantFrom("a", "b", " ", "é", "🙂", "👩‍👩‍👧", "Ж"), maxLength: 4_000 });
    fc.assert(
      fc.property(word, (text) => {
        const bodies = textsOf(text, {}, { maxSegments: 200 });
        expect(bodies.flatMap(graphemes)).toEqual(graphemes(text));
      }),
    );
  });
});
