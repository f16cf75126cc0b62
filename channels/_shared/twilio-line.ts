import type { ChannelContext, ChannelSink } from "../../src/core/channel.ts";
import { describeError } from "../../src/core/errors.ts";
import { createAlarm } from "./alarm.ts";
import { createArrivals } from "./arrivals.ts";
import { settleWithGrace } from "./grace.ts";
import { createLanes } from "./lanes.ts";
import { runWithReconnect, sleepUntilAborted, type Patience } from "./reconnect.ts";
import type { TwilioAccount } from "./twilio-api.ts";
import { readCall, type CheckSignature, type TwilioCall } from "./twilio-call.ts";
import { createCatchUp } from "./twilio-catch-up.ts";
import { answerFileCall } from "./signed-files.ts";
import { parseInbound, type TwilioInbound } from "./twilio-inbound.ts";
import { parseStatus } from "./twilio-status.ts";

/** Twilio waits 15 s for an answer. */
const maxWaitMs = 8_000;
const forever = 2 ** 31 - 1;

/** One number, or one Messaging Service, of an account. */
export interface TwilioLineSettings {
  readonly account: TwilioAccount;
  /** Such as "+15551234567" or "whatsapp:+15551234567". */
  readonly from?: string | undefined;
  readonly messagingServiceSid?: string | undefined;
  /** Under which Twilio reaches us. Undefined: it does not, and everything is looked up. */
  readonly hookUrl?: string | undefined;
  /** 0: looked up only at the start, and after a call that could not be stored. */
  readonly pollSeconds: number;
  /** Loads Twilio's own check of signatures. */
  readonly loadCheck: () => Promise<CheckSignature>;
  readonly patience?: Patience;
}

/** Stores one message. Resolves with what to answer at once, by the call itself; undefined: nothing. */
export type HandleInbound = (
  inbound: TwilioInbound,
  sink: ChannelSink,
  signal: AbortSignal,
) => Promise<string | undefined>;

export interface TwilioLine {
  /** Receives until the signal aborts, as `Channel.start` does. */
  run(sink: ChannelSink, signal: AbortSignal): Promise<void>;
  webhook(request: Request): Promise<Response>;
  /** Looks for messages as soon as it can; calls that come wait for it. */
  lookUpNow(): void;
}

/** The receiving side: Twilio's calls, and the list of messages for what no call has told. */
export function createTwilioLine(
  settings: TwilioLineSettings,
  context: ChannelContext,
  handle: HandleInbound,
): TwilioLine {
  const { account, from, messagingServiceSid, hookUrl, pollSeconds, loadCheck, patience } = settings;
  /** Calls come side by side, and what one person says shall not be overtaken: not read, and not stored. */
  const arrivals = createArrivals();
  const lanes = createLanes();
  const catchUp = createCatchUp(
    account,
    (message) =>
      message.direction === "inbound" &&
      (from === undefined ? message.messaging_service_sid === messagingServiceSid : message.to === from),
    from,
    context,
  );
  let running: { readonly sink: ChannelSink; readonly signal: AbortSignal } | undefined;
  /** A catch-up that is due or at work: calls wait for it, so that nothing overtakes what it brings. */
  let pending: PromiseWithResolvers<void> | undefined;
  /** Something has to be looked up now. */
  let isDue = false;
  const alarm = createAlarm();

  async function readList(sink: ChannelSink, signal: AbortSignal): Promise<void> {
    isDue = false;
    pending ??= Promise.withResolvers<void>();
    try {
      await catchUp.run((inbound) => lanes.run(inbound.from, () => handleFound(inbound, sink, signal)), signal);
    } finally {
      pending.resolve();
      pending = undefined;
    }
  }

  /** A call may have told it meanwhile. */
  async function handleFound(inbound: TwilioInbound, sink: ChannelSink, signal: AbortSignal): Promise<void> {
    if (!catchUp.has(inbound.sid)) await handle(inbound, sink, signal);
  }

  function lookUpNow(): void {
    pending ??= Promise.withResolvers<void>();
    isDue = true;
    alarm.ring();
  }

  async function connect(sink: ChannelSink, signal: AbortSignal, up: () => void): Promise<void> {
    await readList(sink, signal);
    up();
    while (!signal.aborted) {
      if (!isDue) await alarm.wait(pollSeconds === 0 ? forever : pollSeconds * 1_000, signal);
      if (!signal.aborted) await readList(sink, signal);
    }
  }

  async function isCaughtUp(): Promise<boolean> {
    if (pending === undefined) return true;
    const enough = new AbortController();
    await Promise.race([pending.promise, sleepUntilAborted(maxWaitMs, enough.signal)]);
    enough.abort();
    return pending === undefined;
  }

  async function takeMessage(
    params: Readonly<Record<string, string>>,
    { sink, signal }: NonNullable<typeof running>,
  ): Promise<Response> {
    const inbound = parseInbound(params, context.now());
    if (inbound === undefined) return new Response("This is no message.", { status: 400 });
    if (!(await isCaughtUp())) {
      lookUpNow();
      return new Response(null, { status: 503 });
    }
    const answer = await lanes.run(inbound.from, () => handle(inbound, sink, signal));
    catchUp.note(inbound.sid);
    return new Response(formatTwiml(answer), { headers: { "content-type": "text/xml" } });
  }

  async function readSigned(request: Request, url: string): Promise<TwilioCall | Response> {
    return readCall(request, url, account.authToken, await loadCheck());
  }

  async function takeCall(request: Request, url: string): Promise<Response> {
    const call = await arrivals.inOrder(readSigned(request, url));
    if (call instanceof Response) return call;
    const now = running;
    if (now === undefined) return new Response("The channel is not started.", { status: 503 });
    try {
      if (!call.query.has("outbound")) return await takeMessage(call.params, now);
      const report = parseStatus(call.params, call.query);
      if (report !== undefined) await now.sink.delivery(report);
      return new Response(null, { status: 204 });
    } catch (error) {
      context.log.warn({ reason: describeError(error) }, "A call could not be stored; its message will be looked up");
      lookUpNow();
      return new Response(null, { status: 500 });
    }
  }

  return {
    async run(sink, signal) {
      if (signal.aborted) return;
      await loadCheck();
      running = { sink, signal };
      const run = runWithReconnect((_signal, up) => connect(sink, signal, up), { ...patience, signal, sink });
      try {
        await settleWithGrace(run, signal);
      } finally {
        running = undefined;
      }
    },
    lookUpNow,
    async webhook(request) {
      if (hookUrl === undefined) return new Response(null, { status: 404 });
      const isFetch = request.method === "GET" || request.method === "HEAD";
      if (isFetch && new URL(request.url).searchParams.has("file"))
        return answerFileCall(request, account.authToken, context.files, context.now());
      return takeCall(request, hookUrl);
    },
  };
}

/** What a call is answered with: https://www.twilio.com/docs/messaging/twiml */
function formatTwiml(answer: string | undefined): string {
  const escaped = answer?.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const message = escaped === undefined ? "" : `<Message>${escaped}</Message>`;
  return `<?xml version="1.0" encoding="UTF-8"?><Response>${message}</Response>`;
}
