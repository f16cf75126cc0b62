import { askDiscord, type DiscordApi } from "./rest.ts";

/** Those of the roles that are ours in that server: mentioning one mentions us. Throws AppError when Discord cannot be asked now. */
export type FindOwnRoles = (
  guildId: string | undefined,
  roleIds: readonly string[],
  signal: AbortSignal,
) => Promise<ReadonlySet<string>>;

const keepMs = 10 * 60_000;
const maxGuilds = 500;

/** Asked when a role is mentioned at all, and remembered for a while. */
export function createOwnRoles(api: DiscordApi, ownId: string, now: () => number): FindOwnRoles {
  const known = new Map<string, { readonly roles: ReadonlySet<string>; readonly at: number }>();
  return async (guildId, roleIds, signal) => {
    if (roleIds.length === 0 || guildId === undefined) return new Set();
    let own = known.get(guildId);
    if (own === undefined || now() - own.at > keepMs) {
      const path = `/guilds/${guildId}/members/${ownId}`;
      const answer = await askDiscord(api, { method: "GET", path, effect: "read", signal });
      const roles = answer.ok ? (answer.result as { roles: readonly string[] }).roles : [];
      own = { roles: new Set(roles), at: now() };
      known.delete(guildId);
      known.set(guildId, own);
      const [oldest] = known.keys();
      if (known.size > maxGuilds && oldest !== undefined) known.delete(oldest);
    }
    const { roles } = own;
    return new Set(roleIds.filter((id) => roles.has(id)));
  };
}
