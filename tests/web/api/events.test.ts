import type { ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createStore, openDatabase, type OpenStore } from "../../../src/store/index.ts";
import { startChild } from "../../bench/program.ts";
import { openDeskPlace, type DeskPlace } from "./desk-place.ts";
import { addEvents } from "./desk-rows.ts";
import { readEvents, takeEvents, type ReadEvent } from "./read-events.ts";

let folder = "";
let place: DeskPlace | undefined;
let store: OpenStore | undefined;
let child: ChildProcess | undefined;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "parlance-events-"))));
afterEach(async () => {
  // Also where the test has run out of time.
  child?.kill("SIGKILL");
  await place?.close();
  await store?.close();
  [place, store] = [undefined, undefined];
  await rm(folder, { recursive: true });
});

const refs = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => `ref-${from + index}`);
const refsOf = (events: readonly ReadEvent[]) => events.map(({ data }) => (data as { ref: string }).ref);

function listen(
  port: number,
  options: { readonly after?: string; readonly query?: string; signal?: AbortSignal } = {},
) {
  const { after, query = "", signal } = options;
  return fetch(`http://127.0.0.1:${port}/api/events${query}`, {
    headers: after === undefined ? {} : { "last-event-id": after },
    ...(signal === undefined ? {} : { signal }),
  });
}

async function bodyOf(response: Promise<Response>): Promise<ReadableStream<Uint8Array>> {
  const { body } = await response;
  if (body === null) throw new Error("there is no stream");
  return body;
}

it("comes over HTTP while it happens, and goes on where the listener left", async () => {
  place = await openDeskPlace();
  const { port } = place.server;
  const body = await bodyOf(listen(port, { query: "?after=0" }));
  const reading = takeEvents(body, 3);
  await addEvents(place.store, refs(1, 3));
  expect(refsOf(await reading)).toEqual(refs(1, 3));
  await addEvents(place.store, refs(4, 6));
  // The header is what a browser sends when it comes back; the address still says where it began.
  expect(refsOf(await takeEvents(await bodyOf(listen(port, { after: "3", query: "?after=0" })), 3))).toEqual(
    refs(4, 6),
  );
});

it("refuses a number that is none, and answers HEAD without listening", async () => {
  place = await openDeskPlace();
  for (const query of ["?after=x", "?after=-1", "?after=1e3", `?after=${"9".repeat(30)}`])
    expect((await listen(place.server.port, { query })).status).toBe(400);
  expect((await listen(place.server.port, { after: "abc" })).status).toBe(400);
  const head = await place.call("/api/events", { method: "HEAD" });
  expect([head.status, head.headers["content-type"]]).toEqual([200, "text/event-stream; charset=utf-8"]);
});

it("has no gap and no double when the process is killed between", async () => {
  const path = join(folder, "test.db");
  store = await createStore(await openDatabase(path));
  const script = ["tests/web/api/serve-desk.ts", path];
  const first = await startChild(script, /listening on (\d+)/);
  const port = Number(first.match[1]);
  child = first.child;
  const had: ReadEvent[] = [];
  for (let round = 0; round < 3; round += 1) {
    const from = round * 40 + 1;
    const body = await bodyOf(listen(port, { after: had.at(-1)?.id ?? "0" }));
    const writing = addEvents(store, refs(from, from + 39));
    // Some of them are read, then the process is gone in the middle of the rest.
    try {
      for await (const event of readEvents(body)) if (had.push(event) >= from + 10) child.kill("SIGKILL");
    } catch {
      // As a browser has it: the connection is lost.
    }
    await writing;
    ({ child } = await startChild([...script, String(port)], /listening on (\d+)/));
  }
  const rest = await bodyOf(listen(port, { after: had.at(-1)?.id ?? "0" }));
  had.push(...(await takeEvents(rest, 120 - had.length)));
  expect(refsOf(had)).toEqual(refs(1, 120));
});

it("ends when the server shuts down, at once", async () => {
  place = await openDeskPlace();
  const body = await bodyOf(listen(place.server.port));
  const began = performance.now();
  const ended = (async () => {
    for await (const event of readEvents(body)) throw new Error(event.event);
  })();
  await place.server.close();
  await ended;
  expect(performance.now() - began).toBeLessThan(1_500);
});
