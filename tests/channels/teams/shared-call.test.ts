import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { createSharedCall } from "../../../channels/teams/shared-call.ts";

function createCall(): {
  readonly made: PromiseWithResolvers<string>;
  readonly call: ReturnType<typeof createSharedCall<string>>;
  readonly signal: () => AbortSignal;
  readonly ends: () => number;
} {
  const made = Promise.withResolvers<string>();
  let given = new AbortController().signal;
  let ends = 0;
  const work = (signal: AbortSignal): Promise<string> => {
    given = signal;
    return made.promise;
  };
  const call = createSharedCall(work, () => void (ends += 1));
  return { made, call, signal: () => given, ends: () => ends };
}

describe("a shared call", () => {
  it("goes on while somebody waits for it, and is aborted when the last one leaves", async () => {
    const { call, signal, ends } = createCall();
    const [first, second] = [new AbortController(), new AbortController()];
    const waits = [call.join(first.signal), call.join(second.signal)].map((wait) =>
      wait.catch((error: unknown) => error),
    );
    first.abort();
    expect(await waits[0]).toMatchObject({ code: "aborted" });
    expect([signal().aborted, ends()]).toEqual([false, 0]);
    second.abort();
    expect(await waits[1]).toMatchObject({ code: "aborted" });
    expect([signal().aborted, ends()]).toEqual([true, 1]);
  });

  it("gives all the same answer, and leaves no listener behind", async () => {
    const { call, made, signal, ends } = createCall();
    const stop = new AbortController();
    const waits = [call.join(), call.join(stop.signal)];
    made.resolve("token");
    expect(await Promise.all(waits)).toEqual(["token", "token"]);
    expect(getEventListeners(stop.signal, "abort")).toHaveLength(0);
    expect([signal().aborted, ends()]).toEqual([false, 1]);
  });

  it("is left at once by who was aborted before", async () => {
    const { call, signal } = createCall();
    await expect(call.join(AbortSignal.abort())).rejects.toMatchObject({ code: "aborted" });
    expect(signal().aborted).toBe(true);
  });
});
