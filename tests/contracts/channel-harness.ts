import { expect } from "vitest";
import type { Channel, ChannelState, FileStore } from "../../src/core/channel.ts";
import { AppError } from "../../src/core/errors.ts";
import type { RecordingSink } from "../doubles/channel-context.ts";

/** After how long an adapter of a harness tries a login again that worked before and is refused now. */
export const refusedMs = 100;

/** Something that happens on the platform. */
export interface PlatformEvent {
  /** "self": the adapter's own account, or the echo of what it sent. */
  readonly from: "person" | "self";
  /** "thread" only where traits.threads; "group" only where the harness says `groups`. */
  readonly place: "direct" | "group" | "thread";
  readonly text: string;
  /** In a group: does it mention us? Ignored elsewhere. */
  readonly isMention?: boolean;
  readonly file?: { readonly name: string; readonly content: Uint8Array };
}

/** A message of ours as people on the platform see it. */
export interface ReceivedByPlatform {
  readonly chat: string;
  readonly thread?: string;
  /** Visible text, marks and tags taken off. */
  readonly text: string;
  readonly files: readonly { readonly name: string; readonly content: Uint8Array }[];
}

/**
 * "rate-limited": refused with a wait. "unavailable": the server says that it failed, certainly without effect.
 * "cut-after-accept": it arrives, but the answer is lost. "cut-before-accept": it is lost, and no answer comes.
 */
export type SendFailure = "rate-limited" | "unavailable" | "cut-after-accept" | "cut-before-accept";

/** One platform, real or faked, with one configured instance of the adapter. Made anew for each test. */
export interface ChannelHarness {
  /** Name of the configured instance, as given to the context. */
  readonly name: string;
  readonly files: FileStore;
  /** What the adapters keep. Needed with `sendElsewhere`. */
  readonly state?: ChannelState;
  /** Can it make "group" events? */
  readonly groups: boolean;
  /**
   * A new adapter over the same state and platform: the first one, or what a restart of the process gives. It only
   * listens while `isListening` says so; without it, it may speak. Where there is `revoke`, it has the patience `refusedMs`.
   */
  create(isListening?: () => boolean): Channel;
  /** A new adapter, over nothing yet, whose platform is at this HTTP address. Leave out where the platform calls us. */
  createAgainst?(url: string): Channel;
  /** Makes it happen. For webhooks: calls `channel.webhook` with the right signature. */
  deliver(event: PlatformEvent, channel: Channel): Promise<void>;
  /** Delivers the last event again, with the same platform ids. Needed where traits.redelivers and a sender may repeat. */
  redeliver?(channel: Channel): Promise<void>;
  /**
   * How often the adapter has looked for messages. With it, `redeliver` only has to leave the last event where the
   * adapter looks: what it has seen there it does not hand over again.
   */
  lookUps?(): number;
  /** Sets what the adapter keeps of how far it has looked back to before the last event. Needed with `lookUps`. */
  rewind?(): Promise<void>;
  /** Moves the clock that the adapters and the platform's signatures go by. Needed with `redeliver`. */
  advance?(ms: number): void;
  /** Ends every connection that the adapter holds, or waits on, without a word. Leave out where it holds none. */
  drop?(): void;
  /**
   * Takes our token or password back and ends what the adapter holds; `restore` makes the same one valid again. Leave both out
   * where there is neither.
   */
  revoke?(): Promise<void>;
  restore?(): Promise<void>;
  /** Requests or connections that the platform had from the adapter so far, where it counts them. */
  attempts?(): number;
  /** Does the platform itself deliver again what was not acknowledged? Otherwise the suite calls `redeliver`. */
  readonly repeatsByItself?: boolean;
  /** All that people see of ours, in order; edits show in place. */
  received(): readonly ReceivedByPlatform[];
  /**
   * Makes the send of a text part fail, after `skip` parts that work. Leave out what the platform cannot do.
   * "rate-limited" asks for a wait of `waitMs`; short when it is left out.
   */
  failSend?: Partial<Record<SendFailure, (skip: number, waitMs?: number) => void>>;
  /** Does the platform refuse what is too much without saying for how long? */
  readonly asksNoWait?: boolean;
  /** Somebody presses the button with this label on our last message. Needed where traits.buttons. */
  press?(label: string, channel: Channel): Promise<void>;
  /** The person changes their last delivered message. Needed where traits.revisions. */
  revise?(text: string, channel: Channel): Promise<void>;
  /** The person takes their last delivered message back. Leave out where bots are not told. */
  takeBack?(channel: Channel): Promise<void>;
  /** The person puts this emoji on our last message. Needed where traits.reactions. */
  reactToUs?(emoji: string, channel: Channel): Promise<void>;
  /** Names of the commands that the platform offers to people now. Needed where traits.commands. */
  offeredCommands?(): readonly string[];
  /** The person uses a command of ours the platform's own way. Leave out where that is writing "/name argument". */
  useCommand?(name: string, argument: string, channel: Channel): Promise<void>;
  /**
   * The account itself sends it, with another program: in the chat of the last delivered event. Leave out where the
   * platform does not show us that; then what comes from ourselves is nothing to us.
   */
  sendElsewhere?(event: { readonly place: "direct" | "group"; readonly text: string }, channel: Channel): Promise<void>;
  /** Something happens while no adapter runs. Needed where traits.catchesUp and the platform does not call us. */
  deliverWhileAway?(event: PlatformEvent): Promise<void>;
  /** False where the adapter has `webhook` and the platform in this harness makes no calls of it. */
  readonly isCalled?: false;
  /** HTTP calls that nobody with the secret made. Needed where the adapter has `webhook`. */
  forgedRequests?(): readonly Request[];
  /** A call, signed or not, whose body is beyond any sane size. */
  oversizedRequest?(): Request;
  /** Largest visible part; default traits.maxTextLength. */
  readonly maxPartLength?: number;
  /** Stops the platform and removes files. */
  close(): Promise<void>;
}

/** An adapter that was started and is up. */
export interface Running {
  readonly channel: Channel;
  readonly sink: RecordingSink;
  readonly end: () => Promise<void>;
}

/** What an attempt was refused with. */
export async function failure(attempt: Promise<unknown>): Promise<AppError> {
  const error = await attempt.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(AppError);
  return error as AppError;
}

/** An adapter may refuse earlier tries by itself. Harnesses should ask for short waits. */
export async function waitAsAsked({ retryAfterMs }: AppError): Promise<void> {
  expect(retryAfterMs).toBeGreaterThan(0);
  await new Promise((resolve) => void setTimeout(resolve, (retryAfterMs ?? 0) + 5));
}
