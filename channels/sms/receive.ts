import type { ChannelContext, ChannelSink } from "../../src/core/channel.ts";
import type { NumberedChoices } from "../_shared/numbered-choices.ts";
import type { TwilioAccount } from "../_shared/twilio-api.ts";
import type { TwilioInbound } from "../_shared/twilio-inbound.ts";
import { keepMedia } from "../_shared/twilio-media.ts";
import type { SmsOptions } from "./config.ts";
import { parseKeyword, type OptOuts } from "./opt-outs.ts";
import { parseMessage } from "./parse.ts";

export interface ReceiveParts {
  readonly context: ChannelContext<SmsOptions>;
  readonly account: TwilioAccount;
  readonly optOuts: OptOuts;
  readonly choices: NumberedChoices;
}

/** Stores one message, or does what its keyword says. Resolves with what to answer at once; undefined: nothing. */
export async function receiveSms(
  inbound: TwilioInbound,
  sink: ChannelSink,
  signal: AbortSignal,
  { context, account, optOuts, choices }: ReceiveParts,
): Promise<string | undefined> {
  const { options, log } = context;
  const { from } = inbound;
  if (from === options.from || from === "") return undefined;
  const keyword = parseKeyword(inbound.body, inbound.params["OptOutType"]);
  if (keyword === "stop" || keyword === "start") {
    await optOuts.note(from, keyword === "stop", inbound.sentAt);
    log.info({ message: inbound.sid, keyword }, "Somebody changed what they want to get from us");
    return undefined;
  }
  if (options.allowFrom.length > 0 && !options.allowFrom.includes(from)) {
    log.debug({ message: inbound.sid }, "A number that is not in allowFrom is not heard");
    return undefined;
  }
  if (keyword === "help") return context.isListening() || (await optOuts.has(from)) ? undefined : options.helpText;
  const command = await choices.pick(from, inbound.body);
  const kept = await keepMedia(inbound.media, account, context.files, signal);
  await sink.receive(parseMessage(inbound, { channel: context.name, command, ...kept }));
  return undefined;
}
