/** What Discord's marks stand for. */
export interface Names {
  /** By user id. */
  readonly people: ReadonlyMap<string, string>;
  /** Name of a channel; undefined when it is not known. */
  channel(id: string): string | undefined;
  readonly ownId: string;
  /** Roles of ours that are mentioned. */
  readonly ownRoleIds: ReadonlySet<string>;
}

/**
 * Discord's text as CommonMark: its marks for people, channels, emoji, times and commands become words; bold, lists,
 * code and quotes are CommonMark already. Being addressed at the beginning says nothing more, so it goes.
 */
export function parseText(content: string, names: Names): string {
  return stripOwnMention(content, names).replaceAll(
    /<(?:@!?(\d+)|@&(\d+)|#(\d+)|a?:(\w+):\d+|t:(-?\d{1,13})(?::[a-zA-Z])?|\/([^:<>]+):\d+)>/g,
    (whole, user?: string, role?: string, channel?: string, emoji?: string, time?: string, command?: string) => {
      if (user !== undefined) return `@${names.people.get(user) ?? user}`;
      if (role !== undefined) return names.ownRoleIds.has(role) ? "@us" : `@role ${role}`;
      if (channel !== undefined) return `#${names.channel(channel) ?? channel}`;
      if (emoji !== undefined) return `:${emoji}:`;
      if (time !== undefined) return formatTime(Number(time)) ?? whole;
      return `/${command ?? ""}`;
    },
  );
}

function stripOwnMention(content: string, { ownId, ownRoleIds }: Names): string {
  const found = /^\s*<@([!&]?)(\d+)>[,:]?\s*/.exec(content);
  if (found === null) return content;
  const [whole, mark, id = ""] = found;
  const isOurs = mark === "&" ? ownRoleIds.has(id) : id === ownId;
  const rest = content.slice(whole.length);
  // A mention alone is still something said.
  return isOurs && rest !== "" ? rest : content;
}

function formatTime(seconds: number): string | undefined {
  const date = new Date(seconds * 1_000);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString().replace(/\.000Z$/, "Z");
}
