import { describe, expect, it } from "vitest";
import { createBegun, notedHint } from "../../../channels/_shared/begun.ts";
import { AppError } from "../../../src/core/errors.ts";
import { createSendContext, createTestDisk, outbound } from "../../doubles/channel-context.ts";

const asked = (sent: number, hint: string | undefined = notedHint): { sentParts: string[]; hint: string } => ({
  sentParts: Array.from({ length: sent }, (_, index) => `part ${index}`),
  hint,
});

const message = outbound({ channel: "irc", chat: "ada" }, "m");
const another = outbound({ channel: "irc", chat: "ada" }, "other");

describe("what has begun to leave", () => {
  it("is known over a restart, part by part", async () => {
    const { state } = createTestDisk();
    const begun = createBegun(state);
    expect(await begun.reconcile(message, asked(0), "nobody knows")).toEqual({ state: "absent" });
    // The process dies amid the second part.
    await begun.send(message, createSendContext(), { sent: 0, with: 1 }, async () => "first");
    void begun.send(message, createSendContext(), { sent: 1, with: 2 }, () => new Promise(() => undefined));
    await Promise.resolve();
    const next = createBegun(state);
    expect(await next.reconcile(message, asked(1), "nobody knows")).toEqual({
      state: "unknown",
      reason: "nobody knows",
    });
    expect(await next.reconcile(message, asked(2), "nobody knows")).toEqual({ state: "absent" });
    expect(await next.reconcile(another, asked(0), "nobody knows")).toEqual({ state: "absent" });
  });

  it("is noted before it leaves, and does not leave when it cannot be noted", async () => {
    const { state, entries } = createTestDisk();
    const seen: (string | undefined)[] = [];
    await createBegun(state).send(
      message,
      createSendContext(),
      { sent: 0, with: 1 },
      async () => void seen.push(entries.get("begun:irc/ada")),
    );
    expect(seen).toEqual([`1 ${message.id}`]);
    let sends = 0;
    const broken = createBegun({ ...state, set: () => Promise.reject(new Error("disk full")) });
    const refused = broken.send(message, createSendContext(), { sent: 0, with: 1 }, async () => (sends += 1));
    await expect(refused).rejects.toMatchObject({ code: "unreachable", retryAfterMs: 1_000 });
    expect(sends).toBe(0);
  });

  it("does not leave, and takes no note of others back, when another process has the message", async () => {
    const { state, entries } = createTestDisk();
    const lost = { ...createSendContext(), confirm: () => Promise.reject(new AppError("aborted", "theirs")) };
    let sends = 0;
    const tried = createBegun(state).send(message, lost, { sent: 0, with: 1 }, async () => (sends += 1));
    await expect(tried).rejects.toMatchObject({ code: "aborted" });
    expect(sends).toBe(0);
    expect(entries.get("begun:irc/ada")).toBe(`1 ${message.id}`);
  });

  it.each([
    [new AppError("rate-limited", "slow down", { retryAfterMs: 1 }), "absent"],
    [new AppError("send-rejected", "no"), "absent"],
    [new AppError("send-uncertain", "cut off"), "unknown"],
    [new TypeError("a bug"), "unknown"],
  ] as const)("is in doubt only where the send may have gone through: %s", async (error, state) => {
    const begun = createBegun(createTestDisk().state);
    await expect(
      begun.send(message, createSendContext(), { sent: 0, with: 1 }, () => Promise.reject(error)),
    ).rejects.toBe(error);
    expect(await begun.reconcile(message, asked(0), "")).toMatchObject({ state });
  });

  it("says nothing of attempts without a note", async () => {
    const begun = createBegun(createTestDisk().state);
    expect(await begun.isCertain(message, { sentParts: [] })).toBe(false);
  });
});
