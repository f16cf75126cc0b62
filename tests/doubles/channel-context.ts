import { createWriteStream, createReadStream, existsSync, mkdtempSync } from "node:fs";
import { open, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type {
  ChannelContext,
  ChannelHealth,
  ChannelSink,
  ChannelState,
  DeliveryReport,
  FileStore,
  ReceiveOutcome,
  SendContext,
} from "../../src/core/channel.ts";
import { AppError } from "../../src/core/errors.ts";
import { silentLogger } from "../../src/core/log.ts";
import type { Address, Attachment, InboundMessage, OutboundMessage } from "../../src/core/message.ts";

/** What survives a restart of the process: state and files. */
export interface TestDisk {
  readonly state: ChannelState;
  readonly files: FileStore;
  /** Every key written so far. */
  readonly entries: ReadonlyMap<string, string>;
  remove(): Promise<void>;
}

/** State in memory, files in a folder of their own that is made on first use. */
export function createTestDisk(maxFileBytes = 1_048_576): TestDisk {
  const entries = new Map<string, string>();
  let folder: string | undefined;
  const dataFolder = (): string => (folder ??= mkdtempSync(path.join(tmpdir(), "parlance-test-")));
  return {
    entries,
    state: {
      get: async (key) => entries.get(key),
      set: async (key, value) => void entries.set(key, value),
    },
    files: createTestFiles(dataFolder, maxFileBytes),
    remove: async () => {
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

export interface TestContextSettings {
  /** Name of the configured instance; default "test". */
  readonly name?: string;
  /** Pass the same one again for a restart. */
  readonly disk?: TestDisk;
  readonly now?: () => number;
  readonly hookUrl?: string;
  /** Default: no. */
  readonly isListening?: (() => boolean) | undefined;
}

export function createChannelContext<Options>(
  options: Options,
  settings: TestContextSettings = {},
): ChannelContext<Options> {
  const disk = settings.disk ?? createTestDisk();
  return {
    name: settings.name ?? "test",
    options,
    log: silentLogger,
    state: disk.state,
    files: disk.files,
    transcript: { list: async () => [], read: async () => [] },
    commands: [
      { name: "help", summary: "What I understand.", argument: "[command]" },
      { name: "stop", summary: "Stops what I am doing here, at once.", argument: "" },
    ],
    isListening: settings.isListening ?? (() => false),
    ...(settings.hookUrl === undefined ? {} : { hookUrl: settings.hookUrl }),
    now: settings.now ?? Date.now,
  };
}

export interface RecordingSink extends ChannelSink {
  /** Accepted messages, each once, in order of arrival. */
  readonly messages: InboundMessage[];
  /** Ids of all calls of `receive`, the repeated and the failed ones included. */
  readonly receivedIds: string[];
  readonly states: ChannelHealth[];
  readonly reports: DeliveryReport[];
  /** Makes the next calls of `receive` reject, as when the database does not answer. */
  failNext(times: number): void;
  /** Resolves with the first `count` messages; rejects when they have not come in time. */
  waitFor(count: number, timeoutMs?: number): Promise<readonly InboundMessage[]>;
  waitForState(state: ChannelHealth["state"], timeoutMs?: number): Promise<void>;
}

/** Knows repeated ids, as the inbox does; use one sink over several adapters to play a restart. */
export function createRecordingSink(delayMs = 0): RecordingSink {
  const messages: InboundMessage[] = [];
  const receivedIds: string[] = [];
  const states: ChannelHealth[] = [];
  const reports: DeliveryReport[] = [];
  let failures = 0;
  return {
    messages,
    receivedIds,
    states,
    reports,
    failNext: (times) => {
      failures = times;
    },
    async receive(message): Promise<ReceiveOutcome> {
      receivedIds.push(message.id);
      if (delayMs > 0) await sleep(delayMs);
      if (failures > 0) {
        failures -= 1;
        throw new AppError("store-failed", "The database does not answer.", { retryAfterMs: 10 });
      }
      if (messages.some(({ id }) => id === message.id)) return "duplicate";
      messages.push(message);
      return "accepted";
    },
    health: (health) => void states.push(health),
    delivery: async (report) => void reports.push(report),
    waitFor: async (count, timeoutMs = 5_000) => {
      await waitUntil(
        () => messages.length >= count,
        timeoutMs,
        () => `${count} messages (there are ${messages.length})`,
      );
      return messages.slice(0, count);
    },
    waitForState: (state, timeoutMs = 5_000) =>
      waitUntil(
        () => states.at(-1)?.state === state,
        timeoutMs,
        () => `the state "${state}" (it is ${JSON.stringify(states.at(-1))})`,
      ),
  };
}

export interface RecordingSendContext extends SendContext {
  /** What `recordPart` was told, earlier parts included. */
  readonly recorded: string[];
}

/** With `state`, what the adapter notes with a part is kept there, as the outbox does. */
export function createSendContext(
  sentParts: readonly string[] = [],
  extra: { readonly signal?: AbortSignal; readonly hint?: string; readonly state?: ChannelState } = {},
): RecordingSendContext {
  const recorded = [...sentParts];
  return {
    signal: extra.signal ?? new AbortController().signal,
    sentParts,
    recorded,
    confirm: async () => undefined,
    recordPart: async (platformId, notes = {}) => {
      for (const [key, value] of Object.entries(notes)) await extra.state?.set(key, value);
      recorded.push(platformId);
    },
    ...(extra.hint === undefined ? {} : { hint: extra.hint }),
  };
}

let outboundCount = 0;

/** A message of ours with an id of its own. */
export function outbound(address: Address, text: string, extra: Partial<OutboundMessage> = {}): OutboundMessage {
  outboundCount += 1;
  return { id: `out-${outboundCount}`, address, text, attachments: [], ...extra };
}

/** Polls every few milliseconds; rejects with what was awaited. */
export async function waitUntil(
  isDone: () => boolean,
  timeoutMs = 5_000,
  what: () => string = () => "the condition",
): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!isDone()) {
    if (Date.now() > end) throw new Error(`Waited ${timeoutMs} ms in vain for ${what()}.`);
    await sleep(3);
  }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

function createTestFiles(dataFolder: () => string, maxBytes: number): FileStore {
  let count = 0;
  return {
    async save(stream, meta): Promise<Attachment> {
      count += 1;
      const relative = `${count}-${path.basename(meta.name)}`;
      const file = path.join(dataFolder(), relative);
      let bytes = 0;
      try {
        await pipeline(
          Readable.from(stream as AsyncIterable<Uint8Array>),
          async function* (chunks: AsyncIterable<Uint8Array>) {
            for await (const chunk of chunks) {
              bytes += chunk.byteLength;
              if (bytes > maxBytes) throw new AppError("too-large", `${meta.name} is larger than ${maxBytes} bytes.`);
              yield chunk;
            }
          },
          createWriteStream(file),
        );
      } catch (error) {
        await rm(file, { force: true });
        throw error;
      }
      const mimeType = (await sniff(file)) ?? meta.mimeType ?? "application/octet-stream";
      const kind = (["image", "audio", "video"] as const).find((each) => mimeType.startsWith(`${each}/`)) ?? "file";
      return { kind, name: meta.name, mimeType, bytes: (await stat(file)).size, path: relative };
    },
    open(attachment) {
      const file = path.join(dataFolder(), attachment.path);
      if (!existsSync(file)) throw new AppError("not-found", `${attachment.name} is not there any more.`);
      return createReadStream(file);
    },
  };
}

/** The first bytes of what tests send. */
const magics: readonly (readonly [string, string])[] = [
  ["89504e47", "image/png"],
  ["ffd8ff", "image/jpeg"],
  ["47494638", "image/gif"],
  ["25504446", "application/pdf"],
  ["4f676753", "audio/ogg"],
];

async function sniff(file: string): Promise<string | undefined> {
  await using handle = await open(file);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(8), 0, 8, 0);
  const hex = buffer.subarray(0, bytesRead).toString("hex");
  return magics.find(([magic]) => hex.startsWith(magic))?.[1];
}
