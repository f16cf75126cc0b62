import { AppError } from "../../src/core/errors.ts";
import { refusal, type CallAnswer } from "../_shared/http.ts";

/** What Discord says in the body of a refusal: https://docs.discord.com/developers/topics/opcodes-and-status-codes#json */
export interface DiscordRefusal {
  readonly code?: number;
  readonly message?: string;
}

export const errorCodes = {
  unknownChannel: 10_003,
  unknownMessage: 10_008,
  unknownEmoji: 10_014,
  unknownWebhook: 10_015,
  unknownInteraction: 10_062,
  alreadyAcknowledged: 40_060,
} as const;

export const tokenRefused = "Discord does not accept this bot token.";
export const tokenHint =
  'Open the application at https://discord.com/developers/applications, go to "Bot", press "Reset Token", and set the new one as `token`.';

/** What the owner of the bot can do about the refusals that happen in practice. */
const advice: Readonly<Record<number, string>> = {
  50_001: "Give the bot the permission View Channel there, or invite it to the server again.",
  50_007: "This person takes no direct messages from the bot: they block it, or share no server with it.",
  50_013: "Give the bot's role the permissions Send Messages, Send Messages in Threads and Attach Files there.",
  40_005: "Set a lower `maxUploadBytes`.",
  160_005: "The thread is locked; only moderators can write there.",
};

/** Throws nothing: gives the AppError that an answer beyond 2xx and other than 429 stands for. */
export function describeRefusal(answer: CallAnswer, effect: "send" | "read", body: DiscordRefusal): AppError {
  if (answer.status === 401) return new AppError("unauthorised", tokenRefused, { hint: tokenHint });
  const code = body.code ?? 0;
  const words = body.message === undefined ? undefined : `${body.message.slice(0, 200)}${code ? ` (${code})` : ""}`;
  const error = refusal(answer, "Discord", effect, words?.replace(/\.$/, ""));
  const hint = advice[code];
  if (hint === undefined || error.retryAfterMs !== undefined) return error;
  return new AppError(error.code, error.message, { hint });
}
