import type { ChannelContext, ChannelSink } from "../../src/core/channel.ts";
import type { TeamsActivity } from "./activity.ts";
import type { Connector } from "./connector.ts";
import type { Consents } from "./consent.ts";
import type { InvokeAnswer } from "./gate.ts";
import { keepFiles } from "./incoming-files.ts";
import { parseActivity, type ParsedActivity } from "./parse.ts";
import type { References } from "./references.ts";
import type { Trust } from "./trust.ts";

/** All that is needed to hand an activity over. */
export interface Intake {
  readonly context: ChannelContext;
  readonly sink: ChannelSink;
  readonly connector: Connector;
  readonly references: References;
  readonly consents: Consents;
  readonly trust: Trust;
}

/**
 * Resolves once the activity is stored, or is nothing to us, with the answer of an invoke. Rejects when Teams shall
 * deliver it again. Call it for activities only whose sender is proven.
 */
export async function handleActivity(activity: TeamsActivity, intake: Intake): Promise<InvokeAnswer | undefined> {
  const { context, sink, references, consents } = intake;
  await references.note(activity);
  if (activity.type === "invoke" && activity.name === "fileConsent/invoke") return consents.answer(activity);
  const parsed = parseSafely(activity, context);
  if (parsed === undefined) return activity.type === "invoke" ? { status: 501 } : undefined;
  const message = parsed.files.length === 0 ? parsed.message : await keepFiles(parsed.message, parsed.files, intake);
  await sink.receive(message);
  if (activity.type !== "invoke") return undefined;
  // Teams shows the words of an answer to whoever pressed.
  if (context.isListening()) return { status: 200 };
  // The card stays as it is; what the command does is shown by an edit of it, or by a message.
  return { status: 200, body: { statusCode: 200, type: "application/vnd.microsoft.activity.message", value: "OK" } };
}

/** One activity that we cannot read must not be sent again and again: it is logged and passed by. */
function parseSafely(activity: TeamsActivity, context: ChannelContext): ParsedActivity | undefined {
  try {
    const commands = new Set(context.commands.map(({ name }) => name));
    return parseActivity(activity, { channel: context.name, commands, now: context.now() });
  } catch (error) {
    context.log.error({ kind: activity.type, error }, "An activity could not be read and is passed by");
    return undefined;
  }
}
