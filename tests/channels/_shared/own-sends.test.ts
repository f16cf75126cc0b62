import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createOwnSends, fileContent, textContent, type OwnSends } from "../../../channels/_shared/own-sends.ts";
import type { ChannelState } from "../../../src/core/channel.ts";
import { createTestDisk } from "../../doubles/channel-context.ts";

const minuteMs = 60_000;
const at = 1_800_000_000_000;

function create(state: ChannelState = createTestDisk().state, now = at): OwnSends {
  return createOwnSends(state, () => now);
}

const seen = (text: string, sentAt = at, chat = "ada") => ({ chat, contents: [textContent(text)], sentAt });

describe("what we send, seen coming from our own account", () => {
  it("is known from before it leaves until its id is, also by another process, and by nothing else than where and what", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.string(), fc.constantFrom("ada", "bob"), async (sent, other, chat) => {
        const { state } = createTestDisk();
        await create(state).begin("out-1:0", "ada", textContent(sent));
        const isIt = await create(state).isOne({ chat, contents: [textContent(other)], sentAt: at });
        expect(isIt).toBe(chat === "ada" && textContent(sent) === textContent(other));
      }),
    );
  });

  it("is no longer taken for ours once the id tells", async () => {
    const { state } = createTestDisk();
    const sends = create(state);
    await sends.begin("out-1:0", "ada", textContent("ok"));
    const notes = await sends.prepareEnd("out-1:0");
    for (const [key, value] of Object.entries(notes)) await state.set(key, value);
    for (const each of [sends, create(state)]) expect(await each.isOne(seen("ok"))).toBe(false);
    // Sent again, as after a refusal, it is on its way again.
    await sends.begin("out-1:0", "ada", textContent("ok"));
    expect(await create(state).isOne(seen("ok"))).toBe(true);
  });

  it("is known when a crash came before the id, whenever it is read, but for no words of other times", async () => {
    const { state } = createTestDisk();
    await create(state).begin("out-1:0", "ada", textContent("ok"));
    const dayLater = create(state, at + 1_440 * minuteMs);
    expect(await dayLater.isOne(seen("ok", at + 2 * minuteMs))).toBe(true);
    expect(await dayLater.isOne(seen("ok", at + 1_439 * minuteMs))).toBe(false);
  });

  it("is told by any of its files, and white space does not count", async () => {
    const sends = create();
    await sends.begin("out-1:0", "ada", fileContent("report.pdf"));
    expect(await sends.isOne({ chat: "ada", contents: [fileContent("report.pdf")], sentAt: at })).toBe(true);
    expect(await sends.isOne({ chat: "ada", contents: [textContent("report.pdf")], sentAt: at })).toBe(false);
    await sends.begin("out-2:0", "ada", textContent("two\n\nlines "));
    expect(await sends.isOne(seen("\uFFFCtwo lines"))).toBe(true);
  });

  it("does not leave where that cannot be kept", async () => {
    const state: ChannelState = {
      get: async () => undefined,
      set: async () => Promise.reject(new Error("the database does not answer")),
    };
    await expect(create(state).begin("out-1:0", "ada", "x")).rejects.toMatchObject({
      code: "unreachable",
      retryAfterMs: expect.any(Number) as number,
    });
  });

  it("fits into a value of the state, however many there are", async () => {
    const disk = createTestDisk();
    const sends = create(disk.state);
    for (let index = 0; index < 300; index += 1)
      await sends.begin(`${"k".repeat(64)}${index}`, `group.${"x".repeat(60)}`, textContent(String(index)));
    for (const value of disk.entries.values()) expect(Buffer.byteLength(value)).toBeLessThan(65_536);
    expect(await sends.isOne(seen("299", at, `group.${"x".repeat(60)}`))).toBe(true);
  });
});
