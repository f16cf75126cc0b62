import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readEvents, type StreamItem } from "../../../channels/signal/sse.ts";

async function* cut(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (let turn = 0; at < bytes.length; turn += 1) {
    const size = Math.max(1, sizes[turn % Math.max(1, sizes.length)] ?? 7);
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function read(text: string, sizes: readonly number[] = [], maxLength = 1_000): Promise<StreamItem[]> {
  const items: StreamItem[] = [];
  for await (const item of readEvents(cut(Buffer.from(text), sizes), maxLength)) if (item !== "alive") items.push(item);
  return items;
}

describe("readEvents", () => {
  it.each([
    ["as signal-cli writes them", "id:1-1\nevent:receive\ndata:{}\n\n", [{ id: "1-1", data: "{}" }]],
    ["with a space and CR LF", "data: a\r\ndata: b\r\n\r\n", [{ data: "a\nb" }]],
    ["with CR only", "data:a\rdata:b\r\rdata:c\n\n", [{ data: "a\nb" }, { data: "c" }]],
    ["past comments and unknown fields", ":\n:hi\nretry:10\nother\ndata:x\n\n", [{ data: "x" }]],
    ["without data: no event", "id:5\n\nevent:receive\n\n", []],
    ["unfinished at the end: none", "data:x\n", []],
    ["with an empty line of data", "data\n\n", [{ data: "" }]],
  ])("reads events %s", async (_, text, items) => {
    expect(await read(text)).toEqual(items);
  });

  it("gives the same however the stream is cut", async () => {
    const words = fc.string({ unit: "grapheme", maxLength: 20 }).map((text) => text.replaceAll(/[\r\n]/g, " "));
    const event = fc.record({
      id: fc.stringMatching(/^\w{1,6}$/),
      data: fc.array(words, { minLength: 1, maxLength: 3 }),
    });
    const end = fc.constantFrom("\n", "\r\n", "\r");
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { maxLength: 5 }),
        end,
        fc.array(fc.integer({ min: 1, max: 9 })),
        async (events, eol, sizes) => {
          const text = events
            .map(({ id, data }) => [`id: ${id}`, ...data.map((line) => `data: ${line}`), "", ""].join(eol))
            .join(":\n");
          // A CR at the very end waits for its LF.
          const items = await read(`${text}:\n`, sizes);
          expect(items).toEqual(events.map(({ id, data }) => ({ id, data: data.join("\n") })));
        },
      ),
    );
  });

  it("passes by what is too large, in one line or in many, and goes on", async () => {
    const long = "x".repeat(5_000);
    expect(await read(`data:${long}\n\ndata:ok\n\n`, [100])).toEqual(["too-large", { data: "ok" }]);
    expect(await read(`${"data:0123456789\n".repeat(500)}\ndata:ok\n\n`, [100])).toEqual(["too-large", { data: "ok" }]);
  });

  it("does not take the end of a line that was too long for the end of the event", async () => {
    const line = `data:${"x".repeat(1_095)}`;
    expect(await read(`${line}\ndata:tail\n\ndata:ok\n\n`, [100])).toEqual(["too-large", { data: "ok" }]);
  });

  it("holds no more than the limit of an endless line", async () => {
    let given = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (; given < 400; given += 1) yield Buffer.alloc(1_048_576, "x");
    }
    const before = process.memoryUsage().heapUsed;
    for await (const item of readEvents(endless(), 2_000_000)) expect(item).toBe("alive");
    expect(given).toBe(400);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(200 * 1_048_576);
  });

  it("asks for more only when the last event was dealt with", async () => {
    let given = 0;
    async function* source(): AsyncGenerator<Uint8Array> {
      for (; given < 3; given += 1) yield Buffer.from(`data:${given}\n\n`);
    }
    for await (const item of readEvents(source(), 100)) if (item !== "alive") break;
    expect(given).toBe(0);
  });
});
