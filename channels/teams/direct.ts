import type { ChannelContext } from "../../src/core/channel.ts";
import { AppError, isAppError } from "../../src/core/errors.ts";
import type { Address } from "../../src/core/message.ts";
import type { Connector } from "./connector.ts";
import type { References } from "./references.ts";

/**
 * The direct chat with a person: the known one, or one that is created now, where the person, or whoever wrote last, was
 * seen. Teams gives the same chat each time it is asked. Throws AppError when the person has not installed the app.
 */
export async function openDirect(
  id: string,
  {
    context,
    connector,
    references,
  }: { readonly context: ChannelContext; readonly connector: Connector; readonly references: References },
): Promise<Address> {
  const known = await references.ofPerson(id);
  if (known?.chat !== undefined) return { channel: context.name, chat: known.chat };
  const reference = known ?? (await references.last());
  if (reference === undefined)
    throw new AppError("not-found", "Nobody has written to the bot yet, so Teams has not told where to reach people.");
  const { tenantId, botId } = reference;
  const body = {
    isGroup: false,
    bot: { id: botId },
    members: [{ id }],
    ...(tenantId === undefined ? {} : { tenantId, channelData: { tenant: { id: tenantId } } }),
  };
  const answer = await connector.call(reference, { path: "", body, effect: "read" }).catch((error: unknown) => {
    if (isAppError(error, "bad-input")) throw new AppError("not-found", "Teams does not know this person.");
    throw error;
  });
  const { id: chat } = (answer ?? {}) as { id?: unknown };
  if (typeof chat !== "string" || chat === "")
    throw new AppError("unreachable", "Teams named no chat with this person.", { retryAfterMs: 5_000 });
  await references.keepDirect(id, chat, reference);
  return { channel: context.name, chat };
}
