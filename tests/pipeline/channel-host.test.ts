import { describe, expect, it } from "vitest";
import type { Channel } from "../../src/core/channel.ts";
import { silentLogger } from "../../src/core/log.ts";
import type { Store } from "../../src/core/store.ts";
import { createChannelHost } from "../../src/pipeline/channel-host.ts";

function createHost(endsOf: Readonly<Record<string, () => Promise<void>>>) {
  const starts: string[] = [];
  const host = createChannelHost({
    store: { takeNamedLease: async () => true } as unknown as Store,
    owner: "self",
    now: () => 0,
    log: silentLogger,
    canConnect: true,
    receive: async () => "accepted",
    delivery: async () => undefined,
    create: async (name) =>
      ({
        traits: {},
        start: async (_sink, signal) => {
          starts.push(name);
          await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
          await endsOf[name]?.();
        },
      }) as Channel,
  });
  return { host, starts };
}

describe("closing the channels", () => {
  it("starts none again that has stopped, while the slowest is still stopping", async () => {
    const slowest = Promise.withResolvers<void>();
    const { host, starts } = createHost({ slow: () => slowest.promise });
    await host.open("quick");
    await host.open("slow");
    const closed = host.close();
    await new Promise((resolve) => setImmediate(resolve));
    await host.tick();
    slowest.resolve();
    await closed;
    await host.tick();
    expect(starts).toEqual(["quick", "slow"]);
  });
});
