import { createHash } from "node:crypto";
import type { ChannelNotes, ChannelState } from "../../src/core/channel.ts";
import { AppError } from "../../src/core/errors.ts";
import { createBoundedList } from "./bounded-list.ts";

/** A part that goes out, or of which nobody knows whether it did. */
interface OwnSend {
  /** Names the part; the same in every attempt. */
  readonly key: string;
  readonly chat: string;
  readonly digest: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** Its id is known: from then on that tells. */
  readonly isDone?: true;
}

/** Something that came in from our own account. */
export interface SeenOwn {
  readonly chat: string;
  /** Its text and its files, as `textContent` and `fileContent` name them. */
  readonly contents: readonly string[];
  /** Epoch milliseconds. */
  readonly sentAt: number;
}

/**
 * Tells what we send from what the account's owner sends with another program, where the platform shows us both. Ours
 * may come back before the call has told its id, after a crash in between, or after a call that was cut off: then it is
 * known by where it went, what it says, and when.
 */
export interface OwnSends {
  /** Call it before each attempt. Throws AppError "unreachable" when it could not be kept: nothing was sent yet. */
  begin(key: string, chat: string, content: string): Promise<void>;
  /** To be stored together with the id that the platform gave it. */
  prepareEnd(key: string): Promise<ChannelNotes>;
  /** Is this one that was begun and has no id yet? */
  isOne(seen: SeenOwn): Promise<boolean>;
}

/** So far apart may be when we began to send and when it shows. */
const windowMs = 15 * 60_000;

export function createOwnSends(state: ChannelState, now: () => number): OwnSends {
  const list = createBoundedList<OwnSend>(state, "own-sends", 100, ({ key }) => key);
  return {
    async begin(key, chat, content) {
      try {
        await list.put({ key, chat, digest: digest(content), startedAt: now() });
      } catch (error) {
        throw new AppError("unreachable", "It could not be kept what is about to be sent.", {
          retryAfterMs: 1_000,
          cause: error,
        });
      }
    },
    async prepareEnd(key) {
      const begun = (await list.load()).find((each) => each.key === key);
      return begun === undefined ? {} : list.preparePut({ ...begun, isDone: true });
    },
    async isOne({ chat, contents, sentAt }) {
      const digests = new Set(contents.map(digest));
      const isNear = (at: number): boolean => Math.abs(now() - at) <= windowMs || Math.abs(sentAt - at) <= windowMs;
      return (await list.load()).some(
        (each) => each.isDone !== true && each.chat === chat && digests.has(each.digest) && isNear(each.startedAt),
      );
    },
  };
}

/** White space and the places of files do not count: platforms change them on the way. */
export function textContent(text: string): string {
  return `text:${text.replaceAll("\uFFFC", "").replaceAll(/\s+/g, " ").trim()}`;
}

export function fileContent(name: string): string {
  return `file:${name}`;
}

function digest(content: string): string {
  return createHash("sha256").update(content).digest("base64url").slice(0, 22);
}
