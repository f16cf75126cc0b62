import type { ChannelContext } from "../../src/core/channel.ts";
import { describeError, isAppError } from "../../src/core/errors.ts";
import type { CloudOptions } from "./config.ts";
import { callGraph } from "./graph.ts";

const maxCommands = 30;

interface OfferedCommand {
  readonly command_name: string;
  readonly command_description: string;
}

/**
 * What people are shown when they type a slash. Written only when it differs, and a refusal is no reason to stay silent.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/conversational-components
 */
export async function offerCommands(
  context: ChannelContext,
  options: CloudOptions,
  number: { readonly conversational_automation?: { readonly commands?: readonly OfferedCommand[] } },
  signal: AbortSignal,
): Promise<void> {
  const wanted = context.commands.slice(0, maxCommands).map(({ name, summary }): OfferedCommand => ({
    command_name: name.slice(0, 32),
    command_description: summary.slice(0, 256),
  }));
  const show = (commands: readonly OfferedCommand[]): string =>
    commands.map((each) => `${each.command_name} ${each.command_description}`).join("\n");
  if (show(number.conversational_automation?.commands ?? []) === show(wanted)) return;
  try {
    const path = `/${options.phoneNumberId}/conversational_automation`;
    await callGraph(options, path, { effect: "read", json: { commands: wanted }, signal });
  } catch (error) {
    if (isAppError(error, "aborted") || isAppError(error, "unauthorised")) throw error;
    context.log.warn({ reason: describeError(error) }, "WhatsApp refuses the menu of commands");
  }
}
