import { expect, it } from "vitest";
import { createRecordingSink, waitUntil } from "../doubles/channel-context.ts";
import { createBrokenEndpoint } from "../e2e/broken-endpoints.ts";
import type { ChannelHarness } from "./channel-harness.ts";

/** The part of the channel contract about servers that take a call and never answer it. */
export function itStopsAmidSilence(harness: () => Promise<ChannelHarness>): void {
  it("stops within 5 s when its servers are silent, and holds no connection after that", async () => {
    const made = await harness();
    if (made.createAgainst === undefined) return;
    const silent = await createBrokenEndpoint("silent");
    const stop = new AbortController();
    try {
      const channel = made.createAgainst(silent.url);
      const ended = channel.start(createRecordingSink(), stop.signal);
      await waitUntil(() => silent.open() > 0);
      const since = performance.now();
      stop.abort();
      await ended;
      await waitUntil(
        () => silent.open() === 0,
        5_000,
        () => `${silent.open()} connections to close`,
      );
      expect(performance.now() - since).toBeLessThan(5_000);
    } finally {
      stop.abort();
      await silent.close();
    }
  });
}
