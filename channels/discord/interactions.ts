import type { APIInteraction } from "discord.js";
import type { ChannelContext, ReceiveOutcome } from "../../src/core/channel.ts";
import { describeError } from "../../src/core/errors.ts";
import { sleepUntilAborted } from "../_shared/reconnect.ts";
import { keepReply, loadReply, parseReply, type InteractionReply } from "./interaction-replies.ts";
import { parseInteractionId } from "./parse-interaction.ts";
import { errorCodes } from "./refusals.ts";
import { askDiscord, type ApiAnswer, type DiscordApi } from "./rest.ts";

export interface InteractionTimes {
  /** Discord shows a failure after 3 s, so it is told before that we have it, stored or not yet; default 1.8 s. */
  readonly patienceMs?: number;
  /** A refused command that nobody answers does not go on for longer saying that we are thinking; default 10 s. */
  readonly refusedMs?: number;
}

/** An interaction between its arrival and the word to Discord that we have it. */
export interface OpenInteraction {
  /** What became of it; "too-old" for a button whose command is not known any more. */
  settle(outcome: ReceiveOutcome | "too-old"): void;
}

export interface Interactions {
  /** Call it on arrival, before anything else is waited for. */
  begin(raw: APIInteraction, kind: "command" | "press"): OpenInteraction;
  /** Resolves when Discord has been told of the interaction that this id names; at once for all others. */
  acknowledged(replyToId: string | undefined): Promise<void>;
}

export function createInteractions(
  api: DiscordApi,
  context: Pick<ChannelContext, "state" | "log" | "now" | "isListening">,
  signal: AbortSignal,
  times: InteractionTimes = {},
): Interactions {
  const { patienceMs = 1_800, refusedMs = 10_000 } = times;
  const open = new Map<string, Promise<void>>();

  async function acknowledge(raw: APIInteraction, kind: "command" | "press", settled: Promise<string>): Promise<void> {
    const timer = new AbortController();
    const outcome = await Promise.race([settled, sleepUntilAborted(patienceMs, timer.signal).then(() => "late")]);
    timer.abort();
    if (outcome === "too-old") return void (await respond(raw, says("This button is too old.")));
    if (kind === "press") return void (await respond(raw, { type: 6 }));
    if (outcome === "ignored") return void (await respond(raw, says("I do not answer here.")));
    // Before Discord shows that we are thinking: whoever answers after a crash finds the place, or it would stay there.
    if ((await loadReply(context.state, raw.id)) === undefined)
      await keepReply(context.state, parseReply(raw, undefined, context.now()));
    const answer = await respond(raw, { type: 5 });
    if (answer?.ok !== true) return;
    const reply = parseReply(raw, answer.result, context.now());
    await keepReply(context.state, reply);
    if (outcome === "refused") void cleanUp(reply);
  }

  /** Undefined when it was known already, is over, or could not be told; the reply then goes into the chat. */
  async function respond(raw: APIInteraction, json: object): Promise<ApiAnswer | undefined> {
    try {
      const path = `/interactions/${raw.id}/${raw.token}/callback?with_response=true`;
      const answer = await askDiscord(api, { method: "POST", path, effect: "read", json, isTokenInPath: true, signal });
      if (!answer.ok && answer.code !== errorCodes.alreadyAcknowledged)
        context.log.info({ reason: answer.error.message }, "Discord takes no answer to a command or button any more");
      return answer;
    } catch (error) {
      context.log.warn({ reason: describeError(error) }, "Discord could not be told of a command or button");
      return undefined;
    }
  }

  async function cleanUp(reply: InteractionReply): Promise<void> {
    try {
      await sleepUntilAborted(refusedMs, signal);
      const kept = await loadReply(context.state, reply.interactionId);
      if (kept?.usedBy !== undefined) return;
      const path = `/webhooks/${reply.applicationId}/${reply.token}/messages/@original`;
      await askDiscord(api, { method: "DELETE", path, effect: "read", isTokenInPath: true });
    } catch {
      // Discord itself gives up after 15 minutes.
    }
  }

  return {
    begin(raw, kind) {
      // Every word to Discord about it would show. Discord itself says after 3 s that there was no answer.
      if (context.isListening()) return { settle: () => undefined };
      const settled = Promise.withResolvers<string>();
      const done = acknowledge(raw, kind, settled.promise)
        .catch((error: unknown) =>
          context.log.warn({ reason: describeError(error) }, "The answer to a command could not be prepared"),
        )
        .finally(() => open.delete(raw.id));
      open.set(raw.id, done);
      return { settle: (outcome) => settled.resolve(outcome) };
    },
    acknowledged: async (replyToId) => open.get(parseInteractionId(replyToId) ?? ""),
  };
}

/** Shown to whoever pressed or wrote it, and to nobody else. */
function says(content: string): object {
  return { type: 4, data: { content, flags: 64, allowed_mentions: { parse: [] } } };
}
