import { readdirSync, readFileSync } from "node:fs";
import type { Update } from "telegraf/types";
import { describe, expect, it } from "vitest";
import { parseUpdate, pickChat } from "../../../channels/telegram/parse.ts";

interface Fixture {
  readonly update: Update;
  /** null: it is nothing to us. */
  readonly expected: object | null;
  readonly file?: object;
}

const folder = new URL("../../fixtures/telegram/", import.meta.url);
const fixtures = readdirSync(folder).map(
  (name) => [name, JSON.parse(readFileSync(new URL(name, folder), "utf8")) as Fixture] as const,
);
const context = {
  channel: "telegram",
  me: { id: 123_456, username: "parlance_bot" },
  now: 1_760_000_500_000,
};

describe("parseUpdate", () => {
  it.each(fixtures)("%s", (_name, { update, expected, file }) => {
    const parsed = parseUpdate(update, context);
    expect(parsed?.message ?? null).toEqual(expected);
    expect(parsed?.file).toEqual(file);
    if (expected !== null) expect(pickChat(update)).toBeTypeOf("number");
  });
});
