import { AppError } from "../../src/core/errors.ts";
import { tokenHint, tokenRefused } from "./refusals.ts";

/** Where the switch is that most new bots lack. */
export const intentPath =
  'Open the application at https://discord.com/developers/applications, go to "Bot", switch on "Message Content Intent" under "Privileged Gateway Intents", press "Save Changes"; or set `messageContent: false`.';

/** Behind these the session is gone: https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes */
const sessionEnders = new Set([4_003, 4_005, 4_007, 4_009]);

/** Can the session not be resumed after a close with this code? */
export function endsSession(code: number): boolean {
  return sessionEnders.has(code);
}

/** The AppError for a close that coming back cannot mend; undefined where we may connect again. */
export function describeClose(code: number): AppError | undefined {
  switch (code) {
    case 4_004:
      return new AppError("unauthorised", tokenRefused, { hint: tokenHint });
    case 4_010:
    case 4_011:
      return new AppError(
        "unsupported",
        `The bot is in more servers than one connection may serve (Discord asks for shards, close code ${code}).`,
        { hint: "Parlance does not shard: take the bot out of servers, below 2,500, or use another bot." },
      );
    case 4_012:
      return new AppError("unsupported", "Discord no longer speaks version 10 of its gateway (close code 4012).", {
        hint: "Update Parlance.",
      });
    case 4_013:
      return new AppError("unsupported", "Discord does not know an intent that we ask for (close code 4013).", {
        hint: "Update Parlance.",
      });
    case 4_014:
      return new AppError(
        "forbidden",
        'The bot may not read messages yet: the Message Content intent is switched off (Developer Portal > Applications > your application > "Bot" > "Privileged Gateway Intents").',
        { hint: intentPath },
      );
    default:
      return undefined;
  }
}
