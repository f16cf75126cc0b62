import { AppError } from "../../src/core/errors.ts";
import { parseJson, refusal, type CallAnswer } from "../_shared/http.ts";

/** What 4xx codes of the Bot Connector mean: README.md has the address of the list. */
const reasons: Readonly<Record<string, string>> = {
  BotDisabledByAdmin: "An administrator of this organisation has disabled the bot.",
  BotNotInConversationRoster: "The bot is not a member of this conversation; somebody has to add it again.",
  ConversationBlockedByUser: "This person has blocked the bot.",
  MessageWritesBlocked: "This person has blocked or uninstalled the bot.",
  ForbiddenOperationException: "This person has not installed the bot's app.",
  InvalidBotApiHost: "Teams wants this conversation to be called elsewhere; the next message from there tells where.",
  NotEnoughPermissions: "The bot may not do this here.",
  ConversationNotFound: "The conversation does not exist any more.",
  ActivityNotFoundInConversation: "The message does not exist any more.",
  MessageSizeTooBig: "The message is larger than Teams allows.",
  BotNotRegistered: "The bot is not registered with Teams.",
};

/**
 * What an answer beyond 2xx means. A new message is not safe to send again after 408, 500, 502 or 504: the Connector may
 * have passed it on before it failed. 503 comes from the door, 412 and 429 before anything was done.
 */
export function translateRefusal(answer: CallAnswer, effect: "send" | "read"): AppError {
  const { status } = answer;
  const { error = {} } = (parseJson(answer.body) ?? {}) as {
    error?: { code?: unknown; message?: unknown; innerHttpError?: unknown };
  };
  const subCode = JSON.stringify(error).match(/MessageWritesBlocked/)?.[0];
  const code = subCode ?? (typeof error.code === "string" ? error.code : undefined);
  const known = reasons[code ?? ""];
  const words = known ?? `Teams answered ${status}${code === undefined ? "" : ` (${code})`}.`;

  if (status === 401)
    return new AppError("unauthorised", known ?? "Teams does not accept our token.", {
      hint: "Check that the Azure Bot has the Teams channel, and `appId` and `appPassword`.",
    });
  if (status === 412) return new AppError("unreachable", words, { retryAfterMs: 1_000 });
  if (effect === "send" && (status === 408 || (status >= 500 && status !== 503)))
    return new AppError("send-uncertain", `${words} The message may have arrived.`);
  if (status === 429 || status >= 500 || status === 408) return refusal(answer, "Teams", effect, code);
  if (status === 404) return new AppError(effect === "send" ? "send-rejected" : "not-found", words);
  return new AppError(effect === "send" ? "send-rejected" : status === 403 ? "forbidden" : "bad-input", words);
}
