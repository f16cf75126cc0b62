import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Channel, ChannelTraits } from "../../src/core/channel.ts";
import { isAppError } from "../../src/core/errors.ts";
import { approvedPrefix, createOutboundGate, listenOnly } from "../../src/pipeline/listen-only.ts";
import { createSendContext, outbound } from "../doubles/channel-context.ts";

const place = { channel: "chat", chat: "42" };
const { signal } = new AbortController();
const traits: ChannelTraits = {
  threads: true,
  buttons: true,
  edits: true,
  files: true,
  reactions: true,
  typing: true,
  commands: true,
  revisions: true,
  direct: true,
  catchesUp: true,
  streamsEveryMs: 1_000,
  maxTextLength: 100,
  redelivers: true,
  reconciles: "probe",
  sendsFrom: "anywhere",
};

/** A channel that can do everything, and what it was asked to show. */
function createShowing() {
  const shown: string[] = [];
  const channel: Channel = {
    traits,
    start: async () => undefined,
    async send({ id }) {
      shown.push(`send ${id}`);
      return [id];
    },
    edit: async ({ id }) => void shown.push(`edit ${id}`),
    typing: async () => void shown.push("typing"),
    react: async () => void shown.push("react"),
    preview: ({ id }) => void shown.push(`preview ${id}`),
    async openDirect(personId) {
      shown.push(`open ${personId}`);
      return place;
    },
    reconcileHint: () => "hint",
    reconcile: async () => ({ state: "absent" }),
    webhook: async () => new Response(null, { status: 204 }),
    handle: async () => new Response(null, { status: 200 }),
    findOwnAnswer: async () => undefined,
    saveDraft: async () => undefined,
  };
  return { channel, shown };
}

/** All that a channel can be asked to show. Resolves with the codes of the refusals. */
async function askForEverything(channel: Channel, id: string): Promise<readonly string[]> {
  const codes: string[] = [];
  const note = (error: unknown): void => void codes.push(isAppError(error) ? error.code : String(error));
  const message = outbound(place, "hello", { id });
  await channel.send(message, createSendContext()).catch(note);
  await channel.edit?.(message, "1", signal).catch(note);
  await channel.typing?.(place, signal);
  await channel.react?.(place, "1", "👍", signal).catch(note);
  channel.preview?.(message);
  await channel.openDirect?.("chat:42").catch(note);
  return codes;
}

const anyId = fc.string();

describe("a channel that only listens", () => {
  it("lets out messages that a person approved, and nothing else", async () => {
    await fc.assert(
      fc.asyncProperty(anyId, fc.boolean(), async (end, isApproved) => {
        fc.pre(!end.startsWith("card-") && (isApproved || !end.startsWith(approvedPrefix)));
        const { channel, shown } = createShowing();
        const id = isApproved ? approvedPrefix + end : end;
        await askForEverything(listenOnly(channel), id);
        expect(shown).toEqual(isApproved ? [`send ${id}`] : []);
      }),
    );
  });

  it("refuses for good, and says what can be done", async () => {
    const { channel } = createShowing();
    const attempt = listenOnly(channel).send(outbound(place, "hello"), createSendContext());
    const error = await attempt.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "forbidden", retryAfterMs: undefined });
    expect((error as { hint: string }).hint).toContain("draft");
  });

  it("takes the question about a draft for no approved message", async () => {
    const { channel, shown } = createShowing();
    await expect(
      listenOnly(channel).send(outbound(place, "hello", { id: "draft-card-7k" }), createSendContext()),
    ).rejects.toMatchObject({ code: "forbidden" });
    expect(shown).toEqual([]);
  });

  it("has no methods for what it does not do, and its traits say so", () => {
    const quiet = listenOnly(createShowing().channel);
    for (const method of ["edit", "typing", "react", "preview", "openDirect"]) expect(method in quiet).toBe(false);
    const { streamsEveryMs: _, ...rest } = traits;
    expect(quiet.traits).toEqual({
      ...rest,
      edits: false,
      typing: false,
      reactions: false,
      commands: false,
      direct: false,
    });
  });

  it("still takes in, finds out about sends, and keeps drafts", async () => {
    const { channel } = createShowing();
    const quiet = listenOnly(channel);
    for (const method of ["start", "webhook", "handle", "reconcile", "reconcileHint", "findOwnAnswer", "saveDraft"])
      expect(quiet[method as keyof Channel]).toBe(channel[method as keyof Channel]);
  });
});

describe("the way out to all channels", () => {
  it("is shut for whoever holds a channel when its mode changes, and open again afterwards", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }), async (modes) => {
        let isListening = false;
        const { channel, shown } = createShowing();
        const gate = createOutboundGate(
          () => channel,
          () => isListening,
        );
        const held = gate("chat") as Channel;
        for (const [index, mode] of modes.entries()) {
          isListening = mode;
          const before = shown.length;
          const codes = await askForEverything(held, `answer-${index}`);
          expect(shown.length - before).toBe(mode ? 0 : 6);
          expect(codes).toEqual(mode ? ["forbidden", "forbidden", "forbidden", "forbidden"] : []);
        }
      }),
    );
  });

  it("lets an approved message out at any time", async () => {
    const { channel, shown } = createShowing();
    let isListening = false;
    const gate = createOutboundGate(
      () => channel,
      () => isListening,
    );
    const held = gate("chat");
    isListening = true;
    await held?.send(outbound(place, "hello", { id: "draft-1" }), createSendContext());
    await gate("chat")?.send(outbound(place, "hello", { id: "draft-2" }), createSendContext());
    expect(shown).toEqual(["send draft-1", "send draft-2"]);
  });

  it("leaves out what the channel cannot do, and channels that are not there", () => {
    const { start, send } = createShowing().channel;
    const gate = createOutboundGate(
      (name) => (name === "plain" ? { traits, start, send } : undefined),
      () => false,
    );
    const plain = gate("plain") as Channel;
    for (const method of ["edit", "typing", "react", "preview", "openDirect"]) expect(method in plain).toBe(false);
    expect(gate("elsewhere")).toBeUndefined();
  });
});
