import { createChannel } from "../../../channels/email/index.ts";
import type { Channel } from "../../../src/core/channel.ts";
import {
  createChannelContext,
  createRecordingSink,
  createTestDisk,
  waitUntil,
  type RecordingSink,
  type TestDisk,
} from "../../doubles/channel-context.ts";
import { accountOptions, freshAddress } from "./person.ts";
import type { MailServers } from "./start.ts";

export interface Bot {
  readonly address: string;
  readonly channel: Channel;
  readonly sink: RecordingSink;
  readonly disk: TestDisk;
  stop(): Promise<void>;
}

export interface BotSettings {
  /** Plays the restart of this one. */
  readonly earlier?: Pick<Bot, "address" | "sink" | "disk"> | undefined;
  /** Options of the account. */
  readonly change?: Record<string, unknown> | undefined;
  readonly pollMs?: number;
  /** Its Sent mailbox. */
  readonly sent?: string;
}

/** A running adapter whose cursors are set: what comes from now on is taken. */
export async function startBot(
  servers: MailServers,
  cleanups: (() => Promise<void>)[],
  { earlier, change, pollMs, sent = "Sent" }: BotSettings = {},
): Promise<Bot> {
  const address = earlier?.address ?? freshAddress("bot");
  const disk = earlier?.disk ?? createTestDisk(10_485_760);
  const sink = earlier?.sink ?? createRecordingSink();
  const context = createChannelContext(accountOptions(servers, address, change), { name: "mail", disk });
  const channel = createChannel(context, pollMs === undefined ? {} : { pollMs });
  const stop = new AbortController();
  sink.states.length = 0;
  const ended = channel.start(sink, stop.signal);
  const end = async (): Promise<void> => {
    stop.abort();
    await ended;
  };
  cleanups.push(end);
  await Promise.race([sink.waitForState("up", 20_000), ended]);
  // The first start puts its cursors at the mailboxes' ends.
  await waitUntil(() => ["cursor:INBOX", `cursor:${sent}`].every((key) => disk.entries.has(key)));
  return { address, channel, sink, disk, stop: end };
}
