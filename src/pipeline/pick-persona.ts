import type { Persona } from "../core/persona.ts";

/** Who answers, and why: shown to people who ask. */
export interface PickedPersona {
  readonly persona: Persona;
  /** Goes on from "because", such as "you set it here". */
  readonly reason: string;
  /** Found by what was said, not set: kept for the messages that follow. */
  readonly isFound: boolean;
}

/** A persona by name, and why it is wanted. Undefined: nobody asks for one in this way. */
export interface Wish {
  readonly name: string | undefined;
  readonly reason: string;
  readonly isFound?: boolean;
}

/** The first persona wished for that exists, else "general", else one that needs no file. */
export function pickPersona(
  personas: ReadonlyMap<string, Persona>,
  wishes: readonly Wish[],
  maxSteps: number,
): PickedPersona {
  for (const { name, reason, isFound = false } of wishes) {
    const persona = name === undefined ? undefined : personas.get(name);
    if (persona !== undefined) return { persona, reason, isFound };
  }
  const reason = "no other persona is made for it";
  const persona = personas.get("general");
  if (persona !== undefined) return { persona, reason, isFound: false };
  const instructions = "You are a helpful, brief assistant.";
  return {
    persona: { name: "general", description: "", instructions, replyMode: "auto", maxSteps },
    reason,
    isFound: false,
  };
}
