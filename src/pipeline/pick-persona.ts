import type { createPersonaDetector } from "../agent/detect-persona.ts";
import type { FindByMeaning } from "../agent/match-meaning.ts";
import type { InboundMessage } from "../core/message.ts";
import type { Persona } from "../core/persona.ts";
import type { ConversationState } from "../core/store.ts";

/** Who answers, and why: shown to people who ask. */
export interface PickedPersona {
  readonly persona: Persona;
  /** Goes on from "because", such as "you set it here". */
  readonly reason: string;
  /** Found by what was said, not set: kept for the messages that follow. */
  readonly isFound: boolean;
}

/** Personas as they were loaded: the same object until a file changes. */
export interface PersonaChoice {
  readonly byName: ReadonlyMap<string, Persona>;
  readonly detect: ReturnType<typeof createPersonaDetector>;
  /** Asked where no rule fits. Absent: there is no embedder. */
  readonly findByMeaning?: FindByMeaning;
}

/**
 * Set by hand, else the channel's own, else the one whose rules fit what is said, else the one whose description does
 * by its meaning, else "general", else one that needs no file. What was set and does not exist any more stands for
 * nothing.
 */
export async function pickPersona(
  { byName, detect, findByMeaning }: PersonaChoice,
  conversation: Pick<ConversationState, "persona" | "foundPersona">,
  channelPersona: string | undefined,
  message: Pick<InboundMessage, "text" | "sender" | "address">,
  maxSteps: number,
): Promise<PickedPersona> {
  const set = byName.get(conversation.persona ?? "");
  if (set !== undefined) return { persona: set, reason: "it was set here", isFound: false };
  const own = byName.get(channelPersona ?? "");
  if (own !== undefined) return { persona: own, reason: "it is this channel's own", isFound: false };
  const byRules = detect({
    text: message.text,
    channel: message.address.channel,
    senderId: message.sender.id,
    ...(conversation.foundPersona === undefined ? {} : { before: conversation.foundPersona }),
  });
  const found = byRules ?? (message.text.startsWith("/") ? undefined : await findByMeaning?.(message.text, byName));
  if (found !== undefined) return { persona: found.persona, reason: found.reason, isFound: true };
  const instructions = "You are a helpful, brief assistant.";
  const fallback: Persona = { name: "general", description: "", instructions, replyMode: "auto", maxSteps };
  return {
    persona: byName.get("general") ?? fallback,
    reason: "no other persona is made for it",
    isFound: true,
  };
}
