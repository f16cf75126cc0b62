import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import type { Channel } from "../../src/core/channel.ts";
import { createRecordingSink, waitUntil, type RecordingSink } from "../doubles/channel-context.ts";
import type { ChannelHarness, Running } from "./channel-harness.ts";

/** A call of the platform's that was caught before the adapter saw it. */
interface CaughtCall {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** The part of the channel contract about HTTP calls that come in side by side. */
export function itTakesCallsAsTheyArrive(
  harness: () => Promise<ChannelHarness>,
  run: (made: ChannelHarness, sink?: RecordingSink) => Promise<Running>,
): void {
  it("takes calls on in the order in which they arrived, whichever body is read first", async () => {
    const made = await harness();
    const { channel, sink } = await run(made);
    const calls = await catchCalls(made, channel, ["first", "second", "third"]);
    if (calls === undefined) return;
    const [first, second, third] = calls;
    const rest = Promise.withResolvers<void>();
    const call = async (request: Request): Promise<boolean | undefined> => (await channel.webhook?.(request))?.ok;
    const answers = [call(replay(first, rest.promise)), call(replay(second, rest.promise)), call(replay(third))];
    // What does not wait for those before it has handed its message over by then.
    await sleep(20);
    rest.resolve();
    expect(await Promise.all(answers)).toEqual([true, true, true]);
    expect((await sink.waitFor(3)).map(({ text }) => text)).toEqual(["first", "second", "third"]);
  });

  it("lets nobody wait for a caller who never finishes", async () => {
    const made = await harness();
    const { channel, sink } = await run(made, createRecordingSink());
    const calls = await catchCalls(made, channel, ["never ends", "second", "third"]);
    if (calls === undefined) return;
    const [slow, second, third] = calls;
    const rest = Promise.withResolvers<void>();
    const held = channel.webhook?.(replay(slow, rest.promise));
    await Promise.all([channel.webhook?.(replay(second)), channel.webhook?.(replay(third))]);
    // Where the platform keeps a history, the slow one may have been found there meanwhile.
    const others = (): readonly string[] =>
      sink.messages.map(({ text }) => text).filter((text) => text !== "never ends");
    await waitUntil(() => others().length === 2);
    expect(others()).toEqual(["second", "third"]);
    rest.resolve();
    expect((await held)?.ok).toBe(true);
    await sink.waitFor(3);
    expect(sink.messages.map(({ text }) => text).toSorted()).toEqual(["never ends", "second", "third"]);
  });
}

/** The platform's calls for these messages; the adapter gets none of them. Undefined: the platform makes none. */
async function catchCalls(
  made: ChannelHarness,
  channel: Channel,
  texts: readonly [string, string, string],
): Promise<readonly [CaughtCall, CaughtCall, CaughtCall] | undefined> {
  const own = channel.webhook?.bind(channel);
  if (own === undefined || made.isCalled === false) return undefined;
  const caught: CaughtCall[] = [];
  const put = (webhook: Channel["webhook"]): unknown => Object.assign(channel, { webhook });
  put(async (request) => {
    const { url, method, headers } = request;
    caught.push({ url, method, headers, body: await request.bytes() });
    return new Response(null, { status: 200 });
  });
  for (const [index, text] of texts.entries()) {
    await made.deliver({ from: "person", place: "direct", text }, channel);
    await waitUntil(() => caught.length > index);
  }
  put(own);
  const [first, second, third] = caught;
  if (first === undefined || second === undefined || third === undefined) throw new Error("A call is missing.");
  return [first, second, third];
}

/** The same call; its last byte comes when `rest` resolves. */
function replay({ url, method, headers, body }: CaughtCall, rest: Promise<void> = Promise.resolve()): Request {
  async function* send(): AsyncGenerator<Uint8Array> {
    yield body.subarray(0, -1);
    await rest;
    yield body.subarray(-1);
  }
  return new Request(url, { method, headers, body: ReadableStream.from(send()), duplex: "half" });
}
