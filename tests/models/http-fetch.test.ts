import { afterEach, beforeEach, expect, it } from "vitest";
import { createHttpFetch } from "../../src/models/http-fetch.ts";
import { createWireServer, type WireServer } from "./wire-frames.ts";

const megabyte = 1_000_000;
let server: WireServer;
beforeEach(async () => {
  server = await createWireServer();
});
afterEach(() => server.close());

function sends(status: number, megabytes: number): void {
  const block = Buffer.alloc(megabyte, "x");
  server.answer(async (response) => {
    response.writeHead(status);
    for (let count = 0; count < megabytes && !response.destroyed; count += 1) {
      if (response.write(block)) continue;
      await new Promise<void>((resolve) => {
        response.once("drain", resolve);
        response.once("close", resolve);
      });
    }
    response.end();
  });
}

async function read(): Promise<{ status: number; bytes: number; error?: unknown }> {
  const response = await createHttpFetch()(server.url);
  let bytes = 0;
  try {
    for await (const chunk of response.body ?? []) bytes += (chunk as Uint8Array).length;
  } catch (error) {
    return { status: response.status, bytes, error };
  }
  return { status: response.status, bytes };
}

it("reads an answer of some megabytes whole", async () => {
  sends(200, 20);
  expect(await read()).toEqual({ status: 200, bytes: 20 * megabyte });
});

it("breaks off an answer beyond all measure, and hangs up", async () => {
  sends(200, 100);
  const { bytes, error } = await read();
  expect(error).toMatchObject({ message: "terminated", cause: { code: "BODY_TOO_LARGE" } });
  expect(bytes).toBeLessThan(70 * megabyte);
  await expect.poll(() => server.stats.open).toBe(0);
});

it("reads of a refusal what tells something", async () => {
  sends(500, 100);
  const { status, bytes, error } = await read();
  expect({ status, error }).toEqual({ status: 500, error: undefined });
  expect(bytes).toBeGreaterThan(0);
  expect(bytes).toBeLessThan(2 * megabyte);
  await expect.poll(() => server.stats.open).toBe(0);
});
