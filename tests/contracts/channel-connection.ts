import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import type { Address } from "../../src/core/message.ts";
import {
  createRecordingSink,
  createSendContext,
  outbound,
  waitUntil,
  type RecordingSink,
} from "../doubles/channel-context.ts";
import { refusedMs, type ChannelHarness, type PlatformEvent, type Running } from "./channel-harness.ts";

const waitedTries = 5;
/** A server may have to be asked for its capabilities before it can be told who we are. */
const mostCallsOfATry = 3;
const drops = 2;
/** Full jitter gives one or two attempts after each drop; a hot loop gives hundreds. */
const mostChanges = 12;

/** The part of the channel contract about what comes in close together, and about connections that end. */
export function itKeepsOrderAndConnection(
  harness: () => Promise<ChannelHarness>,
  run: (made: ChannelHarness, sink?: RecordingSink) => Promise<Running>,
): void {
  const say = (text: string): PlatformEvent => ({ from: "person", place: "direct", text });

  it("keeps the order of messages a millisecond apart, however long storing one takes", async () => {
    const made = await harness();
    const inbox = createRecordingSink();
    const { channel } = await run(made, delayFirst(inbox));
    const texts = ["first", "second", "third"];
    const deliveries: Promise<void>[] = [];
    for (const text of texts) {
      deliveries.push(made.deliver(say(text), channel));
      await sleep(1);
    }
    await Promise.all(deliveries);
    expect((await inbox.waitFor(texts.length)).map(({ text }) => text)).toEqual(texts);
  });

  it("comes back each time its connection is cut, and nothing is lost or comes twice", async () => {
    const made = await harness();
    if (made.drop === undefined) return;
    const { channel, sink } = await run(made);
    await made.deliver(say("before"), channel);
    await sink.waitFor(1);
    const texts = Array.from({ length: drops }, (_, index) => `after drop ${index + 1}`);
    for (const [index, text] of texts.entries()) {
      const before = sink.states.length;
      made.drop();
      const isNoticed = (): boolean => sink.states.length > before;
      if (made.deliverWhileAway === undefined) {
        // Where nobody keeps what is said meanwhile, people speak to whoever is there.
        await waitUntil(isNoticed);
        await sink.waitForState("up", 15_000);
      } else {
        // Who was between two polls has nothing to notice.
        await waitUntil(isNoticed, 300).catch(() => undefined);
      }
      await made.deliver(say(text), channel);
      await sink.waitFor(index + 2, 15_000);
      await sink.waitForState("up", 15_000);
    }
    expect(sink.messages.map(({ text }) => text)).toEqual(["before", ...texts]);
    expect(sink.states.length).toBeLessThanOrEqual(mostChanges);
  });

  it("says that it is let in no more, tries rarely, and works again by itself once it is", async () => {
    const made = await harness();
    if (made.revoke === undefined) return;
    const sink = createRecordingSink();
    const stop = new AbortController();
    const channel = made.create();
    const ended = channel.start(sink, stop.signal).catch(() => undefined);
    await sink.waitForState("up");
    await made.deliver(say("before"), channel);
    await sink.waitFor(1);
    await made.revoke();
    // Where nothing is asked for regularly, it shows when somebody is answered.
    const address = sink.messages[0]?.address as Address;
    await channel.send(outbound(address, "are you there?"), createSendContext()).catch(() => undefined);
    await sink.waitForState("down", 15_000);
    expect(sink.states.at(-1)).toMatchObject({
      reason: expect.stringMatching(/token|password|secret|credentials|account|log ?in/i),
    });
    // A second sentence says what to do about it.
    expect(sink.states.at(-1)).toMatchObject({ reason: expect.stringMatching(/\.\s+\S.*\.$/) });
    const [states, attempts] = [sink.states.length, made.attempts?.() ?? 0];
    await sleep(waitedTries * refusedMs);
    expect(sink.states.slice(states - 1)).toEqual([sink.states[states - 1]]);
    expect((made.attempts?.() ?? 0) - attempts).toBeLessThanOrEqual(waitedTries * mostCallsOfATry);
    await made.restore?.();
    await sink.waitForState("up", 15_000);
    await made.deliver(say("after"), channel);
    await sink.waitFor(2);
    expect(sink.messages.map(({ text }) => text)).toEqual(["before", "after"]);
    stop.abort();
    await ended;
  });
}

/** The same sink, only that the message "first" takes its time. */
function delayFirst(inbox: RecordingSink): RecordingSink {
  return {
    ...inbox,
    async receive(message) {
      if (message.text === "first") await sleep(60);
      return inbox.receive(message);
    },
  };
}
