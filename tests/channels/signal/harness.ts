import type { Channel } from "../../../src/core/channel.ts";
import { silentLogger } from "../../../src/core/log.ts";
import { createChannel, optionsSchema } from "../../../channels/signal/index.ts";
import { refusedMs } from "../../contracts/channel-harness.ts";
import { createChannelContext, createTestDisk, type TestDisk } from "../../doubles/channel-context.ts";
import { createRunningClock, type FakeClock } from "../../doubles/fake-clock.ts";
import { createFakeSignal, type FakeSignal, type FakeSignalSettings } from "../../doubles/fake-signal.ts";

export const ours = { number: "+15550100100", aci: "0b7e1c5a-3f52-4c1e-9d2a-6a1f0c9e2b11" };
export const ada = "a11ce000-1111-4222-8333-444455556666";
export const bob = "b0b00000-1111-4222-8333-444455556666";
export const groupId = "Pmpi+EfPWmsxiomLe9Nx2XF9HOE483p6iKiFj65iMwI=";

export interface SignalSetup {
  readonly fake: FakeSignal;
  readonly disk: TestDisk;
  readonly clock: FakeClock;
  /** What was logged at info and above. */
  readonly logged: { readonly fields: object; readonly words: string }[];
  /** A new adapter over the same state. */
  create(extra?: Readonly<Record<string, unknown>>, isListening?: () => boolean): Channel;
  /** Ada writes. Resolves with the time of the message. */
  say(data: Readonly<Record<string, unknown>>, envelope?: Readonly<Record<string, unknown>>): number;
  close(): Promise<void>;
}

export async function createSignal(
  extra: Readonly<Record<string, unknown>> = {},
  settings: Partial<FakeSignalSettings> = {},
): Promise<SignalSetup> {
  const disk = createTestDisk();
  const clock = createRunningClock();
  const fake = await createFakeSignal({ accounts: [ours], ...settings });
  const logged: SignalSetup["logged"] = [];
  const note = (fields: object, words: string): void => void logged.push({ fields, words });
  const log = { ...silentLogger, info: note, warn: note, error: note };
  return {
    fake,
    disk,
    clock,
    logged,
    create(more = {}, isListening) {
      const options = optionsSchema.parse({ rpcUrl: fake.url, account: ours.number, ...extra, ...more });
      const context = createChannelContext(options, { name: "signal", disk, now: clock.now, isListening });
      return createChannel({ ...context, log }, { refusedMs });
    },
    say(data, envelope = {}) {
      const timestamp = fake.tick();
      fake.deliver(formatEnvelope({ timestamp, ...data }, envelope));
      return timestamp;
    },
    async close() {
      await fake.stop();
      await disk.remove();
    },
  };
}

export function formatEnvelope(
  dataMessage: Readonly<Record<string, unknown>>,
  envelope: Readonly<Record<string, unknown>> = {},
): object {
  const timestamp = dataMessage["timestamp"];
  return {
    source: "+15550100042",
    sourceNumber: "+15550100042",
    sourceUuid: ada,
    sourceName: "Ada",
    sourceDevice: 1,
    timestamp,
    serverReceivedTimestamp: timestamp,
    serverDeliveredTimestamp: timestamp,
    dataMessage: { message: null, expiresInSeconds: 0, viewOnce: false, ...dataMessage },
    ...envelope,
  };
}
