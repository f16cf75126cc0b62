import type { Channel, ChannelContext, ChannelSink } from "../../src/core/channel.ts";
import { AppError, isAppError } from "../../src/core/errors.ts";
import type { Address } from "../../src/core/message.ts";
import { createAlarm, tellUnauthorised } from "../_shared/alarm.ts";
import { createBegun, notedHint } from "../_shared/begun.ts";
import { settleWithGrace } from "../_shared/grace.ts";
import { runWithReconnect, type Patience } from "../_shared/reconnect.ts";
import { answerFileCall } from "../_shared/signed-files.ts";
import type { TeamsOptions } from "./config.ts";
import { createConnector, formatPath } from "./connector.ts";
import { createConsents } from "./consent.ts";
import { openDirect } from "./direct.ts";
import { createGate, type Gate } from "./gate.ts";
import { formatActivity, formatMessageParts } from "./parts.ts";
import { formatPlace, parseMessageId } from "./place.ts";
import { formatReaction } from "./reactions.ts";
import { createReferences } from "./references.ts";
import { createSend, findReference } from "./send.ts";
import { createTokens } from "./tokens.ts";
import { traits } from "./traits.ts";
import { createTrust, isLoopback } from "./trust.ts";
import { createWebhook, type Running } from "./webhook.ts";

export { optionsSchema } from "./config.ts";

const forever = 2 ** 31 - 1;

/** A bot in Microsoft Teams: called by the Bot Connector, and calling it. See README.md for the quirks. */
export function createChannel(context: ChannelContext<TeamsOptions>, patience: Patience = {}): Channel {
  const { options, now } = context;
  const trust = createTrust(options);
  const tokens = createTokens(options, now);
  const connector = createConnector(tokens, trust, now);
  const references = createReferences(context.state);
  const consents = createConsents(context, connector, trust);
  const linkSecret = options.appPassword;
  const renewal = createAlarm();
  const begun = createBegun(context.state);
  const send = tellUnauthorised(
    createSend({ context, connector, references, consents, linkSecret, begun }),
    renewal.ring,
  );
  let running: Running | undefined;
  let gate: Gate | undefined;
  const webhook = createWebhook(options.playground, () => running);

  /** Asks for a token now and whenever one ends, so that a revoked secret is noticed before somebody waits for an answer. */
  async function connect(sink: ChannelSink, signal: AbortSignal, up: () => void): Promise<void> {
    await tokens.get(signal);
    gate ??= await createGate(options, now);
    running = { gate, context, sink, connector, references, consents, trust };
    up();
    while (!signal.aborted) {
      const renewsAt = tokens.renewsAt();
      const waitMs = renewsAt === undefined ? forever : Math.max(1_000, renewsAt - now());
      await renewal.wait(Math.min(waitMs, forever), signal);
      if (!signal.aborted) await tokens.get(signal);
    }
  }

  async function start(sink: ChannelSink, signal: AbortSignal): Promise<void> {
    if (options.playground) checkPlayground(context);
    const run = runWithReconnect((_signal, up) => connect(sink, signal, up), { ...patience, signal, sink });
    const stopped = run.then(() => {
      running = undefined;
      return webhook.settled();
    });
    try {
      await settleWithGrace(stopped, signal);
    } finally {
      running = undefined;
    }
  }

  async function callActivity(
    address: Address,
    platformId: string,
    call: { readonly method: "PUT"; readonly rest?: readonly string[]; readonly body?: object },
    signal: AbortSignal,
  ): Promise<void> {
    const reference = await findReference(references, address.chat);
    const { rest = [], ...request } = call;
    const path = formatPath(formatPlace(address), "activities", parseMessageId(platformId), ...rest);
    await connector.call(reference, { ...request, path, effect: "read", signal, pauseKey: address.chat });
  }

  return {
    traits,
    start,
    send,
    reconcileHint: () => notedHint,
    reconcile: (message, delivery) => begun.reconcile(message, delivery, "Teams does not tell what was sent."),
    async webhook(request) {
      const isFetch = request.method === "GET" || request.method === "HEAD";
      if (isFetch && linkSecret !== undefined && new URL(request.url).searchParams.has("file"))
        return answerFileCall(request, linkSecret, context.files, now());
      return webhook(request);
    },
    async edit(message, platformId, signal) {
      const [first] = formatMessageParts(message, { isPersonal: false, hasLinks: false });
      const part = first?.kind === "text" || first?.kind === "card" ? first : ({ kind: "text", text: "…" } as const);
      try {
        await callActivity(message.address, platformId, { method: "PUT", body: formatActivity(part) }, signal);
      } catch (error) {
        // The contract has one word for all that will not pass.
        if (isAppError(error) && error.retryAfterMs === undefined && /^(?:forbidden|bad-input)$/.test(error.code))
          throw new AppError("send-rejected", error.message);
        throw error;
      }
    },
    async typing(address, signal) {
      const body = { type: "typing", conversation: { id: formatPlace(address) } };
      const path = formatPath(formatPlace(address), "activities");
      const show = async (): Promise<unknown> =>
        connector.call(await findReference(references, address.chat), {
          path,
          body,
          effect: "read",
          signal,
          pauseKey: address.chat,
        });
      await show().catch(() => undefined);
    },
    async react(address, platformId, emoji, signal) {
      const name = formatReaction(emoji);
      if (name === undefined) throw new AppError("unsupported", "Teams has no reaction of this name that we know.");
      await callActivity(address, platformId, { method: "PUT", rest: ["reactions", name] }, signal);
    },
    openDirect: (personId) => openDirect(personId.slice(context.name.length + 1), { context, connector, references }),
  };
}

/** Without an app id everybody is whoever they say. Throws AppError where others could come in. */
function checkPlayground(context: ChannelContext): void {
  if (context.hookUrl !== undefined && !isLoopback(new URL(context.hookUrl).hostname))
    throw new AppError("config-invalid", "`playground` is only for this machine, and http.publicUrl names another.", {
      hint: "Take `playground` away and set `appId` and `appPassword`.",
    });
  context.log.warn(
    {},
    "PLAYGROUND: this channel checks nobody's identity. Whoever reaches its hook can pose as anyone. Never use it in earnest.",
  );
}
