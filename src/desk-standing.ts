import { access } from "node:fs/promises";
import type { LoadedConfig } from "../config/load.ts";
import { openForCommands, placeOfDatabase } from "./open-store.ts";
import { styleFacts } from "./pipeline/desk/known-manner.ts";
import { nextSlot } from "./scheduler/triggers/cron.ts";
import { parseDigestWhen } from "./scheduler/triggers/digest-pattern.ts";
import { leastMessages } from "./style/learn.ts";

/** How it stands with what is done in the owner's name. */
export interface DeskStanding {
  /** Of the owner's own, kept to learn from; `needed` of them are enough. */
  readonly messages: number;
  readonly needed: number;
  readonly hasConsent: boolean;
  /** Is there a profile that drafts are written by? */
  readonly isKnown: boolean;
  /** `at` is absent where it is never due. */
  readonly digests: readonly { readonly name: string; readonly to: string; readonly at?: number }[];
}

/** Reads the store, where there is one, and makes none. Throws AppError "store-failed". */
export async function loadDeskStanding(loaded: LoadedConfig, now: number): Promise<DeskStanding> {
  return { ...(await loadStyle(loaded)), needed: leastMessages, digests: listDigests(loaded, now) };
}

async function loadStyle(loaded: LoadedConfig): Promise<Pick<DeskStanding, "messages" | "hasConsent" | "isKnown">> {
  const isThere = loaded.config.database !== undefined || (await isFile(placeOfDatabase(loaded)));
  if (!isThere) return { messages: 0, hasConsent: false, isKnown: false };
  const { cdc, close } = await openForCommands(loaded);
  try {
    const [counts, consent, profile] = await Promise.all([
      cdc.countOwnMessages(),
      cdc.fact(styleFacts.consent),
      cdc.fact(styleFacts.profile),
    ]);
    return {
      messages: counts.reduce((sum, { count }) => sum + count, 0),
      hasConsent: consent !== undefined,
      isKnown: profile !== undefined,
    };
  } finally {
    await close();
  }
}

function listDigests({ config }: LoadedConfig, now: number): DeskStanding["digests"] {
  return Object.entries(config.digests).map(([name, { when, to = "owner" }]) => {
    const pattern = parseDigestWhen(when);
    const at = pattern === undefined ? undefined : findNext(pattern, config.owner.timeZone, now);
    return { name, to, ...(at === undefined ? {} : { at }) };
  });
}

/** Undefined also for a pattern that nobody can read: both are never due. */
function findNext(pattern: string, timeZone: string, now: number): number | undefined {
  try {
    return nextSlot(pattern, timeZone, now)?.at;
  } catch {
    return undefined;
  }
}

async function isFile(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
