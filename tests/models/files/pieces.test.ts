import { PassThrough } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { listenTo } from "../../../src/models/files/pieces.ts";

async function readAll(pieces: AsyncIterable<Buffer>): Promise<{ text: string; error: string | undefined }> {
  let text = "";
  try {
    for await (const piece of pieces) {
      text += piece.toString();
      await setImmediate();
    }
    return { text, error: undefined };
  } catch (error) {
    return { text, error: (error as Error).message };
  }
}

it("hands over all that came before a break, and then the break", async () => {
  const body = new PassThrough();
  const pieces = listenTo(body);
  body.write("one ");
  body.write("two ");
  await setImmediate();
  body.destroy(new Error("cut"));
  await setImmediate();
  expect(await readAll(pieces)).toEqual({ text: "one two ", error: "cut" });
});

it("ends where the body ends, and knows one that was closed before", async () => {
  const body = new PassThrough();
  const pieces = listenTo(body);
  body.end("all");
  expect(await readAll(pieces)).toEqual({ text: "all", error: undefined });
  const closed = new PassThrough();
  closed.destroy();
  expect(await readAll(listenTo(closed))).toMatchObject({ text: "", error: expect.any(String) });
});

it("holds back a sender that is faster than the disk", async () => {
  const body = new PassThrough({ highWaterMark: 1024 });
  const pieces = listenTo(body);
  let sent = 0;
  for (; sent < 50_000_000 && !body.isPaused(); sent += 100_000) {
    body.write(Buffer.alloc(100_000));
    await setImmediate();
  }
  expect(sent).toBeLessThan(3_000_000);
  body.end();
  let read = 0;
  for await (const piece of pieces) read += piece.length;
  expect(read).toBeGreaterThanOrEqual(sent);
});
