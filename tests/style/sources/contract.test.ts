import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isAppError } from "../../../src/core/errors.ts";
import { collectOwn } from "../../../src/style/sources/collect.ts";
import { detectKind } from "../../../src/style/sources/detect-kind.ts";
import { sourceKinds } from "../../../src/style/sources/source.ts";
import { collect, cut, textsOf, undatedAt } from "./chunks.ts";
import { exports, type Said } from "./exports.ts";

const words = fc
  .array(fc.constantFrom("see", "you", "Größe", "at", "8", "{", '"', "\\", "]", "👍", "&", "<b>", "ok:", "From"), {
    minLength: 1,
    maxLength: 6,
  })
  .map((list) => list.join(" "));
const chat = fc.array(fc.record({ byMe: fc.boolean(), text: words.map((text) => `so ${text}`) }), { maxLength: 12 });

describe.each(exports)("what is learned from $kind", ({ kind, me, them, write }) => {
  it("is all that the owner wrote and nothing that anybody else did, wherever the file is cut", async () => {
    await fc.assert(
      fc.asyncProperty(chat, fc.integer({ min: 1, max: 900 }), async (said: readonly Said[], size) => {
        const whole: readonly Said[] = [
          { byMe: true, text: "so it begins" },
          { byMe: false, text: "so what" },
          ...said,
        ];
        const { messages, own, others, faults } = await collect(kind, write(whole), [me], size);
        expect(messages.map(({ text }) => text)).toEqual(whole.filter(({ byMe }) => byMe).map(({ text }) => text));
        expect(own).toBe(messages.length);
        expect(others.reduce((sum, each) => sum + each.messages, 0)).toBe(whole.length - own);
        expect(faults.count).toBe(0);
        const times = messages.map(({ at }) => at);
        expect(times).toEqual(times.toSorted((a, b) => a - b));
        expect(new Date(times[0] ?? 0).toISOString()).toMatch(/^2025-03-01T09:00/);
      }),
      { numRuns: 40 },
    );
  });

  it("is nothing while nobody has said who the owner is: it names who wrote", async () => {
    const file = write([
      { byMe: true, text: "the secret of the owner" },
      { byMe: false, text: "the secret of another" },
      { byMe: false, text: "and more" },
    ]);
    for (const wrong of [[], ["somebody else"]]) {
      const failed = await collect(kind, file, wrong).catch((error: unknown) => error);
      expect(isAppError(failed, "bad-input")).toBe(true);
      const { message, hint } = failed as { readonly message: string; readonly hint: string };
      expect(message.toLowerCase()).toContain(them.toLowerCase());
      expect(hint).toContain("--me");
      expect(`${message} ${hint}`).not.toContain("secret");
    }
  });

  it("is told by how it begins", () => {
    const file = write([{ byMe: false, text: "hello" }]);
    const bytes = typeof file === "string" ? new TextEncoder().encode(file) : file;
    expect(detectKind(bytes)).toBe(kind);
  });
});

describe.each(sourceKinds)("whatever is called %s", (kind) => {
  it("is read, or refused with a reason", async () => {
    const file = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc.string({ maxLength: 300 }).map((text) => new TextEncoder().encode(text)),
      fc.constantFrom(...exports).chain((each) =>
        fc.integer({ min: 0, max: 600 }).map((length) => {
          const written = each.write([{ byMe: true, text: "cut off" }]);
          return (typeof written === "string" ? new TextEncoder().encode(written) : written).subarray(0, length);
        }),
      ),
    );
    await fc.assert(
      fc.asyncProperty(file, async (bytes) => {
        try {
          const { messages } = await collectOwn(kind, { chunks: cut(bytes, 64), me: ["kim"], undatedAt });
          for (const { at, text } of messages) expect([Number.isFinite(at), text.length > 0]).toEqual([true, true]);
        } catch (error) {
          expect(isAppError(error, "bad-input")).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe("a source of more than a profile is made of", () => {
  it("gives its newest 5,000 messages, and counts all", async () => {
    const lines = Array.from({ length: 12_000 }, (_, index) => JSON.stringify({ at: index, text: `m${index}` }));
    const { messages, own } = await collect("jsonl", lines.toReversed().join("\n"), [], 65_536);
    expect([own, messages.length, messages[0]?.text, messages.at(-1)?.text]).toEqual([
      12_000,
      5_000,
      "m7000",
      "m11999",
    ]);
  });

  it("is given whole where it is text", async () => {
    expect(await textsOf("text", "one\ntwo\n\nthree")).toEqual(["one\ntwo", "three"]);
  });
});
