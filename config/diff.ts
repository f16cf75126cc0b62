import { isDeepStrictEqual } from "node:util";
import type { ChannelConfig, Config, Section } from "./schema.ts";

export interface ConfigDiff {
  readonly channels: {
    readonly added: readonly string[];
    readonly removed: readonly string[];
    /** Anything about them is different. */
    readonly changed: readonly string[];
    /** Those of `changed` whose platform or platform options are different: stop them and create them anew. */
    readonly reconnect: readonly string[];
  };
  /** Parts other than channels that are different, those that need a restart included. */
  readonly sections: readonly Section[];
  /** Keys whose new value waits for a restart, such as "http.port". */
  readonly needsRestart: readonly string[];
}

const fixedSections: ReadonlySet<Section> = new Set(["http", "database", "queue", "workers"]);

/** What differs between two configurations, and what of it cannot take effect in a running process. Pure. */
export function diffConfig(before: Config, after: Config): ConfigDiff {
  const names = new Set([...Object.keys(before.channels), ...Object.keys(after.channels)]);
  const added: string[] = [];
  const removed: string[] = [];
  const changed: string[] = [];
  const reconnect: string[] = [];
  for (const name of names) {
    const [old, now] = [before.channels[name], after.channels[name]];
    if (old === undefined) added.push(name);
    else if (now === undefined) removed.push(name);
    else if (!isDeepStrictEqual(old, now)) {
      changed.push(name);
      if (needsReconnect(old, now)) reconnect.push(name);
    }
  }
  const all = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<Section>;
  const sections = [...all].filter(
    (section) => section !== "channels" && !isDeepStrictEqual(before[section], after[section]),
  );
  const needsRestart = sections
    .filter((section) => fixedSections.has(section) || section === "memory")
    .flatMap((section) => listChanges(section, before[section], after[section]))
    .filter((key) => key !== "memory.conversations");
  return { channels: { added, removed, changed, reconnect }, sections, needsRestart };
}

function needsReconnect(before: ChannelConfig, after: ChannelConfig): boolean {
  // A channel that begins or ends to listen shows itself differently: menus, presence, invitations.
  const isOtherMode = (before.mode === "listen") !== (after.mode === "listen");
  return isOtherMode || before.platform !== after.platform || !isDeepStrictEqual(before.options, after.options);
}

function listChanges(path: string, before: unknown, after: unknown): string[] {
  if (!isBlock(before) || !isBlock(after)) return [path];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].filter((key) => !isDeepStrictEqual(before[key], after[key])).map((key) => `${path}.${key}`);
}

function isBlock(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
