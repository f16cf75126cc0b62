import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DeskEvent } from "../../../src/core/cdc.ts";
import { silentLogger } from "../../../src/core/log.ts";
import { createEventFeed, type EventFeed, type EventFeedOptions } from "../../../src/web/api/event-feed.ts";
import { readEvents, takeEvents, type ReadEvent } from "./read-events.ts";

/** A store of events in memory; numbers are left out here and there, as databases do. */
function createEvents() {
  const events: DeskEvent[] = [];
  let asked = 0;
  let failures = 0;
  return {
    all: events,
    asked: () => asked,
    failNext: (count: number) => (failures = count),
    add(kind: DeskEvent["kind"] = "draft", gap = 0) {
      const seq = (events.at(-1)?.seq ?? 0) + 1 + gap;
      events.push({ seq, kind, ref: `ref-${seq}`, at: seq });
    },
    desk: {
      lastEvent: async () => events.at(-1)?.seq ?? 0,
      async events(after: number, limit: number) {
        asked += 1;
        if (failures > 0) {
          failures -= 1;
          throw new Error("the store is away");
        }
        return events.filter(({ seq }) => seq > after).slice(0, limit);
      },
    },
  };
}

const open = new AbortController().signal;

function createFeed(desk: EventFeedOptions["desk"], options: Partial<EventFeedOptions> = {}): EventFeed {
  return createEventFeed({ desk, log: silentLogger, now: Date.now, pollMs: 1, ...options });
}

async function bodyOf(response: Promise<Response>): Promise<ReadableStream<Uint8Array>> {
  const { body } = await response;
  if (body === null) throw new Error("there is no stream");
  return body;
}

const seqsOf = (events: readonly ReadEvent[]) => events.map(({ id }) => Number(id));

