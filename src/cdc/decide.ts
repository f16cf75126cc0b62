import type { InboundMessage } from "../core/message.ts";

export type ChannelMode = "open" | "mention" | "listen" | "off";

/** What happens with a message: "answer" runs the persona, "record" keeps it as context and says nothing. */
export type Decision = { readonly action: "answer" | "record"; readonly reason: string };

/**
 * Decides by the channel's mode and by whom a message speaks to. In groups "open" too answers only what is addressed
 * to us; what machines wrote is never answered (RFC 3834 for mail, bot flags elsewhere).
 */
export function decideResponse(message: InboundMessage, mode: ChannelMode): Decision {
  if (mode === "listen" || mode === "off") return { action: "record", reason: `mode is ${mode}` };
  if (message.isAutomated === true || message.sender.isBot) return { action: "record", reason: "written by a machine" };
  if (message.kind === "edit" || message.kind === "deletion" || message.kind === "reaction")
    return { action: "record", reason: message.kind };
  if (message.kind === "command" || message.isAddressed) return { action: "answer", reason: "addressed" };
  return { action: "record", reason: message.isGroup ? "not addressed in a group" : "not addressed" };
}
