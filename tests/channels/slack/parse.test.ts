import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseEvent, pickChat } from "../../../channels/slack/parse.ts";
import type { SlackEvent } from "../../../channels/slack/payloads.ts";
import { context } from "./parse-context.ts";

interface Fixture {
  readonly event: SlackEvent;
  /** null: it is nothing to us. */
  readonly expected: { readonly kind: string } | null;
  readonly files?: readonly object[];
  /** What moves the cursor. */
  readonly ts?: string;
}

const folder = new URL("../../fixtures/slack/", import.meta.url);
const fixtures = readdirSync(folder).map(
  (name) => [name, JSON.parse(readFileSync(new URL(name, folder), "utf8")) as Fixture] as const,
);
const read = (name: string): SlackEvent =>
  (JSON.parse(readFileSync(new URL(`${name}.json`, folder), "utf8")) as Fixture).event;

describe("parseEvent", () => {
  it.each(fixtures)("%s", (_name, { event, expected, files = [], ts }) => {
    const parsed = parseEvent(event, context);
    expect(parsed?.message ?? null).toEqual(expected);
    expect(parsed?.files ?? []).toEqual(files);
    expect(parsed?.ts).toBe(ts);
    if (expected !== null) expect(pickChat(event)).toBeTypeOf("string");
  });

  it("takes a mention for one message, whichever of its two events comes", () => {
    const twin = parseEvent(read("mention-at-the-top-again"), context);
    expect(twin).toEqual(parseEvent(read("mention-at-the-top"), context));
    expect(twin?.message.id).toBe("C0OPS:1760000000.000100");
  });

  it("wants a mention in each message where threads are not followed", () => {
    const strict = { ...context, threads: "mention" } as const;
    expect(parseEvent(read("talk-in-followed-thread"), strict)?.message.isAddressed).toBe(false);
    expect(parseEvent(read("reply-below-ours"), strict)?.message.isAddressed).toBe(true);
    expect(parseEvent(read("mention-at-the-top"), strict)?.message.address.thread).toBe("1760000000.000100");
  });

  it("stays in the channel where threads are flat", () => {
    const flat = { ...context, threads: "flat" } as const;
    const mention = parseEvent(read("mention-at-the-top"), flat)?.message;
    expect(mention).toMatchObject({ address: { channel: "slack", chat: "C0OPS" }, isAddressed: true });
    expect(mention?.address.thread).toBeUndefined();
  });

  it("makes something of every event, or nothing", () => {
    const anything = fc.anything({ maxDepth: 3 });
    const event = fc.record(
      {
        type: fc.constantFrom("message", "app_mention", "reaction_added", "reaction_removed", "other"),
        subtype: fc.constantFrom("", "message_changed", "message_deleted", "file_share"),
        channel: fc.constantFrom("C0OPS", "D0ADA"),
        user: fc.constantFrom("U0ADA", "U0BOT"),
        ts: fc.constant("1760000000.000100"),
        text: fc.string(),
        message: fc.record({ user: fc.constant("U0ADA"), text: fc.string(), edited: fc.record({ ts: fc.string() }) }),
        unknown: anything,
      },
      { requiredKeys: ["type"] },
    );
    fc.assert(
      fc.property(event, (given) => {
        const parsed = parseEvent(given, context);
        if (parsed !== undefined) expect(JSON.parse(JSON.stringify(parsed.message))).toEqual(parsed.message);
      }),
    );
  });
});