describe("what changed at the desk", () => {
  it("comes as server-sent events with number, kind and what it is about", async () => {
    const { desk, add } = createEvents();
    const feed = createFeed(desk);
    add("decision");
    const response = await feed.open(0, open);
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(await takeEvents(await bodyOf(Promise.resolve(response)), 1)).toEqual([
      { id: "1", event: "decision", data: { ref: "ref-1", at: 1 } },
    ]);
    feed.close();
  });

  it("begins with what happens from now on, where nothing is said of what was seen", async () => {
    const { desk, add } = createEvents();
    const feed = createFeed(desk);
    add();
    add();
    const body = await bodyOf(feed.open(undefined, open));
    add();
    expect(seqsOf(await takeEvents(body, 1))).toEqual([3]);
    feed.close();
  });

  it("says that what was seen is not known any more, when the database was put back", async () => {
    const { desk, add } = createEvents();
    const feed = createFeed(desk);
    add();
    const body = await bodyOf(feed.open(50, open));
    add();
    expect(await takeEvents(body, 2)).toMatchObject([
      { id: "1", event: "reset" },
      { id: "2", event: "draft" },
    ]);
    feed.close();
  });

  it("has no gap and no double over any number of listeners, returns, restarts and failures", async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant("add" as const), count: fc.integer({ min: 1, max: 450 }), gap: fc.nat(3) }),
      fc.record({
        do: fc.constant("read" as const),
        who: fc.nat(2),
        share: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
      fc.record({ do: fc.constant("fail" as const), count: fc.integer({ min: 1, max: 3 }) }),
      fc.constant({ do: "restart" as const }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const store = createEvents();
        let feed = createFeed(store.desk);
        const had: number[][] = [[], [], []];
        const read = async (who: number, count: number) => {
          const mine = had[who] ?? [];
          const body = await bodyOf(feed.open(mine.at(-1) ?? 0, open));
          mine.push(...seqsOf(await takeEvents(body, count)));
        };
        const missing = (who: number) => store.all.length - (had[who]?.length ?? 0);
        for (const each of steps) {
          if (each.do === "add") for (let i = 0; i < each.count; i += 1) store.add("draft", i === 0 ? each.gap : 0);
          if (each.do === "read") await read(each.who, Math.floor(missing(each.who) * each.share));
          if (each.do === "fail") store.failNext(each.count);
          if (each.do === "restart") {
            feed.close();
            feed = createFeed(store.desk);
          }
        }
        await Promise.all([0, 1, 2].map((who) => read(who, missing(who))));
        const all = store.all.map(({ seq }) => seq);
        expect(had).toEqual([all, all, all]);
        expect(feed.listeners()).toBe(0);
        feed.close();
      }),
      { numRuns: 60 },
    );
  });

  it("tells several listeners the same with one question to the store", async () => {
    const { desk, add, asked } = createEvents();
    const feed = createFeed(desk, { pollMs: 20 });
    const bodies = await Promise.all(Array.from({ length: 20 }, () => bodyOf(feed.open(0, open))));
    const before = asked();
    const reading = bodies.map((body) => takeEvents(body, 3));
    add();
    add();
    add();
    expect((await Promise.all(reading)).map(seqsOf)).toEqual(bodies.map(() => [1, 2, 3]));
    expect(asked() - before).toBeLessThan(20);
    feed.close();
  });

  it("gives whoever was away for long everything at once, not a page at each look", async () => {
    const { desk, add } = createEvents();
    const feed = createFeed(desk, { pollMs: 60_000 });
    for (let count = 0; count < 650; count += 1) add();
    expect(await takeEvents(await bodyOf(feed.open(0, open)), 650)).toHaveLength(650);
    feed.close();
  });

  it("asks the store for nothing while nobody listens", async () => {
    const { desk, asked } = createEvents();
    const feed = createFeed(desk);
    const gone = new AbortController();
    await bodyOf(feed.open(0, gone.signal));
    await expect.poll(asked).toBeGreaterThan(3);
    gone.abort();
    expect(feed.listeners()).toBe(0);
    const before = asked();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(asked() - before).toBeLessThanOrEqual(1);
    feed.close();
  });

  it("says from time to time that it is there", async () => {
    const { desk } = createEvents();
    const feed = createFeed(desk, { pollMs: 5, heartbeatMs: 20 });
    const body = await bodyOf(feed.open(0, open));
    let comments = 0;
    const reading = (async () => {
      for await (const event of readEvents(body, () => (comments += 1))) throw new Error(event.event);
    })();
    await expect.poll(() => comments).toBeGreaterThanOrEqual(3);
    feed.close();
    await reading;
  });

  it("writes no more than a bounded lot to whoever reads nothing, and lets them go after a while", async () => {
    const { desk, add } = createEvents();
    let at = 0;
    const feed = createFeed(desk, { now: () => at });
    for (let count = 0; count < 5_000; count += 1) add();
    const slow = await bodyOf(feed.open(0, open));
    const quick = await bodyOf(feed.open(0, open));
    expect(seqsOf(await takeEvents(quick, 5_000)).at(-1)).toBe(5_000);
    expect(feed.listeners()).toBe(1);
    at = 61_000;
    await expect.poll(() => feed.listeners()).toBe(0);
    // What was written before is still there to be read, in order: from there on they come back.
    const seqs: number[] = [];
    for await (const { id } of readEvents(slow)) seqs.push(Number(id));
    expect(seqs.length).toBeLessThan(2_500);
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
    feed.close();
  });

  it("takes no more listeners than it can serve, and none while it shuts down", async () => {
    const { desk } = createEvents();
    const feed = createFeed(desk, { maxListeners: 2 });
    const [first] = await Promise.all([bodyOf(feed.open(0, open)), bodyOf(feed.open(0, open))]);
    await expect(feed.open(0, open)).rejects.toMatchObject({ code: "rate-limited" });
    await first.cancel();
    await bodyOf(feed.open(0, open));
    expect(feed.listeners()).toBe(2);
    feed.close();
    expect(feed.listeners()).toBe(0);
    await expect(feed.open(0, open)).rejects.toMatchObject({ code: "unreachable" });
  });
});
