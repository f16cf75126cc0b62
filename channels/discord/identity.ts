import type { APIApplication, APIUser } from "discord.js";
import { AppError } from "../../src/core/errors.ts";
import { callDiscord, type DiscordApi } from "./rest.ts";

/** Who we are on Discord. */
export interface Identity {
  readonly id: string;
  readonly name: string;
  readonly applicationId: string;
  /** May it ask for the Message Content intent? */
  readonly hasMessageContent: boolean;
  readonly guildCount: number | undefined;
}

/** Flags of an application that has the intent: with many users by permission, with few by the switch alone. */
const messageContentFlags = (1 << 18) | (1 << 19);

/** Throws AppError, "unauthorised" for a bad token. */
export async function loadIdentity(api: DiscordApi, signal?: AbortSignal): Promise<Identity> {
  const read = <T>(path: string): Promise<T> =>
    callDiscord<T>(api, { method: "GET", path, effect: "read", ...(signal === undefined ? {} : { signal }) });
  const user = await read<APIUser>("/users/@me");
  const application = await read<APIApplication>("/applications/@me");
  if (user.bot !== true)
    throw new AppError("unauthorised", "This token belongs to a person, not to a bot.", {
      hint: "Use the token from the Bot page of your application.",
    });
  return {
    id: user.id,
    name: user.username,
    applicationId: application.id,
    hasMessageContent: (Number(application.flags) & messageContentFlags) !== 0,
    guildCount: application.approximate_guild_count,
  };
}
