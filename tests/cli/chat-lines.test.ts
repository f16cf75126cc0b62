import { PassThrough, Readable } from "node:stream";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askAll, readLines } from "../../src/cli/chat/ask-lines.ts";
import type { ChatConnection } from "../../src/cli/chat/connect.ts";
import { findFreePort } from "../doubles/free-port.ts";
import { createHome, type Home } from "./program.ts";

async function collect(input: string | readonly string[]): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const line of readLines(Readable.from(typeof input === "string" ? [input] : input))) lines.push(line);
  return lines;
}

describe("lines that are piped in", () => {
  it("are those that say something, however they are cut and ended", async () => {
    const line = fc.string({ unit: "grapheme-ascii", maxLength: 20 }).map((text) => text.replaceAll(/[\r\n/]/g, " "));
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.constantFrom("\n", "\r\n"), fc.nat(7), async (lines, end, size) => {
        const whole = lines.join(end);
        const pieces = whole.match(new RegExp(`[^]{1,${size + 1}}`, "g")) ?? [];
        expect(await collect(pieces)).toEqual(lines.map((text) => text.trim()).filter((text) => text !== ""));
      }),
      { numRuns: 50 },
    );
  });

  it("end at /exit, and are not taken when they are too long", async () => {
    expect(await collect("one\n/exit\ntwo")).toEqual(["one"]);
    const open = new PassThrough();
    open.write("one\n/exit\n");
    const lines: string[] = [];
    for await (const line of readLines(open)) lines.push(line);
    expect(lines).toEqual(["one"]);
    expect(open.destroyed).toBe(true);
    await expect(collect("x".repeat(200_000))).rejects.toMatchObject({ code: "too-large" });
  });
});

describe("asking all", () => {
  const closed: string[] = [];
  const connect = async () => ({ close: () => void closed.push("closed") }) as unknown as ChatConnection;
  const how = { timeoutMs: 1_000, isJson: false };

  it("asks one after the other over one connection, and stops at one that was stopped", async () => {
    const events: string[] = [];
    const ask = async (_connection: ChatConnection, { text }: { readonly text: string }) => {
      events.push(`ask ${text}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
      events.push(`answered ${text}`);
      return text === "c" ? 130 : 0;
    };
    expect(await askAll(connect, ["a", "b"], how, ask)).toBe(0);
    expect(events).toEqual(["ask a", "answered a", "ask b", "answered b"]);
    expect(await askAll(connect, ["c", "d"], how, ask)).toBe(130);
    expect(events).not.toContain("ask d");
    expect(closed).toHaveLength(2);
  });

  it("connects to nothing where there is nothing to ask", async () => {
    const never = () => Promise.reject(new Error("connected"));
    await expect(askAll(never, [], how)).rejects.toMatchObject({ code: "bad-input" });
  });
});

describe("parlance chat with an input that is no terminal", () => {
  let home: Home;
  beforeAll(async () => {
    home = await createHome(`http: { port: ${await findFreePort()} }\n`);
    await home.start();
  });
  afterAll(() => home.remove());

  it("sends a message for each line, and prints a line of JSON for each answer", async () => {
    const { status, out, err } = await home.run(["chat", "--json"], "/whoami\n\n/halp\r\n/help new");
    expect({ status, err }).toEqual({ status: 0, err: "" });
    const answers = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { readonly chat: string; readonly text: string });
    expect(answers.map(({ text }) => text)).toEqual([
      expect.stringContaining("web:owner"),
      expect.stringContaining("Did you mean /help?"),
      expect.stringMatching(/^- `\/new`/),
    ]);
    expect(new Set(answers.map(({ chat }) => chat)).size).toBe(1);
  });

  it("takes all of it as one message for -", async () => {
    const { status, out } = await home.run(["chat", "-"], "/help zzz\nzzz zzz zzz\n");
    expect(status).toBe(0);
    expect(out).toContain('no command for "zzz zzz zzz zzz"');
  });
});
